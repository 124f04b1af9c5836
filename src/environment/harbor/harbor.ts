import { chmod, cp, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Mount } from '../../sandbox/index.ts';
import type { Environment, Finding, Score, Work } from '../environment.ts';
import { type Place, removeFolder, scratchFolder } from '../place.ts';
import type { HarborRow } from '../task.ts';
import { type Container, sandboxOf } from './container.ts';
import { taskDigest } from './digest.ts';
import { HarborTaskError } from './error.ts';
import type { HarborStep, HarborTask, HarborTests, TerminalCommand } from './harbor-task.ts';
import { ensureImage, forget, guarded, type Image, openContainer } from './image.ts';
import { readReward } from './reward.ts';
import { readHarborTask } from './task-folder.ts';
import { readTerminalBenchTask } from './terminal-bench.ts';

const read = new Map<string, Promise<HarborTask>>();
/** In the folder of a container, for the baseline that is told the solution. */
const SOLUTION = 'solution';
const LIMITS = { processes: 2_000, bytes: 8 * 1024 ** 3 };

/** Reads the folder of a task, once. @throws HarborTaskError also where it has changed since it was imported */
function taskOf({ folder, digest }: HarborRow): Promise<HarborTask> {
  const key = `${folder}\0${digest}`;
  let task = read.get(key);
  if (!task) {
    task = (async () => {
      const { existsSync } = await import('node:fs');
      const found = existsSync(join(folder, 'task.toml'))
        ? await readHarborTask(folder)
        : await readTerminalBenchTask(folder);
      if ((await taskDigest(folder)) !== digest)
        throw new HarborTaskError(folder, 'has changed since it was imported; import it again');
      return found;
    })();
    task.catch(() => read.delete(key));
    read.set(key, task);
  }
  return task;
}

/**
 * Tasks of Harbor's format, run without Docker where that can be done: the agent in a container of its own, and the
 * verifier in another one, with `/tests` and `/logs/verifier` where the agent never was.
 */
export const harbor: Environment<HarborRow> = {
  kind: 'harbor',

  prompt: (task, step = 0) => task.statement.split(STEP)[step] ?? task.statement,

  async reference(row, step = 0) {
    const task = await taskOf(row);
    const solution = task.steps[step]?.solution ?? task.solution;
    if (!solution) return {};
    const script = solution.kind === 'script' ? basename(solution.script) : 'solve.sh';
    return {
      command: {
        argv: ['bash', `/solution/${script}`],
        env: filled(task.config.solution.env),
        seconds: agentSeconds(task),
      },
    };
  },

  steps: async (row) => Math.max(1, (await taskOf(row)).steps.length),

  async open(row, folder, place, solved) {
    const task = await taskOf(row);
    const container = await agentContainer(task, folder, place, solved);
    await begin(task, task.steps[0], container);
    return sandboxOf(container);
  },

  async next(row, folder, place, step) {
    const task = await taskOf(row);
    const container = await agentContainer(task, folder, place, false);
    if ((await readdir(folder)).includes(SOLUTION)) await writeSolution(task, folder, step);
    await begin(task, task.steps[step], container);
  },

  async verify(row, work) {
    const task = await taskOf(row);
    const step = task.steps[work.step ?? 0];
    const { folder = await scratchFolder(work.place) } = work;
    const scratch = await scratchFolder(work.place);
    try {
      // Who never opened a workspace is judged by one that is as it was.
      if (work.folder === undefined) await agentContainer(task, folder, work.place, false);
      return await judge(task, step, folder, scratch, work);
    } finally {
      if ((work.step ?? 0) + 1 >= task.steps.length) await forget(await imageOf(task, work.place), folder);
      await removeFolder(scratch);
      if (work.folder === undefined) await removeFolder(folder);
    }
  },

  async total(row, scores) {
    const task = await taskOf(row);
    const steps = Math.max(1, task.steps.length);
    const last = scores.at(-1)!;
    const least = task.steps[scores.length - 1]?.config.min_reward;
    if (scores.length < steps && last.reward !== null && reaches(last, least)) return undefined;
    if (steps === 1 || last.reward === null) return last;
    const rewards = Array.from({ length: steps }, (_, at) => scores[at]?.reward ?? 0);
    const mean = rewards.reduce((sum, one) => sum + one, 0) / steps;
    const reward = task.config.multi_step_reward_strategy === 'final' ? rewards.at(-1)! : mean;
    return {
      reward,
      metrics: Object.fromEntries(rewards.map((one, at) => [task.steps[at]!.config.name, one])),
      explanation: scores
        .map((score, at) => `${task.steps[at]!.config.name}: ${score.explanation ?? ''}`)
        .join('; '),
      findings: scores.flatMap((score) => score.findings),
    };
  },
};

/** Between the instructions of steps; nothing that is written holds it. */
export const STEP = '\n\0\n';

function reaches(score: Score, least: number | Record<string, number> | undefined): boolean {
  if (least === undefined) return true;
  if (typeof least === 'number') return (score.reward ?? 0) >= least;
  return Object.entries(least).every(
    ([name, wanted]) => (name === 'reward' ? (score.reward ?? 0) : (score.metrics[name] ?? 0)) >= wanted,
  );
}

function agentSeconds({ config }: HarborTask): number {
  return config.agent.timeout_sec ?? 600;
}

/** Values are templates; secrets of whoever runs it are not for tasks, so only what they default to is filled in. */
function filled(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_, other: string | undefined) => other ?? ''),
    ]),
  );
}

async function imageOf(task: HarborTask, place: Place): Promise<Image> {
  const { environment, config } = task;
  const image = await ensureImage(place, environment, config.environment.build_timeout_sec);
  return config.environment.workdir === undefined ? image : { ...image, workdir: config.environment.workdir };
}

async function agentContainer(
  task: HarborTask,
  folder: string,
  place: Place,
  solved: boolean,
): Promise<Container> {
  const { config, environment } = task;
  const image = await imageOf(task, place);
  const logs = join(folder, 'logs');
  for (const name of ['agent', 'verifier', 'artifacts']) await mkdir(join(logs, name), { recursive: true });
  if (solved) {
    await mkdir(join(folder, SOLUTION), { recursive: true });
    await writeSolution(task, folder, 0);
  }
  const allowed = new Set(
    [...(config.environment.allowed_hosts ?? []), ...(place.allowHosts ?? [])].filter((host) =>
      place.allowHosts?.includes(host),
    ),
  );
  const isFirst = !(await readdir(folder)).includes('work');
  const { user } = config.agent;
  return openContainer(image, place, inPhase(config.environment, config.agent), {
    folder,
    ...(user !== undefined && { user }),
    env: filled(config.environment.env),
    mounts: [
      { source: logs, target: '/logs', writable: true },
      ...(solved ? [{ source: join(folder, SOLUTION), target: '/solution' }] : []),
    ],
    ...(allowed.size > 0 && { network: { allows: (host: string) => allowed.has(host) } }),
    limits: { ...LIMITS, ...place.limits },
    // An image that is only named brings its files beside it.
    ...(isFirst &&
      environment.from === 'image' &&
      environment.folder !== undefined && { work: environment.folder }),
    ...(!isFirst && { keep: true }),
  });
}

/** What a container has while somebody works in it: a phase may have a network of its own. */
function inPhase(
  environment: HarborTask['config']['environment'],
  { network_mode = environment.network_mode }: Partial<Pick<HarborTask['config']['agent'], 'network_mode'>>,
): HarborTask['config']['environment'] {
  return { ...environment, network_mode };
}

/** Puts the solution of a step where the container has `/solution`. */
async function writeSolution(task: HarborTask, folder: string, step: number): Promise<void> {
  const solution = task.steps[step]?.solution ?? task.solution;
  const target = join(folder, SOLUTION);
  for (const name of await readdir(target)) await rm(join(target, name), { recursive: true, force: true });
  if (solution?.kind === 'commands') await writeFile(join(target, 'solve.sh'), scriptOf(solution.commands));
  else if (solution) await bring(solution.folder ?? solution.script, target);
}

/** Copies the content of a folder, or a file. */
async function bring(source: string, target: string): Promise<void> {
  const isFolder = (await lstat(source)).isDirectory();
  const options = { recursive: true, verbatimSymlinks: true };
  await cp(source, isFolder ? target : join(target, basename(source)), options);
}

/** What was typed into a terminal, as a script. */
function scriptOf(commands: readonly TerminalCommand[]): string {
  return `#!/bin/bash\n${commands.map(({ command }) => command).join('\n')}\n`;
}

async function begin(task: HarborTask, step: HarborStep | undefined, container: Container): Promise<void> {
  if (step?.workdir === undefined) return;
  await cp(step.workdir, container.root, { recursive: true, verbatimSymlinks: true });
  if (step.setup === undefined) return;
  const ran = await container.exec(['bash', basename(step.setup)], {
    timeoutMs: task.config.environment.build_timeout_sec * 1000,
  });
  if (ran.exitCode !== 0) throw new HarborTaskError(step.setup, `ended with code ${ran.exitCode}`);
}

async function judge(
  task: HarborTask,
  step: HarborStep | undefined,
  folder: string,
  scratch: string,
  work: Work,
): Promise<Score> {
  const { place } = work;
  const tests = step?.tests ?? task.tests;
  const verifier = step?.config.verifier ?? task.config.verifier;
  const separate = step?.verifier ?? task.verifier;
  const findings: Finding[] = [...(work.signs ?? [])];
  const written = await readdir(join(folder, 'logs', 'verifier'));
  if (written.length > 0)
    findings.push({
      name: 'wrote-reward',
      detail: `${written.sort().join(' and ')} in /logs/verifier, where only a verifier writes; not read`,
    });
  const image = await imageOf(task, place);
  const { taken, mounts: guards } = await guarded(image, folder, join(scratch, 'guards'));
  if (taken.length > 0)
    findings.push({ name: 'patched-system', detail: `taken out: ${taken.slice(0, 5).join(', ')}` });

  const logs = join(scratch, 'logs');
  for (const name of ['agent', 'verifier', 'artifacts']) await mkdir(join(logs, name), { recursive: true });
  const mounts: Mount[] = [...guards, { source: logs, target: '/logs', writable: true }];
  const hasTests = tests.folders.length > 0 || tests.script !== undefined;
  if (hasTests) mounts.push({ source: await testsFolder(tests, scratch), target: '/tests', writable: true });
  const own = separate && (await ensureImage(place, separate.environment, separate.config.build_timeout_sec));
  const described = inPhase(separate?.config ?? task.config.environment, verifier);
  const judged = await openContainer(own ?? image, place, described, {
    ...(!separate && { over: folder, work: join(folder, 'work') }),
    folder: join(scratch, 'container'),
    ...(verifier.user !== undefined && { user: verifier.user }),
    env: {
      ...filled(separate?.config.env ?? task.config.environment.env),
      ...(task.format === 'terminal-bench' && { TEST_DIR: '/tests' }),
    },
    mounts,
    limits: { ...LIMITS, ...place.limits },
  });
  if (separate) await bringArtifacts(task, folder, logs, place);
  const script = tests.script === undefined ? '/tests/test.sh' : `/tests/${basename(tests.script)}`;
  const ran = await judged.exec(hasTests || separate ? [script] : ['false'], {
    env: filled(verifier.env),
    timeoutMs: verifier.timeout_sec * 1000,
    maxBytes: 64 * 1024,
    ...(place.signal && { signal: place.signal }),
  });
  await judged.dispose();
  place.signal?.throwIfAborted();
  const said = lastLine(ran.output);
  if (ran.timedOut)
    return {
      reward: 0,
      metrics: {},
      findings: [
        ...findings,
        { name: 'timed-out', detail: `the verifier was ended after ${verifier.timeout_sec} s` },
      ],
      explanation: 'the verifier took too long',
    };
  if (ran.exceeded)
    return {
      reward: 0,
      metrics: {},
      findings: [
        ...findings,
        {
          name: ran.exceeded === 'disk' ? 'filled-disk' : 'too-many-processes',
          detail: 'the verifier was ended',
        },
      ],
      explanation: `the verifier used up its ${ran.exceeded}`,
    };
  if (tests.verdict === 'exit-code')
    return {
      reward: ran.exitCode === 0 ? 1 : 0,
      metrics: {},
      findings,
      explanation: `the tests ended with code ${ran.exitCode}: ${said}`,
    };
  const left = await readReward(join(logs, 'verifier'));
  findings.push(...left.findings);
  if (left.reward === undefined)
    return {
      reward: null,
      metrics: {},
      findings,
      explanation: `${left.problem}; it ended with code ${ran.exitCode}: ${said}`,
    };
  return {
    reward: Math.min(1, Math.max(0, left.reward)),
    metrics: left.metrics,
    findings,
    explanation: said,
  };
}

async function testsFolder({ folders, script }: HarborTests, scratch: string): Promise<string> {
  const target = join(scratch, 'tests');
  await mkdir(target);
  for (const source of [...folders, ...(script === undefined ? [] : [script])]) await bring(source, target);
  if (script !== undefined) await chmod(join(target, basename(script)), 0o755);
  return target;
}

/** What the agent made, for a verifier that has a container of its own: at `/logs/artifacts`, and nothing else of it. */
async function bringArtifacts(task: HarborTask, folder: string, logs: string, place: Place): Promise<void> {
  const container = await agentContainer(task, folder, place, false);
  const script =
    'mkdir -p "$(dirname "/logs/artifacts/$2")" && if [ -e "$1" ]; then cp -RP "$1" "/logs/artifacts/$2"; fi';
  for (const { source, destination } of task.config.artifacts)
    await container.exec(['sh', '-c', script, 'sh', source, destination ?? source.replace(/^\/+/, '')], {
      timeoutMs: 60_000,
    });
  await container.dispose();
  await cp(join(folder, 'logs', 'artifacts'), join(logs, 'artifacts'), {
    recursive: true,
    verbatimSymlinks: true,
  });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
