import type { HookConfig, ProjectConfig } from '../config/index.ts';
import { CommandNotStartedError, openSandbox } from '../sandbox/index.ts';
import type { SoundCall, ToolResult } from '../tool/index.ts';
import type { Job } from './agent.ts';
import type { Gate } from './permission/gate.ts';
import { parseRule, type Rule } from './permission/rule.ts';

const DEFAULT_SECONDS = 60;
const MAX_BYTES = 16_000;
/** What a hook ends with that wants the agent to hear it. */
const BLOCKS = 2;

export type HookEvent = 'beforeTool' | 'afterTool' | 'stop' | 'compaction';
type HookSettings = NonNullable<ProjectConfig['hooks']>;

/**
 * Programs of the person, and of a repository that is trusted, which run around the work of an agent. They run as the
 * person, outside the sandbox, in the top of the workspace; the event comes as JSON on standard input.
 */
export class Hooks {
  readonly #settings: readonly HookSettings[];
  /** Which calls a hook is for, where it is not for all. */
  readonly #rules = new Map<HookConfig, Rule>();
  readonly #root: string;
  readonly #passEnv: readonly string[];

  /** @throws RuleError for one whose calls are named by no rule */
  constructor(settings: readonly HookSettings[], root: string, passEnv: readonly string[] = []) {
    for (const hook of settings.flatMap((one) => [...(one.beforeTool ?? []), ...(one.afterTool ?? [])]))
      if (hook.tools !== undefined) this.#rules.set(hook, parseRule('ask', hook.tools, 'a hook'));
    this.#settings = settings;
    this.#root = root;
    this.#passEnv = passEnv;
  }

  /** @returns what a hook that blocks the call has to say */
  beforeTool(sound: SoundCall, gate: Gate, around: HookAround): Promise<string | undefined> {
    const { tool, callId } = sound.call;
    return this.#run('beforeTool', { callId, tool, input: sound.input }, around, (hook) =>
      this.#isFor(hook, sound, gate),
    );
  }

  /** @returns what a hook wants the agent to hear of the result */
  afterTool(
    sound: SoundCall,
    { ok, output }: ToolResult,
    gate: Gate,
    around: HookAround,
  ): Promise<string | undefined> {
    const { tool, callId } = sound.call;
    const about = { callId, tool, input: sound.input, ok, output };
    return this.#run('afterTool', about, around, (hook) => this.#isFor(hook, sound, gate));
  }

  /** @returns why the agent is not done */
  stop(answer: string, around: HookAround): Promise<string | undefined> {
    return this.#run('stop', { answer }, around, () => true);
  }

  async compaction(reason: string, around: HookAround): Promise<void> {
    await this.#run('compaction', { reason }, around, () => true);
  }

  #isFor(hook: HookConfig, sound: SoundCall, gate: Gate): boolean {
    const rule = this.#rules.get(hook);
    return rule === undefined || gate.isAbout(rule, sound);
  }

  async #run(
    event: HookEvent,
    about: Record<string, unknown>,
    { emit, signal, thread }: HookAround,
    fits: (hook: HookConfig) => boolean,
  ): Promise<string | undefined> {
    const hooks = this.#settings.flatMap((settings) => settings[event] ?? []).filter(fits);
    if (hooks.length === 0) return undefined;
    const host = await openSandbox('danger-full-access', { root: this.#root, passEnv: this.#passEnv });
    await using _ = { [Symbol.asyncDispose]: () => host.dispose() };
    for (const { command, timeout = DEFAULT_SECONDS } of hooks) {
      const shown = command.join(' ');
      const started = performance.now();
      const report = (outcome: 'passed' | 'blocked' | 'failed', output: string) =>
        emit({
          type: 'hook.ran',
          event,
          command: shown,
          outcome,
          output,
          durationMs: performance.now() - started,
        });
      try {
        const { exitCode, output, timedOut } = await host.exec(command, {
          stdin: JSON.stringify({ event, thread, folder: this.#root, ...about }),
          timeoutMs: timeout * 1000,
          maxBytes: MAX_BYTES,
          signal,
        });
        const said = output.trim();
        if (exitCode === BLOCKS) {
          await report('blocked', said);
          return said || `${shown} said no`;
        }
        await report(
          exitCode === 0 ? 'passed' : 'failed',
          timedOut ? `it took more than ${timeout} s` : said,
        );
      } catch (error) {
        if (!(error instanceof CommandNotStartedError)) throw error;
        // A guard that cannot stand at its post must not let pass.
        await report(event === 'beforeTool' ? 'blocked' : 'failed', error.message);
        if (event === 'beforeTool') return error.message;
      }
    }
    return undefined;
  }
}

interface HookAround {
  emit: Job['emit'];
  signal: AbortSignal;
  thread: string;
}
