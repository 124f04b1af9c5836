import { type AgentChoice, openSession, titleFrom } from '../../agent/index.ts';
import { trustOf } from '../../config/index.ts';
import {
  type FlowStand,
  Flows,
  findWorkflow,
  groupOfFlow,
  type PhaseFace,
  type Policy,
} from '../../flow/index.ts';
import { identityEnvironment, openRepository, resolveCommit } from '../../git/index.ts';
import { newId, type ThreadStore } from '../../thread/index.ts';
import { promptFrom } from '../headless.ts';
import { untilInterrupted } from '../interrupt.ts';
import { paint, plain, print } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { repositoryHere } from '../repository-here.ts';
import { openStore } from '../store.ts';
import { withFlow } from './find.ts';
import { printStand } from './show.ts';

interface WorkFlags extends AgentChoice {
  maxSteps?: number;
  /** False with `--no-run`. */
  run: boolean;
  quiet?: boolean;
  json?: boolean;
}

interface StartFlags extends WorkFlags {
  workflow: string;
  policy?: Policy;
  cwd: string;
  here?: boolean;
}

export async function start(argument: string, flags: StartFlags): Promise<void> {
  const signal = untilInterrupted();
  const request = await promptFrom(argument);
  const repository = await repositoryHere(flags.cwd);
  const trusted = (await trustOf(repository)) === 'trusted';
  const workflow = await findWorkflow(repository, flags.workflow, { trusted });
  const id = newId();
  const title = titleFrom(request);
  const base = await openRepository(repository)
    .then((opened) => resolveCommit(opened, 'HEAD'))
    .catch(() => undefined);
  const workspace = await workspaceFor(flags, id, groupOfFlow({ workflow, title, id }));
  const { GIT_AUTHOR_NAME: person } = await identityEnvironment(repository);
  const store = openStore();
  try {
    const flows = new Flows(store);
    await flows.start({
      ...{ id, workflow, request, title, repository, workspace },
      ...(flags.policy && { policy: flags.policy }),
      ...(base !== undefined && { base }),
      ...(person !== undefined && { person }),
      by: {
        ...(flags.agent !== undefined && { agent: flags.agent }),
        ...(flags.model !== undefined && { model: flags.model }),
      },
    });
    await goOn(store, flows, id, flags, signal, false);
  } finally {
    store.close();
  }
}

/** A worktree of its own, unless the person wants it here. */
async function workspaceFor({ cwd, here, quiet }: StartFlags, id: string, worktree: string): Promise<string> {
  const say = (text: string) => quiet || process.stderr.write(`${plain(text).trimEnd()}\n`);
  const own = here ? {} : { worktree, say };
  const open = await openSession({ folder: cwd, thread: id, ...own });
  try {
    for (const note of open.notes) say(note);
    return open.root;
  } finally {
    await open.dispose();
  }
}

export async function approve(
  id: string | undefined,
  flags: WorkFlags & { note?: string; anyway?: boolean },
) {
  const signal = untilInterrupted();
  await withFlow(id, async ({ store, flows, id: flow, stand }) => {
    await flows.approve(flow, flags);
    if (!flags.json) print(`${paint('green', 'approved')} ${stand.current!.phase.name}`);
    await goOn(store, flows, flow, flags, signal, false);
  });
}

export async function sendBack(
  note: string | undefined,
  flags: WorkFlags & { phase?: string; flow?: string },
) {
  const signal = untilInterrupted();
  await withFlow(flags.flow, async ({ store, flows, id }) => {
    await flows.sendBack(id, note, flags.phase);
    await goOn(store, flows, id, flags, signal, true);
  });
}

export async function discard(id: string | undefined, flags: WorkFlags & { note?: string }) {
  const signal = untilInterrupted();
  await withFlow(id, async ({ store, flows, id: flow, stand }) => {
    const { restored, kept } = await flows.discard(flow, flags.note);
    if (!flags.json) {
      print(`${paint('yellow', 'thrown away')} ${stand.current!.phase.name}`);
      for (const path of restored) print(`restored ${plain(path)}`);
      for (const path of kept) print(`kept ${plain(path)}: it was changed since`);
    }
    await goOn(store, flows, flow, flags, signal, false);
  });
}

export async function resume(id: string | undefined, flags: WorkFlags) {
  const signal = untilInterrupted();
  await withFlow(id, ({ store, flows, id: flow }) => goOn(store, flows, flow, flags, signal, true));
}

async function goOn(
  store: ThreadStore,
  flows: Flows,
  id: string,
  flags: WorkFlags,
  signal: AbortSignal,
  mayResume: boolean,
): Promise<void> {
  const stand = flags.run ? await flows.advance(id, faceOf(flags), signal, mayResume) : await flows.stand(id);
  await printStand(store, stand, flags.json === true);
  process.exitCode = exitCodeOf(stand, signal);
}

function exitCodeOf({ state }: FlowStand, signal: AbortSignal): number {
  if (signal.aborted) return 130;
  return state === 'stopped' ? 1 : 0;
}

function faceOf(flags: WorkFlags): PhaseFace {
  const { agent, model, profile, baseUrl, record, replay, maxSteps, quiet } = flags;
  let phase = '';
  const say = (text: string) => quiet || process.stderr.write(`${plain(text)}\n`);
  return {
    choice: {
      ...(agent !== undefined && { agent }),
      ...(model !== undefined && { model }),
      ...(profile !== undefined && { profile }),
      ...(baseUrl !== undefined && { baseUrl }),
      ...(record !== undefined && { record }),
      ...(replay !== undefined && { replay }),
    },
    ...(maxSteps !== undefined && { budget: { steps: maxSteps } }),
    say,
    onEvent(thread, event) {
      if (thread !== phase && event.type === 'thread.started') say(`▸ ${event.title} (${thread})`);
      phase = thread;
      const line =
        event.type === 'artifact.written'
          ? `· ${event.artifact}, version ${event.version}`
          : progressLine(event);
      if (line !== undefined) say(line);
    },
  };
}
