import {
  type Artifact,
  artifactsOf,
  type FlowStand,
  Flows,
  mainArtifact,
  type PhaseState,
  standingRun,
} from '../../flow/index.ts';
import type { ThreadStore, ThreadSummary } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { repositoryHere } from '../repository-here.ts';
import { openStore } from '../store.ts';

/** The flows of a repository, the newest first; of all of them where none is given. */
export async function flowsIn(store: ThreadStore, repository?: string): Promise<ThreadSummary[]> {
  const all = await store.list({ kind: 'flow', limit: 500 });
  return repository === undefined ? all : all.filter((one) => one.repository === repository);
}

/** Opens the store for the flow that is meant: by the end of its id, or the newest of this repository. */
export async function withFlow<T>(
  id: string | undefined,
  work: (open: { store: ThreadStore; flows: Flows; id: string; stand: FlowStand }) => Promise<T>,
): Promise<T> {
  const store = openStore();
  try {
    const found = await idOf(store, id);
    const flows = new Flows(store);
    return await work({ store, flows, id: found, stand: await flows.stand(found) });
  } finally {
    store.close();
  }
}

async function idOf(store: ThreadStore, id: string | undefined): Promise<string> {
  if (id === undefined) {
    const repository = await repositoryHere();
    const [newest] = await flowsIn(store, repository);
    if (!newest) throw new UsageError(`There is no flow in ${repository}; \`kino flow start\` begins one.`);
    return newest.id;
  }
  const matches = (await flowsIn(store)).filter((one) => one.id === id || one.id.endsWith(id));
  if (matches.length === 1) return matches[0]!.id;
  throw new UsageError(
    matches.length === 0
      ? `There is no flow ${id}; \`kino flow list --all\` shows them.`
      : `${id} is the end of ${matches.length} ids; say more of it.`,
  );
}

/** The artifact of a phase that is meant. @throws UsageError */
export async function artifactIn(
  store: ThreadStore,
  { flow, current }: FlowStand,
  wanted: { phase?: string; artifact?: string },
): Promise<{ state: PhaseState; artifact: Artifact }> {
  const state =
    wanted.phase === undefined
      ? current && standingRun(current)
        ? current
        : flow.phases.findLast((one) => standingRun(one))
      : flow.phases.find(({ phase }) => phase.name === wanted.phase);
  if (!state && wanted.phase !== undefined)
    throw new UsageError(
      `The flow has no phase ${wanted.phase}; it has ${flow.phases.map(({ phase }) => phase.name).join(', ')}.`,
    );
  const run = state && standingRun(state);
  if (!state || !run) throw new UsageError(`${state?.phase.name ?? 'The flow'} is not begun.`);
  const artifacts = artifactsOf(run.thread, await store.read(run.thread));
  const artifact =
    wanted.artifact === undefined
      ? mainArtifact(state, artifacts)
      : artifacts.find(({ name }) => name === wanted.artifact);
  if (artifact) return { state, artifact };
  const there = artifacts.map(({ name }) => name).join(', ');
  throw new UsageError(
    `${state.phase.name} has made no artifact${wanted.artifact === undefined ? '' : ` ${wanted.artifact}`} yet${there === '' ? '' : `; it has ${there}`}.`,
  );
}
