import { trustOf } from '../../config/index.ts';
import {
  type Artifact,
  artifactsOf,
  type FlowStand,
  Flows,
  isApproved,
  loadWorkflows,
  type PhaseState,
  progressOn,
  standingRun,
  takenBy,
  ticked,
} from '../../flow/index.ts';
import type { ThreadStore } from '../../thread/index.ts';
import { printArtifact } from '../artifact.ts';
import { paint, plain, print, printJson, table } from '../output.ts';
import { repositoryHere } from '../repository-here.ts';
import { openStore } from '../store.ts';
import { artifactIn, flowsIn, withFlow } from './find.ts';
import { type FlowView, flowJson, type PhaseView, printFlow } from './print-flow.ts';

export async function status(id: string | undefined, flags: { json?: boolean }): Promise<void> {
  await withFlow(id, ({ store, stand }) => printStand(store, stand, flags.json === true));
}

/** Prints where a flow stands: its phases, what they made, and what can be done next. */
export async function printStand(store: ThreadStore, stand: FlowStand, json: boolean): Promise<void> {
  const { flow, state, current, ended } = stand;
  const threads = new Map((await store.board({ parent: flow.id })).map((one) => [one.id, one]));
  const phases = await Promise.all(
    flow.phases.map(async (one): Promise<PhaseView> => {
      const thread = standingRun(one)?.thread ?? null;
      const known = threads.get(thread ?? '');
      return {
        ...{ phase: one.phase.name, approved: isApproved(one), thread, runs: one.runs.length },
        ...(known && { taken: takenBy(known) }),
        artifacts: await artifactsIn(store, one),
      };
    }),
  );
  const { id, title, workflow, policy, workspace = null, repository } = flow;
  const view: FlowView = {
    ...{ id, title, workflow: workflow.name, policy, state, phase: current?.phase.name ?? null, workspace },
    isApart: workspace !== (repository ?? null),
    ...(ended && { ended }),
    phases,
  };
  if (json) printJson(flowJson(view));
  else printFlow(view, 'kino flow');
}

async function artifactsIn(store: ThreadStore, state: PhaseState): Promise<Artifact[]> {
  const run = standingRun(state);
  if (!run) return [];
  const events = await store.read(run.thread).catch(() => []);
  return artifactsOf(run.thread, events);
}

export async function list(flags: { all?: boolean; json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const flows = new Flows(store);
    const threads = await flowsIn(store, flags.all ? undefined : await repositoryHere());
    const rows = [];
    for (const { id, startedAt, repository } of threads) {
      const { flow, state, current } = await flows.stand(id);
      rows.push({
        id,
        title: flow.title,
        workflow: flow.workflow.name,
        state,
        phase: current?.phase.name ?? null,
        startedAt,
        repository,
      });
    }
    if (flags.json) return printJson(rows);
    if (rows.length === 0) return print('There is no flow; `kino flow start "…"` begins one.');
    const columns = [
      { title: 'flow' },
      { title: 'stands at' },
      { title: 'state' },
      { title: 'since' },
      { title: 'what' },
    ];
    print(
      table(
        columns,
        rows.map(({ id, phase, state, startedAt, title }) => [
          id.slice(-6),
          phase ?? '',
          state === 'needs-you' ? paint('yellow', state) : state,
          new Date(startedAt).toISOString().slice(0, 10),
          plain(title).slice(0, 60),
        ]),
      ),
    );
  } finally {
    store.close();
  }
}

export async function show(
  phase: string | undefined,
  flags: { flow?: string; artifact?: string; version?: number; json?: boolean },
): Promise<void> {
  await withFlow(flags.flow, async ({ store, stand }) => {
    const { state, artifact } = await artifactIn(store, stand, {
      ...flags,
      ...(phase !== undefined && { phase }),
    });
    const done = await progressOn(store, stand.flow, state.phase.name);
    printArtifact(artifact, flags, (text) => ticked(text, done));
  });
}

export async function workflows(flags: { json?: boolean }): Promise<void> {
  const root = await repositoryHere();
  const { workflows: found, problems } = await loadWorkflows(root, {
    trusted: (await trustOf(root)) === 'trusted',
  });
  for (const problem of problems) process.stderr.write(`kino: ${plain(problem)}\n`);
  if (flags.json) return printJson(found.map(({ workflow, source }) => ({ ...workflow, source })));
  for (const { workflow } of found) {
    const phases = workflow.phases.map(({ name, approve }) => (approve === 'person' ? `${name}*` : name));
    print(`${paint('bold', workflow.name)}  ${plain(workflow.description)}\n  ${phases.join(' → ')}`);
  }
  print(paint('dim', '\n* waits for you, unless the policy is always-proceed'));
}
