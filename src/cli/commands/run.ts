import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { createAgent, type Outcome, runInThread } from '../../agent/index.ts';
import { kinoHome, loadConfig } from '../../config/index.ts';
import { loadRecording, resolveModel } from '../../model/index.ts';
import { openSandbox, SANDBOXES, type SandboxName } from '../../sandbox/index.ts';
import { newId, type ThreadEvent } from '../../thread/index.ts';
import { CORE_TOOLS } from '../../tool/index.ts';
import { UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { httpUrl, positiveInteger, positiveNumber } from '../options.ts';
import { dollars, plain, print, printJson, seconds } from '../output.ts';
import { openStore } from '../store.ts';
import { toStreamJson } from '../stream-json.ts';
import { version } from '../version.ts';

interface RunFlags {
  model?: string;
  baseUrl?: string;
  sandbox?: SandboxName;
  mode?: string;
  output: 'text' | 'json' | 'stream-json';
  cwd: string;
  record?: string;
  replay?: string;
  maxSteps?: number;
  maxSeconds?: number;
  maxTokens?: number;
  maxUsd?: number;
  quiet?: boolean;
}

export function define(command: Command): void {
  command
    .argument('<prompt>', 'what to do; - reads it from standard input')
    .option('-m, --model <provider/model>', 'the model to think with')
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .addOption(new Option('--sandbox <name>', 'where commands run (default: bubblewrap)').choices(SANDBOXES))
    .addOption(
      new Option('--mode <mode>', 'what runs without asking; bypass: everything').choices(['bypass']),
    )
    .addOption(
      new Option('--output <format>', 'what is printed')
        .choices(['text', 'json', 'stream-json'])
        .default('text'),
    )
    .option('-C, --cwd <folder>', 'the workspace', '.')
    .addOption(new Option('--record <file>', 'keep the exchanges with the model').conflicts('replay'))
    .option('--replay <file>', 'answer from a recording; no network, no key')
    .option('--max-steps <n>', 'stop after this many answers of the model', positiveInteger)
    .option('--max-seconds <n>', 'stop after this time', positiveNumber)
    .option('--max-tokens <n>', 'stop after this many tokens', positiveInteger)
    .option('--max-usd <n>', "stop at this cost; needs the model's price", positiveNumber)
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the work failed or ran out of budget, 2 bad input, 130 interrupted.\nExample: kino run "explain this repository" --model ollama/qwen3 --mode bypass',
    )
    .action(run);
}

async function run(argument: string, flags: RunFlags): Promise<void> {
  const signal = untilInterrupted();
  if (flags.mode === undefined) {
    throw new UsageError(
      'Nobody is there to ask: say --mode bypass to let the agent run its tools inside the sandbox.',
    );
  }
  const prompt = (argument === '-' ? await readAll(process.stdin) : argument).trim();
  if (prompt === '') throw new UsageError('The prompt is empty.');
  const config = await loadConfig();
  const name = flags.model ?? config.model;
  if (name === undefined) {
    throw new UsageError(
      'No model is named: say --model provider/model, or set "model" in the configuration.',
    );
  }
  const { root, cwd } = workspaceAround(flags.cwd);
  const store = openStore();
  try {
    const kind = flags.sandbox ?? config.sandbox ?? 'bubblewrap';
    const [model, sandbox] = await Promise.all([
      resolveModel(name, {
        ...(config.providers && { providers: config.providers }),
        ...(config.prices && { prices: config.prices }),
        ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
        ...(await recordedFetch(flags, root)),
      }),
      openSandbox(kind, { root, cwd, ...(config.passEnv && { passEnv: config.passEnv }) }),
    ]);
    const thread = newId();
    const show = shower(flags, { thread, cwd, model: name });
    try {
      const outcome = await runInThread({
        store,
        thread,
        agent: await createAgent('kino', model),
        about: {
          kind: 'session',
          title: prompt.split('\n', 1)[0]!.slice(0, 120),
          repository: root,
          workspace: root,
          sandbox: kind,
          mode: flags.mode,
          kino: version(),
        },
        job: {
          prompt,
          workspace: async () => sandbox,
          budget: {
            ...config.budget,
            ...(flags.maxSteps !== undefined && { steps: flags.maxSteps }),
            ...(flags.maxSeconds !== undefined && { seconds: flags.maxSeconds }),
            ...(flags.maxTokens !== undefined && { tokens: flags.maxTokens }),
            ...(flags.maxUsd !== undefined && { usd: flags.maxUsd }),
          },
          signal,
        },
        outputs: join(kinoHome(), 'outputs'),
        onEvent: show,
      });
      finish(flags, thread, name, outcome);
    } finally {
      await sandbox.dispose();
    }
  } finally {
    store.close();
  }
}

/** Where the exchanges with the model are kept or come from, if not from the network alone. */
async function recordedFetch({ record, replay }: RunFlags, cwd: string) {
  if (record === undefined && replay === undefined) return {};
  const { recordingFetch, replayingFetch } = await loadRecording();
  return record === undefined
    ? { fetch: replayingFetch(resolve(replay!), cwd), keyless: true }
    : { fetch: recordingFetch(resolve(record), cwd) };
}

/**
 * The repository around a folder, so that an agent started in a part of it sees the whole; the folder itself outside
 * git, and where the repository is a home folder (as some keep their settings).
 */
function workspaceAround(folder: string): { root: string; cwd: string } {
  let cwd: string;
  try {
    cwd = realpathSync(folder);
  } catch {
    throw new UsageError(folder === '.' ? 'The working folder is gone.' : `There is no folder ${folder}.`);
  }
  let root = cwd;
  while (!existsSync(join(root, '.git')) && dirname(root) !== root) root = dirname(root);
  const isRepository = existsSync(join(root, '.git'));
  const holdsHome = `${homedir()}${sep}`.startsWith(`${root}${sep}`);
  return { root: isRepository && !holdsHome ? root : cwd, cwd };
}

function shower(
  flags: RunFlags,
  about: { thread: string; cwd: string; model: string },
): (event: ThreadEvent) => void {
  if (flags.output === 'stream-json') {
    const context = { ...about, mode: flags.mode ?? '', tools: CORE_TOOLS.map((tool) => tool.name) };
    return (event) => {
      for (const line of toStreamJson(event, context)) print(JSON.stringify(line));
    };
  }
  if (flags.quiet) return () => {};
  const say = (text: string) => process.stderr.write(`${plain(text)}\n`);
  return (event) => {
    if (event.type === 'instructions.loaded') say(`· read ${event.path}`);
    else if (event.type === 'model.retried') {
      say(`! ${event.reason} — trying again in ${seconds(event.delayMs / 1000)}`);
    } else if (event.type === 'tool.ended' && !event.ok)
      say(`  ✗ ${event.tool}: ${event.output.split('\n').at(-1)}`);
    else if (event.type === 'tool.started') say(`· ${event.tool} ${headline(event.input)}`);
  };
}

/** What tells one call from another, on one line. */
function headline(input: unknown): string {
  const values = Object.values((input ?? {}) as Record<string, unknown>).filter(
    (value) => typeof value === 'string',
  );
  return (values[0] ?? '').split('\n', 1)[0]!.slice(0, 100);
}

function finish(
  flags: RunFlags,
  thread: string,
  model: string,
  outcome: Outcome & { durationMs: number },
): void {
  const { status, reason, answer, steps, usage, costUsd, durationMs } = outcome;
  if (flags.output === 'json') {
    printJson({ thread, status, reason, answer, steps, model, usage, costUsd: costUsd ?? null, durationMs });
  } else if (flags.output === 'text') {
    if (answer !== '') print(plain(answer));
    if (status !== 'done') process.stderr.write(`kino: ${plain(reason)}\n`);
    if (!flags.quiet) {
      const tokens = `${usage.inputTokens ?? '?'} in, ${usage.outputTokens ?? '?'} out`;
      process.stderr.write(
        `— ${steps} steps, ${seconds(durationMs / 1000)}, ${tokens}, cost ${dollars(costUsd)}; kino threads show ${thread}\n`,
      );
    }
  }
  process.exitCode = status === 'done' ? 0 : status === 'interrupted' ? 130 : 1;
}
