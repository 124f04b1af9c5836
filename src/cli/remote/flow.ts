import type { Artifact, Policy } from '../../flow/index.ts';
import { printArtifact } from '../artifact.ts';
import { UsageError } from '../exit.ts';
import { type FlowView, flowJson, printFlow } from '../flow/print-flow.ts';
import { untilInterrupted } from '../interrupt.ts';
import { paint, plain, print, printJson } from '../output.ts';
import { clientOf, type Remote, read, theRemote } from './client.ts';
import { flowOf } from './find.ts';
import { followFlow } from './follow-thread.ts';

interface WorkFlags {
  follow: boolean;
  json?: boolean;
}

async function flowIn(remote: Remote, id: string) {
  return read(clientOf(remote).flows[':id'].$get({ param: { id } }));
}

async function viewOf(remote: Remote, id: string): Promise<FlowView> {
  const { phases, current, ended, repository, ...flow } = await flowIn(remote, id);
  return {
    ...flow,
    ...{ phase: current, isApart: flow.workspace !== repository },
    ...(ended && { ended }),
    phases: phases.map(({ name, artifacts, taken, approved, runs, thread }) => ({
      ...{ phase: name, approved, runs, thread, artifacts: artifacts as Artifact[] },
      ...(taken && { taken }),
    })),
  };
}

async function printIt(remote: Remote, id: string, json: boolean | undefined): Promise<void> {
  const view = await viewOf(remote, id);
  if (json) printJson(flowJson(view));
  else printFlow(view, 'kino remote flow');
}

/** Waits until it needs somebody, or all is done, unless that is not wanted. */
async function goOn(remote: Remote, id: string, { follow, json }: WorkFlags): Promise<void> {
  if (follow) await followFlow(remote, id, untilInterrupted(), json === true);
  await printIt(remote, id, json);
}

export async function start(
  request: string,
  flags: WorkFlags & {
    folder: string;
    workflow: string;
    here?: boolean;
    policy?: Policy;
    agent?: string;
    model?: string;
  },
): Promise<void> {
  const remote = await theRemote();
  const { folder, workflow, policy, agent, model } = flags;
  const json = {
    ...{ folder, request, workflow, worktree: !flags.here },
    ...(policy !== undefined && { policy }),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
  };
  const { flow } = await read(clientOf(remote).flows.$post({ json }));
  await goOn(remote, flow, flags);
}

export async function status(part: string | undefined, flags: { json?: boolean }): Promise<void> {
  const remote = await theRemote();
  await printIt(remote, await flowOf(remote, part), flags.json);
}

export async function show(
  phase: string | undefined,
  flags: { flow?: string; artifact?: string; version?: number; json?: boolean },
): Promise<void> {
  const remote = await theRemote();
  const { phases, current } = await flowIn(remote, await flowOf(remote, flags.flow));
  const one =
    phase === undefined
      ? (phases.find(({ name, thread }) => name === current && thread !== null) ??
        phases.findLast(({ thread }) => thread !== null))
      : phases.find(({ name }) => name === phase);
  const artifact =
    flags.artifact === undefined
      ? (one?.artifacts.find(({ name }) => name === one.makes) ?? one?.artifacts[0])
      : one?.artifacts.find(({ name }) => name === flags.artifact);
  if (!artifact)
    throw new UsageError(
      one ? `${one.name} has made no such artifact yet.` : `The flow has no phase ${phase ?? ''}.`,
    );
  printArtifact(artifact as Artifact, flags, (text) => (flags.version === undefined ? artifact.shown : text));
}

export async function approve(
  part: string | undefined,
  flags: WorkFlags & { note?: string; anyway?: boolean },
): Promise<void> {
  const remote = await theRemote();
  const id = await flowOf(remote, part);
  const { phases, current } = await flowIn(remote, id);
  const phase = phases.find(({ name }) => name === current);
  if (!phase) throw new UsageError('All phases of it are approved.');
  const versions = Object.fromEntries(phase.artifacts.map((one) => [one.name, one.versions.length]));
  await decide(remote, id, {
    ...{ decision: 'approve', phase: phase.name, versions, anyway: flags.anyway === true },
    ...(flags.note !== undefined && { note: flags.note }),
  });
  if (!flags.json) print(`${paint('green', 'approved')} ${plain(phase.name)}`);
  await goOn(remote, id, flags);
}

export async function sendBack(
  note: string | undefined,
  flags: WorkFlags & { flow?: string; phase?: string },
): Promise<void> {
  const remote = await theRemote();
  const id = await flowOf(remote, flags.flow);
  await decide(remote, id, {
    decision: 'send-back',
    ...(note !== undefined && { note }),
    ...(flags.phase !== undefined && { phase: flags.phase }),
  });
  await goOn(remote, id, flags);
}

export async function discard(part: string | undefined, flags: WorkFlags & { note?: string }): Promise<void> {
  const remote = await theRemote();
  const id = await flowOf(remote, part);
  await decide(remote, id, { decision: 'discard', ...(flags.note !== undefined && { note: flags.note }) });
  await goOn(remote, id, flags);
}

export async function resume(part: string | undefined, flags: WorkFlags): Promise<void> {
  const remote = await theRemote();
  const id = await flowOf(remote, part);
  await decide(remote, id, { decision: 'resume' });
  await goOn(remote, id, flags);
}

type Decision = Parameters<ReturnType<typeof clientOf>['flows'][':id']['decisions']['$post']>[0]['json'];

async function decide(remote: Remote, id: string, json: Decision): Promise<void> {
  await read(clientOf(remote).flows[':id'].decisions.$post({ param: { id }, json }));
}
