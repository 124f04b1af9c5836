import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import {
  type AgentChoice,
  expandPrompt,
  loadCommands,
  MODES,
  type Mode,
  type OpenSession,
  type Outcome,
  openAgent,
  openSession,
  type Person,
} from '../agent/index.ts';
import { runWithArtifacts } from '../flow/index.ts';
import { SANDBOXES, type SandboxName } from '../sandbox/index.ts';
import type { ThreadEvent, ThreadStore } from '../thread/index.ts';
import { CORE_TOOLS } from '../tool/index.ts';
import { UsageError } from './exit.ts';
import { addModelFlags } from './model-flags.ts';
import { positiveInteger, positiveNumber } from './options.ts';
import { dollars, plain, print, printJson, seconds } from './output.ts';
import { progressLine } from './progress-line.ts';
import { StdioPerson } from './stdio-person.ts';
import { type StreamContext, toStreamJson } from './stream-json.ts';

export interface HeadlessFlags extends AgentChoice {
  sandbox?: SandboxName;
  mode?: Mode;
  output: 'text' | 'json' | 'stream-json';
  input: 'none' | 'stream-json';
  cwd: string;
  worktree?: string | true;
  maxSteps?: number;
  maxSeconds?: number;
  maxTokens?: number;
  maxUsd?: number;
  quiet?: boolean;
}

/** The flags of every command that lets an agent work without a person. */
export function addHeadlessFlags(command: Command): Command {
  return addModelFlags(command)
    .addOption(
      new Option('--sandbox <name>', 'what commands may do (default: workspace-write)').choices(SANDBOXES),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'what runs without asking (default: auto; manual in a folder that is not trusted)',
      ).choices(MODES),
    )
    .addOption(
      new Option('--output <format>', 'what is printed')
        .choices(['text', 'json', 'stream-json'])
        .default('text'),
    )
    .addOption(
      new Option(
        '--input <format>',
        'who can be asked: nobody, or a program on standard input (with --output stream-json)',
      )
        .choices(['none', 'stream-json'])
        .default('none'),
    )
    .option('-C, --cwd <folder>', 'the workspace', '.')
    .option('--worktree [name]', 'work in a worktree of its own, on a branch of its own')
    .option('--max-steps <n>', 'stop after this many answers of the model', positiveInteger)
    .option('--max-seconds <n>', 'stop after this time', positiveNumber)
    .option('--max-tokens <n>', 'stop after this many tokens', positiveInteger)
    .option('--max-usd <n>', "stop at this cost; needs the model's price", positiveNumber)
    .option('-q, --quiet', 'no progress on standard error');
}

/** A prompt from the command line, or from standard input where it is `-`. */
export async function promptFrom(argument: string): Promise<string> {
  const prompt = (argument === '-' ? await readAll(process.stdin) : argument).trim();
  if (prompt === '') throw new UsageError('The prompt is empty.');
  return prompt;
}

export interface HeadlessRun {
  store: ThreadStore;
  thread: string;
  /** Absent where the work goes on from where it was. */
  prompt?: string;
  title: string;
  signal: AbortSignal;
}

/** Lets Kino's agent work in a thread, prints what was asked for, and sets the exit code. */
export async function runHeadless(
  { store, thread, prompt, title, signal }: HeadlessRun,
  flags: HeadlessFlags,
): Promise<void> {
  let steer: (text: string) => void = () => {};
  const person = personFor(flags, thread, (text) => steer(text));
  const open = await openSession({
    folder: flags.cwd,
    thread,
    ...(person && { person }),
    ...(flags.mode && { mode: flags.mode }),
    ...(flags.sandbox && { sandbox: flags.sandbox }),
    ...worktreeOf(flags, thread),
  });
  const { session, origin, cwd, mode, trust } = open;
  steer = (text) => session.inbox.steer(text);
  try {
    const { agent, model, problems } = await openAgent(flags, open);
    const by = model?.name ?? agent.name;
    for (const problem of problems) process.stderr.write(`kino: ${plain(problem)}\n`);
    if (flags.output === 'text')
      for (const note of open.notes) process.stderr.write(`kino: ${plain(note)}\n`);
    const show = shower(flags, { ...{ thread, cwd, model: by, mode }, denials: session.gate.denials });
    if (flags.mode === undefined && trust !== 'trusted' && !flags.quiet && flags.output === 'text')
      process.stderr.write(`kino: ${explainTrust(trust, origin)}\n`);
    const outcome = await runWithArtifacts({
      ...{ store, thread, agent, open, title, signal, onEvent: show },
      isAttended: process.stdout.isTTY === true,
      ...(prompt !== undefined && { prompt: await expanded(prompt, open) }),
      budget: {
        ...(flags.maxSteps !== undefined && { steps: flags.maxSteps }),
        ...(flags.maxSeconds !== undefined && { seconds: flags.maxSeconds }),
        ...(flags.maxTokens !== undefined && { tokens: flags.maxTokens }),
        ...(flags.maxUsd !== undefined && { usd: flags.maxUsd }),
      },
    });
    finish(flags, thread, by, outcome, session.gate.denials);
  } finally {
    await open.dispose();
    if (person) process.stdin.destroy();
  }
}

/** A prompt that calls a command of the person or the repository becomes what it stands for. */
async function expanded(prompt: string, { root, trust }: OpenSession): Promise<string> {
  if (!prompt.startsWith('/')) return prompt;
  const { commands } = await loadCommands(root, { trusted: trust === 'trusted' });
  return expandPrompt(prompt, commands) ?? prompt;
}

/** @throws UsageError */
function personFor(
  { input, output }: HeadlessFlags,
  thread: string,
  steer: (text: string) => void,
): Person | undefined {
  if (input === 'none') return undefined;
  if (output !== 'stream-json')
    throw new UsageError('--input stream-json needs --output stream-json: that is where it is asked.');
  return new StdioPerson(
    process.stdin,
    (line) => print(JSON.stringify({ ...line, session_id: thread })),
    steer,
    (sentence) => process.stderr.write(`kino: ${plain(sentence)}\n`),
  );
}

/** The worktree that is asked for; without a name of its own it has that of the thread. */
export function worktreeOf({ worktree }: { worktree?: string | true }, thread: string) {
  if (worktree === undefined) return {};
  const say = (text: string) => void process.stderr.write(plain(text));
  return { worktree: worktree === true ? thread.slice(-6) : worktree, say };
}

function explainTrust(trust: 'untrusted' | 'changed', root: string): string {
  const why =
    trust === 'changed'
      ? `The configuration of ${root} has changed since you trusted it`
      : `You have not said that you trust ${root}`;
  return `${why}, so the mode is manual and nobody is there to ask: what would change anything is denied. Say \`kino trust\`, or --mode.`;
}

function shower(flags: HeadlessFlags, about: Omit<StreamContext, 'tools'>): (event: ThreadEvent) => void {
  if (flags.output === 'stream-json') {
    const context = { ...about, tools: CORE_TOOLS.map((tool) => tool.name) };
    return (event) => {
      for (const line of toStreamJson(event, context)) print(JSON.stringify(line));
    };
  }
  if (flags.quiet) return () => {};
  const say = (text: string) => process.stderr.write(`${plain(text)}\n`);
  return (event) => {
    const line = progressLine(event);
    if (line !== undefined) say(line);
  };
}

function finish(
  flags: HeadlessFlags,
  thread: string,
  model: string,
  outcome: Outcome & { durationMs: number },
  denials: readonly { tool: string; callId: string; input: unknown }[],
): void {
  const { status, reason, answer, steps, usage, costUsd, durationMs } = outcome;
  if (flags.output === 'json') {
    printJson({
      ...{ thread, status, reason, answer, steps, model, usage, costUsd: costUsd ?? null, durationMs },
      denials: denials.map(({ tool, input }) => ({ tool, input })),
    });
  } else if (flags.output === 'text') {
    if (answer !== '') print(plain(answer));
    if (status !== 'done') process.stderr.write(`kino: ${plain(reason)}\n`);
    if (!flags.quiet) {
      const tokens = `${usage.inputTokens ?? '?'} in, ${usage.outputTokens ?? '?'} out`;
      const denied =
        denials.length > 0 ? `, ${denials.length} ${denials.length === 1 ? 'call' : 'calls'} denied` : '';
      process.stderr.write(
        `— ${steps} steps, ${seconds(durationMs / 1000)}, ${tokens}, cost ${dollars(costUsd)}${denied}; kino threads show ${thread}\n`,
      );
    }
  }
  process.exitCode = status === 'done' ? 0 : status === 'interrupted' ? 130 : 1;
}
