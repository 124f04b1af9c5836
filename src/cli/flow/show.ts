import { trustOf } from '../../config/index.ts';
import {
  type Artifact,
  artifactsOf,
  type Comment,
  type FlowStand,
  Flows,
  isApproved,
  latestOf,
  loadWorkflows,
  openQuestions,
  type PhaseState,
  progressOn,
  standingRun,
  ticked,
} from '../../flow/index.ts';
import type { BoardThread, ThreadStore } from '../../thread/index.ts';
import { printArtifact } from '../artifact.ts';
import { bar, dollars, paint, plain, print, printJson, seconds, table } from '../output.ts';
import { repositoryHere } from '../repository-here.ts';
import { openStore } from '../store.ts';
import { artifactIn, flowsIn, withFlow } from './find.ts';

export async function status(id: string | undefined, flags: { json?: boolean }): Promise<void> {
  await withFlow(id, ({ store, stand }) => printStand(store, stand, flags.json === true));
}

/** Prints where a flow stands: its phases, what they made, and what can be done next. */
export async function printStand(store: ThreadStore, stand: FlowStand, json: boolean): Promise<void> {
  const { flow, state, current, ended } = stand;
  const threads = new Map((await store.board({ parent: flow.id })).map((one) => [one.id, one]));
  const phases = await Promise.all(
    flow.phases.map(async (one) => ({
      state: one,
      artifacts: await artifactsIn(store, one),
      taken: takenBy(threads.get(standingRun(one)?.thread ?? '')),
    })),
  );
  if (json) {
    return printJson({
      ...{ id: flow.id, title: flow.title, workflow: flow.workflow.name, policy: flow.policy, state },
      phase: current?.phase.name ?? null,
      workspace: flow.workspace ?? null,
      ...(ended && { ended }),
      phases: phases.map(({ state: one, artifacts, taken }) => ({
        phase: one.phase.name,
        approved: isApproved(one),
        thread: standingRun(one)?.thread ?? null,
        runs: one.runs.length,
        ...(taken && { taken }),
        artifacts: artifacts.map(({ name, kind, title, versions, comments }) => ({
          ...{ name, kind, title, version: versions.length },
          comments: comments.map(({ id, status: is, text }) => ({ id, status: is, text })),
        })),
      })),
    });
  }
  print(
    `${paint('bold', plain(flow.title))} ${paint('dim', `${flow.workflow.name} · ${flow.policy} · ${flow.id}`)}`,
  );
  const width = Math.max(...phases.map(({ state: one }) => one.phase.name.length));
  for (const { state: one, artifacts, taken } of phases) {
    const made = artifacts.map((artifact) => madeLine(artifact)).join('; ');
    const facts = taken ? takenWords(taken) : ' '.repeat(FACTS);
    print(
      `  ${signOf(one, stand)} ${one.phase.name.padEnd(width)}  ${paint('dim', facts)}  ${made}`.trimEnd(),
    );
  }
  print(nextSteps(stand));
}

/** What the work on a phase has taken so far. */
interface Taken {
  steps: number;
  /** US dollars; null where a price is not known. */
  costUsd: number | null;
  durationMs: number;
  /** Tokens in the window, when it was last measured. */
  context?: { used: number; window: number; smartZone: number };
}

function takenBy(thread: BoardThread | undefined): Taken | undefined {
  if (!thread) return undefined;
  const { activity, startedAt, updatedAt, status: is } = thread;
  const { steps, costUsd = null, context, workedMs } = activity;
  const durationMs = is === 'running' || workedMs === undefined ? updatedAt - startedAt : workedMs;
  return { steps, costUsd, durationMs, ...(context && { context }) };
}

/** As wide as `takenWords` is. */
const FACTS = 40;
const METER = 8;

function takenWords({ steps, costUsd, durationMs, context }: Taken): string {
  const share = context ? Math.min(1, context.used / context.window) : 0;
  const meter = context
    ? `${bar(share, METER).padEnd(METER)} ${`${Math.round(share * 100)} %`.padStart(5)}`
    : '';
  return [
    `${steps} steps`.padStart(9),
    dollars(costUsd).padStart(7),
    seconds(durationMs / 1000).padStart(7),
    meter,
  ]
    .join(' ')
    .padEnd(FACTS);
}

async function artifactsIn(store: ThreadStore, state: PhaseState): Promise<Artifact[]> {
  const run = standingRun(state);
  if (!run) return [];
  const events = await store.read(run.thread).catch(() => []);
  return artifactsOf(run.thread, events);
}

function signOf(state: PhaseState, { state: is, current }: FlowStand): string {
  if (isApproved(state)) return paint('green', '✓');
  if (state !== current) return paint('dim', '·');
  return is === 'needs-you'
    ? paint('yellow', '?')
    : is === 'stopped'
      ? paint('red', '✗')
      : paint('cyan', '▸');
}

function madeLine({ name, versions, comments }: Artifact): string {
  const count = (wanted: Comment['status']) => comments.filter(({ status: is }) => is === wanted).length;
  const said = (['draft', 'open', 'stale', 'addressed'] as const)
    .filter((one) => count(one) > 0)
    .map((one) => `${count(one)} ${one}`);
  const version = versions.length > 1 ? ` v${versions.length}` : '';
  return `${name}${version}${said.length > 0 ? paint('dim', ` (comments: ${said.join(', ')})`) : ''}`;
}

function nextSteps({ flow, state, current, artifacts, ended }: FlowStand): string {
  const name = current?.phase.name;
  const id = flow.id.slice(-6);
  const where = flow.workspace === flow.repository ? '' : `\nIts files are in ${flow.workspace}`;
  switch (state) {
    case 'done':
      return `${paint('green', 'All phases are approved.')}${where}`;
    case 'needs-you': {
      const questions = artifacts.flatMap((one) => openQuestions(latestOf(one).text ?? '')).length;
      const asked = questions > 0 ? `, ${questions} open ${questions === 1 ? 'question' : 'questions'}` : '';
      return `${paint('yellow', `${name} waits for you${asked}`)}: kino flow show · comment · approve ${id} · send-back · discard ${id}`;
    }
    case 'working':
      return `${paint('cyan', `${name} is worked on`)}: kino flow show · comment · send`;
    case 'stopped':
      return `${paint('red', `${name} stopped`)}${ended ? `: ${plain(ended.reason)}` : ''} · kino flow resume ${id} · discard ${id}`;
    case 'waiting':
      return `${name} is not begun: kino flow resume ${id}`;
  }
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
