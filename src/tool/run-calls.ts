import { resolve } from 'node:path';
import { type Sandbox, SandboxFailedError } from '../sandbox/index.ts';
import { type Access, clash, failure, type Tool, type ToolContext, type ToolResult } from './tool.ts';

/** A call with its input as the model gave it. */
export interface PendingCall {
  callId: string;
  tool: string;
  input?: Record<string, unknown>;
  malformed?: string;
}

/** A call whose arguments are sound, before anybody has allowed it. */
export interface SoundCall {
  call: PendingCall;
  tool: Tool;
  input: unknown;
  /** The files by their real absolute paths, and as the call names them. */
  access: Access;
  given: Access;
}

export type Permit = { allowed: true; by?: string } | { allowed: false; reason: string };

export interface RunObserver {
  /** Told of the files that the calls are to change, before any of them is asked about. */
  prepare?(paths: readonly string[]): void;
  /** Whether a call may run; asked when it is its turn. Without it every call may. */
  permit?(call: SoundCall): Promise<Permit>;
  /** @param by what let it pass */
  started(call: PendingCall, by?: string): Promise<void>;
  /** May add to what the model is shown of a call that has run. */
  ran?(call: SoundCall, result: ToolResult): Promise<ToolResult>;
  ended(call: PendingCall, result: ToolResult, durationMs: number): Promise<void>;
}

/**
 * Runs the calls of one answer: at once where they do not touch the same files, in order where they do.
 * A call that is malformed, names no tool or does not fit its schema does not run; its result says what was wrong.
 * Where one call makes it impossible to go on the others are stopped, and none is at work when this has thrown.
 *
 * @returns the results in the order of the calls
 * @throws SandboxFailedError
 */
export async function runCalls(
  calls: readonly PendingCall[],
  tools: ReadonlyMap<string, Tool>,
  context: Omit<ToolContext, 'callId'>,
  observer: RunObserver,
): Promise<ToolResult[]> {
  const prepared = await Promise.all(
    calls.map(async (call) => {
      const checked = check(call, tools);
      return { call, checked, access: await realAccess(checked.access, context.sandbox) };
    }),
  );
  const written = prepared.flatMap(({ access }) => access.writes ?? []).filter((path) => path !== '*');
  observer.prepare?.(written);
  const broken = new AbortController();
  const signal = AbortSignal.any([context.signal, broken.signal]);
  const work = async (call: PendingCall, checked: Checked, access: Access): Promise<ToolResult> => {
    const sound = checked.sound && { call, ...checked.sound, access, given: checked.access };
    let permit: Permit = { allowed: true };
    if (sound && observer.permit && !signal.aborted) permit = await observer.permit(sound);
    if (!permit.allowed) return failure(permit.reason);
    await observer.started(call, permit.by);
    if (signal.aborted) return failure('Not run: the work was stopped.');
    const result = await checked.run({ ...context, signal, callId: call.callId });
    return sound && observer.ran ? observer.ran(sound, result) : result;
  };
  const running: { access: Access; done: Promise<ToolResult> }[] = [];
  for (const { call, checked, access } of prepared) {
    const before = running.filter((other) => clash(other.access, access)).map(({ done }) => done);
    const done = Promise.allSettled(before).then(async () => {
      const started = performance.now();
      let failed: SandboxFailedError | undefined;
      const result = await work(call, checked, access).catch((error: unknown) => {
        if (!(error instanceof SandboxFailedError)) throw error;
        failed = error;
        return failure(error.message);
      });
      await observer.ended(call, result, performance.now() - started);
      if (failed) throw failed;
      return result;
    });
    done.catch(() => broken.abort());
    running.push({ access, done });
  }
  const settled = await Promise.allSettled(running.map(({ done }) => done));
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** One file has many names (`a`, `./a`, a link to it); calls clash by the file. */
async function realAccess({ reads, writes }: Access, sandbox: Sandbox): Promise<Access> {
  const real = (path: string) =>
    path === '*' ? path : sandbox.resolve(path).catch(() => resolve(sandbox.cwd, path));
  return {
    ...(reads !== undefined && { reads: await real(reads) }),
    ...(writes !== undefined && { writes: await real(writes) }),
  };
}

interface Checked {
  access: Access;
  sound?: { tool: Tool; input: unknown };
  run(context: ToolContext): Promise<ToolResult>;
}

function check(call: PendingCall, tools: ReadonlyMap<string, Tool>): Checked {
  const refuse = (output: string): Checked => ({ access: {}, run: async () => failure(output) });
  if (call.input === undefined) {
    return refuse('Not run: the arguments were not one complete JSON object. Send the call again.');
  }
  const tool = tools.get(call.tool);
  if (!tool) return refuse(`There is no tool ${call.tool}. The tools are: ${[...tools.keys()].join(', ')}.`);
  const parsed = tool.input.safeParse(call.input);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
    return refuse(`Not run: ${issues.join('; ')}.`);
  }
  return {
    access: tool.access(parsed.data),
    sound: { tool, input: parsed.data },
    run: async (context) => {
      try {
        return await tool.run(parsed.data, context);
      } catch (error) {
        // That is no answer to a model: the work cannot go on.
        if (error instanceof SandboxFailedError) throw error;
        return failure(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
