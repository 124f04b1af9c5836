import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  environmentOf,
  type FixTask,
  loadFixMining,
  loadHarbor,
  type Score,
  type Task,
} from '../src/environment/index.ts';
import { exportBase, openRepository } from '../src/git/index.ts';
import { openJail, openSandbox } from '../src/sandbox/index.ts';
import { KINO, median, percentile, report, withFolder } from './support/measure.ts';

const ROLLOUTS = 30;
const SLEEPERS = 200;
const IMPORTED = 1_000;

/** What a rollout costs besides its agent and its tests, what is left of 200 of them, and Harbor's tasks by the thousand. */
export async function bench(): Promise<void> {
  await ownCost();
  await sleepers();
  await harborTasks();
  await repairs();
}

/** The bare floor: git checks the tree out, and node runs the tests, with nothing around them. */
async function ownCost(): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'slugs');
    const head = library(path);
    const repository = await openRepository(path);
    const place = { home: join(folder, 'home') };
    const { mineFix } = await loadFixMining();
    const [candidate] = await Array.fromAsync(
      mineFix(repository, { place, only: head, repeats: 1, mutants: 1 }),
    );
    if (!candidate || !('task' in candidate)) throw new Error('the bench has no task');
    const { task } = candidate;
    const fix = await environmentOf('fix');
    const own: number[] = [];
    const floor: number[] = [];
    for (let at = 0; at < ROLLOUTS; at++) {
      const workspace = join(folder, `workspace-${at}`);
      const started = performance.now();
      await exportBase(repository, task.base, workspace);
      const provision = await fix.prepare!(task as Task, workspace, repository, place);
      const sandbox = await openSandbox('workspace-write', { root: workspace, ...provision });
      await sandbox.exec(['git', 'apply', '-'], { stdin: task.gold.patch });
      await sandbox.dispose();
      const score = await fix.verify(task as Task, {
        answer: '',
        repository,
        folder: workspace,
        events: [],
        place,
      });
      const whole = performance.now() - started;
      own.push(whole - testSeconds(score) * 1000);
      floor.push(bare(path, task, join(folder, `bare-${at}`)));
    }
    console.log(
      `  a rollout's own cost: median ${median(own).toFixed(0)} ms, p95 ${percentile(own, 0.95).toFixed(0)} ms; git worktree add and remove alone ${median(floor).toFixed(0)} ms`,
    );
    report("a rollout's own cost", median(own), 'ms', 150);
  });
}

function testSeconds({ explanation = '' }: Score): number {
  return Number(/ in (\d+(?:\.\d+)?) s/.exec(explanation)?.[1] ?? 0);
}

function bare(path: string, task: FixTask, target: string): number {
  const started = performance.now();
  execFileSync('git', ['worktree', 'add', '--quiet', '--detach', target, task.base], { cwd: path });
  execFileSync('git', ['worktree', 'remove', '--force', target], { cwd: path });
  return performance.now() - started;
}

async function sleepers(): Promise<void> {
  const mark = `kino-bench-${process.pid}`;
  const count = () =>
    readdirSync('/proc').filter((entry) => {
      try {
        return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    }).length;
  const jail = await openJail({ mounts: [] });
  const started = performance.now();
  const running = Array.from({ length: SLEEPERS }, () =>
    jail.exec(['sh', '-c', `(setsid sh -c 'sleep 300; : ${mark}' &) ; sleep 300; : ${mark}`], {
      timeoutMs: 4_000,
    }),
  );
  const ended = await Promise.all(running);
  const seconds = (performance.now() - started) / 1000;
  await jail.dispose();
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(
    `  ${SLEEPERS} sleepers at once, each with a daemon, ended after ${seconds.toFixed(1)} s: ${ended.filter((one) => one.timedOut).length} timed out, ${count()} processes are left`,
  );
  report('processes left', count() + 1, '(and 1)', 1);
}

async function harborTasks(): Promise<void> {
  await withFolder(async (folder) => {
    const set = join(folder, 'set');
    for (let at = 0; at < IMPORTED; at++) {
      const files: Record<string, string> = {
        'task.toml': `schema_version = "1.0"\n[task]\nname = "bench/task-${at}"\n`,
        'instruction.md': `Write ${at} into answer.txt.\n`,
        'environment/Dockerfile': 'FROM ubuntu:24.04\nWORKDIR /app\n',
        'tests/test.sh': `#!/bin/bash\nif [ "$(cat /app/answer.txt)" = ${at} ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n`,
        'solution/solve.sh': `#!/bin/bash\necho ${at} > answer.txt\n`,
      };
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(set, `task-${at}`, path)), { recursive: true });
        writeFileSync(join(set, `task-${at}`, path), content);
        if (path.endsWith('.sh')) chmodSync(join(set, `task-${at}`, path), 0o755);
      }
    }
    const { importTasks } = await loadHarbor();
    const started = performance.now();
    const { rows } = await importTasks(set);
    report(`reading and checking ${rows.length} tasks`, (performance.now() - started) / 1000, 's', 60);
    const home = join(folder, 'home');
    const harbor = await environmentOf('harbor');
    const times: number[] = [];
    for (const row of rows.slice(0, 30)) {
      const at = performance.now();
      const workspace = join(folder, row.id);
      mkdirSync(workspace);
      const sandbox = await harbor.open!(row as Task, workspace, { home }, false);
      await sandbox.exec(['bash', '-c', 'echo 1 > answer.txt']);
      await sandbox.dispose();
      await harbor.verify(row as Task, { answer: '', folder: workspace, events: [], place: { home } });
      times.push((performance.now() - at) / 1000);
    }
    report('a task of one test.sh, container, agent and verifier', median(times), 's', 1.2);
    const all = performance.now();
    const file = join(folder, 'set.jsonl');
    spawnSync(process.execPath, [KINO, 'tasks', 'import', set, '--out', file], {
      env: { ...process.env, KINO_HOME: home },
    });
    const checked = spawnSync(process.execPath, [KINO, 'check', file, '--limit', '100', '--json'], {
      env: { ...process.env, KINO_HOME: home },
      encoding: 'utf8',
    });
    const { sound } = JSON.parse(checked.stdout) as { sound: number };
    console.log(
      `  kino check on 100 of them (200 rollouts): ${((performance.now() - all) / 1000).toFixed(1)} s, ${sound} sound`,
    );
  });
}

/** The share of bugs of one mutant each that the baseline `mutate` mends, a minute each. */
async function repairs(): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'demo');
    execFileSync('git', [
      'clone',
      '--quiet',
      '--branch',
      'main',
      join(import.meta.dirname, '..', 'assets', 'demo', 'timetable.bundle'),
      path,
    ]);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [KINO, ...args], {
        cwd: path,
        env: { ...process.env, KINO_HOME: join(folder, 'home') },
        encoding: 'utf8',
      });
    const mined = run('mine', 'bug', '--limit', '30', '--json');
    if (mined.status !== 0) return console.log(`  no bugs: ${mined.stderr.trim()}`);
    const judged = JSON.parse(
      run('eval', 'bug', '--agent', 'mutate', '--max-seconds', '60', '--json').stdout,
    ) as {
      agents: { reward: { mean: number; n: number; interval: [number, number] | null } }[];
      rollouts: { seconds: number }[];
    };
    const { reward } = judged.agents[0]!;
    const between = reward.interval ? ` (${reward.interval.map((one) => one.toFixed(2)).join(' to ')})` : '';
    console.log(
      `  mutate mends ${reward.mean.toFixed(2)}${between} of ${reward.n} bugs of one mutant in timetable, median ${median(judged.rollouts.map(({ seconds }) => seconds)).toFixed(1)} s`,
    );
  });
}

/** A library with a bug, and the commit that mends it with a test. */
function library(path: string): string {
  mkdirSync(join(path, 'src'), { recursive: true });
  mkdirSync(join(path, 'test'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: path,
      encoding: 'utf8',
    }).trim();
  const write = (sum: string, tests: string) => {
    writeFileSync(join(path, 'package.json'), '{"type":"module","scripts":{"test":"node --test"}}\n');
    writeFileSync(join(path, 'src/sum.js'), `export function sum(list) {\n  return ${sum};\n}\n`);
    writeFileSync(
      join(path, 'test/sum.test.js'),
      `import assert from 'node:assert';\nimport { test } from 'node:test';\nimport { sum } from '../src/sum.js';\ntest('sums', () => assert.equal(sum([1, 2]), 3));\n${tests}`,
    );
    for (let at = 0; at < 200; at++)
      writeFileSync(join(path, `src/other-${at}.js`), `export const value = ${at};\n`);
    git('add', '--all');
  };
  git('init', '--quiet', '--initial-branch=main');
  write('list.reduce((a, b) => a + b)', '');
  git('commit', '--quiet', '--message', 'A function that sums lists of numbers');
  write('list.reduce((a, b) => a + b, 0)', "test('sums nothing', () => assert.equal(sum([]), 0));\n");
  git('commit', '--quiet', '--message', 'The sum of an empty list is zero, and no error');
  return git('rev-parse', 'HEAD');
}
