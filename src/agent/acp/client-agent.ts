import { isAbsolute, join } from 'node:path';
import {
  type ClientContext,
  client,
  methods,
  ndJsonStream,
  type PermissionOptionKind,
  PROTOCOL_VERSION,
  RequestError,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
} from '@agentclientprotocol/sdk';
import type { Sandbox } from '../../sandbox/index.ts';
import { StoreWriteError } from '../../thread/index.ts';
import type { ToolKind } from '../../tool/index.ts';
import type { Agent, Job, Outcome } from '../agent.ts';
import { Meter } from '../budget.ts';
import { Conversation } from '../conversation.ts';
import type { Question } from '../permission/decide.ts';
import type { Mode } from '../permission/mode.ts';
import { Session } from '../session.ts';
import { commandIn, commandLine, linesOf, pathIn, toKind } from './call.ts';
import { explain, outcomeFor } from './ending.ts';
import type { AcpCommand } from './presets.ts';
import { AgentProcess } from './process.ts';
import { UpdateRecorder } from './recorder.ts';
import { ClientTerminals } from './terminals.ts';

/** How long an agent may take for its first answer: some load for a while, or ask npm for themselves. */
const START_MS = 120_000;
/** How long a process whose connection is closed may take to end. */
const DYING_MS = 2_000;
/** What Claude Code, Gemini and Qwen call the mode in which they ask. */
const ASKING_MODE = 'default';
/** How long it may take to end a prompt that was cancelled. */
const CANCEL_MS = 5_000;

/**
 * An agent of others as one of Kino's: started as a process, spoken to in the Agent Client Protocol, its work recorded
 * as a thread. Files and commands that it asks its client for are those of the sandbox, and its requests for permission
 * are judged by the rules of the session; what it does by itself it does as you.
 */
export function acpAgent(name: string, command: AcpCommand): Agent {
  return { name, run: (job) => run(job, command) };
}

async function run(job: Job, command: AcpCommand): Promise<Outcome> {
  const sandbox = await job.workspace();
  const session = job.session ?? Session.unattended(sandbox);
  const meter = new Meter(job.budget);
  using deadline = meter.deadline(job.signal);
  const { signal } = deadline;
  const recorder = new UpdateRecorder(job.emit, Conversation.of(job.history).lastStep);
  const agentProcess = new AgentProcess(command, sandbox.cwd);
  const terminals = new ClientTerminals(sandbox, job.newOutputFile, signal);
  // One after the other, so that the thread has what happened in its order.
  let recording: Promise<void> = Promise.resolve();
  let broken: unknown;
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = recording.then(work);
    recording = done.then(
      () => {},
      (error: unknown) => {
        broken ??= error;
      },
    );
    return done;
  };
  const end = (status: Outcome['status'], reason: string, infrastructure = false): Outcome => ({
    ...{ status, reason, answer: recorder.answer, steps: recorder.steps, usage: recorder.usage },
    ...(recorder.costUsd !== undefined && { costUsd: recorder.costUsd }),
    ...(infrastructure && { infrastructure }),
  });

  /** Calls that were allowed and may come back as requests to the client: what each is about, as far as was told. */
  const granted: { kind: ToolKind; about: string | undefined }[] = [];
  /** Gemini's command line cannot tell that a file is new from any error, and then writes none. */
  let missingIsEmpty = false;
  let asked = 0;

  const app = client({ name: 'kino' })
    .onNotification(methods.client.session.update, ({ params }) => inOrder(() => recorder.add(params.update)))
    .onRequest(methods.client.session.requestPermission, ({ params }) => permit(params))
    .onRequest(methods.client.fs.readTextFile, async ({ params }) => {
      const question: Question = { tool: { name: 'read', kind: 'read' }, file: [inside(params.path)] };
      const { outcome, because } = session.gate.decide(question);
      if (outcome === 'deny') throw new RequestError(-32603, `Not read: ${because}.`);
      const bytes = await sandbox.read(inside(params.path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' && missingIsEmpty) return Buffer.alloc(0);
        return refuse(params.path, error);
      });
      return { content: linesOf(bytes.toString('utf8'), params.line, params.limit) };
    })
    .onRequest(methods.client.fs.writeTextFile, async ({ params }) => {
      await mayDo('edit', inside(params.path), { file: [inside(params.path)] });
      await sandbox.write(inside(params.path), params.content).catch((error) => refuse(params.path, error));
      return {};
    })
    .onRequest(methods.client.terminal.create, async ({ params }) => {
      const words = commandLine(params.command, params.args);
      // Variables may change what a command means; a line that sets them is judged as one.
      const sets = (params.env ?? []).map(({ name, value }) =>
        commandLine(`${name}=`, [value]).replace('= ', '='),
      );
      await mayDo('execute', words, { command: [...sets, words].join(' ') }, params.cwd ?? sandbox.cwd);
      return terminals.create(params);
    })
    .onRequest(methods.client.terminal.output, ({ params }) => terminals.output(params.terminalId))
    .onRequest(methods.client.terminal.waitForExit, ({ params }) => terminals.waitForExit(params.terminalId))
    .onRequest(methods.client.terminal.kill, ({ params }) => terminals.end(params.terminalId))
    .onRequest(methods.client.terminal.release, ({ params }) => terminals.release(params.terminalId));

  const inside = (path: string) => (isAbsolute(path) ? path : join(sandbox.cwd, path));

  /** What the agent asks its client to do is judged as well, unless it has just been allowed to do such a thing. */
  async function mayDo(
    kind: 'edit' | 'execute',
    about: string,
    given: Partial<Question>,
    cwd = sandbox.cwd,
  ): Promise<void> {
    const question: Question = { tool: { name: kind, kind }, ...given };
    const decision = session.gate.decide(question, cwd);
    if (decision.outcome === 'allow') return;
    const grant = granted.findIndex(
      (one) => one.kind === kind && (one.about === undefined || about.includes(one.about)),
    );
    if (decision.outcome === 'ask' && grant !== -1) {
      granted.splice(grant, 1);
      return;
    }
    const input = kind === 'edit' ? { path: about } : { command: given.command };
    const call = { step: recorder.step, callId: `client-${++asked}`, tool: kind, input };
    const around = { emit: job.emit, person: session.person, signal, cwd };
    const verdict = await session.gate.judge(call, question, around);
    if (!verdict.allowed) throw new RequestError(-32603, verdict.reason);
  }

  async function permit(params: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    const cancelled: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } };
    const { toolCall, options } = params;
    // What the agent has told before it asked comes first.
    const known = await inOrder(() => recorder.asked(toolCall));
    if (signal.aborted) return cancelled;
    const input = toolCall.rawInput ?? known?.input ?? { title: toolCall.title ?? '' };
    const kind = toolCall.kind ?? known?.kind ?? 'other';
    const tool = toolCall.name ?? known?.tool ?? kind;
    const raw = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
    const path = toolCall.locations?.[0]?.path ?? known?.path ?? pathIn(raw);
    const line = commandIn(raw);
    const verdict = await session.gate.judge(
      { step: known?.step ?? recorder.step, callId: toolCall.toolCallId, tool, input },
      {
        tool: { name: tool, kind: toKind(kind) },
        runsFree: true,
        ...(path !== undefined && { file: [inside(path)] }),
        ...(line !== undefined && { command: line }),
        ...(typeof raw.url === 'string' && URL.canParse(raw.url) && { host: new URL(raw.url).hostname }),
      },
      { emit: job.emit, person: session.person, signal, cwd: sandbox.cwd },
    );
    if (signal.aborted) return cancelled;
    if (verdict.allowed)
      granted.push({ kind: toKind(kind), about: path === undefined ? line : inside(path) });
    const wanted: PermissionOptionKind[] = verdict.allowed
      ? ['allow_once', 'allow_always']
      : ['reject_once', 'reject_always'];
    const option = wanted.flatMap((one) => options.filter((offered) => offered.kind === one))[0];
    return option ? { outcome: { outcome: 'selected', optionId: option.optionId } } : cancelled;
  }

  let settling: NodeJS.Timeout | undefined;
  const connection = app.connect(ndJsonStream(agentProcess.input, agentProcess.output));
  try {
    const died = agentProcess.ended.then((reason) => Promise.reject(new AgentDiedError(reason)));
    died.catch(() => {});
    const firstStep = recorder.step;
    // The snapshot is taken while the agent starts; both are done before it is asked.
    const kept = session.checkpoints?.before(firstStep, job.emit);
    kept?.catch(() => {});
    const begun = await within(
      START_MS,
      signal,
      Promise.race([begin(connection.agent, sandbox, session.gate.policy.mode), died]),
    );
    const { sessionId } = begun;
    missingIsEmpty = begun.agentName === 'gemini-cli';
    await kept;
    const answered = connection.agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [{ type: 'text', text: job.prompt ?? 'Go on.' }],
    });
    answered.catch(() => {});
    using watch = watchForStop(signal, recorder, job.budget.steps);
    settling = setInterval(() => void inOrder(() => recorder.settle()).catch(() => {}), 250).unref();
    const first = await Promise.race([answered, died, watch.stopped]);
    if (first !== undefined) {
      await inOrder(() => recorder.finish());
      await session.checkpoints?.after(firstStep, job.emit);
      return outcomeFor(first.stopReason, end);
    }
    await connection.agent.notify(methods.agent.session.cancel, { sessionId });
    await within(CANCEL_MS, undefined, Promise.race([answered, died])).catch(() => {});
    await inOrder(() => recorder.finish());
    await session.checkpoints?.after(firstStep, job.emit);
    if (job.signal.aborted) return end('interrupted', 'It was stopped.');
    return end('exhausted', `It reached ${meter.exhausted() ?? `the budget of ${job.budget.steps} steps`}.`);
  } catch (error) {
    await inOrder(() => recorder.finish()).catch(() => {});
    if (broken instanceof StoreWriteError) throw broken;
    if (job.signal.aborted) return end('interrupted', 'It was stopped.');
    if (signal.aborted) return end('exhausted', `It reached ${meter.exhausted()}.`, recorder.steps === 0);
    // A process that dies closes the connection first; how it ended is the better reason.
    const died = connection.signal.aborted
      ? await within(DYING_MS, undefined, agentProcess.ended).catch(() => undefined)
      : undefined;
    return end('failed', died ?? explain(error), true);
  } finally {
    clearInterval(settling);
    connection.close();
    await terminals.dispose();
    await agentProcess.stop();
  }
}

/** Agents tell by the code whether a file is new, and show their model the words; others would read "Internal error". */
function refuse(path: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOENT') throw RequestError.resourceNotFound(path);
  throw new RequestError(-32603, error.message);
}

/** The process is gone while it was needed. */
class AgentDiedError extends Error {
  override name = 'AgentDiedError';
}

async function begin(
  agent: ClientContext,
  sandbox: Sandbox,
  mode: Mode,
): Promise<{ sessionId: string; agentName: string | undefined }> {
  const { protocolVersion, agentInfo } = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'kino', title: 'Kino', version: '1' },
    clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true },
  });
  if (protocolVersion !== PROTOCOL_VERSION)
    throw new Error(
      `The agent speaks version ${protocolVersion} of the protocol, and Kino ${PROTOCOL_VERSION}.`,
    );
  const { sessionId, modes } = await agent.request(methods.agent.session.new, {
    ...{ cwd: sandbox.cwd, mcpServers: [] },
  });
  // Some begin in a mode in which they allow themselves what they do; the rules of the session would never be asked.
  const isOffered = modes?.availableModes.some(({ id }) => id === ASKING_MODE);
  if (mode !== 'bypass' && isOffered && ![ASKING_MODE, 'plan'].includes(modes?.currentModeId ?? ''))
    await agent.request(methods.agent.session.setMode, { sessionId, modeId: ASKING_MODE });
  return { sessionId, agentName: agentInfo?.name };
}

/** Resolves with nothing when the work is to be stopped; disposing of it ends the watch. */
function watchForStop(
  signal: AbortSignal,
  recorder: UpdateRecorder,
  steps: number | undefined,
): Disposable & { stopped: Promise<undefined> } {
  let stop = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  const timer = setInterval(() => {
    if (steps !== undefined && recorder.steps > steps) stop();
  }, 50);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return {
    stopped,
    [Symbol.dispose]() {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

async function within<T>(ms: number, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The agent gave no answer for ${ms / 1000} s.`)), ms);
    signal?.addEventListener('abort', () => reject(new Error('It was stopped.')), { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
