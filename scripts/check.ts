/** `npm run check`: types, lint and format, floors and doors, dead code, the generated page; all at once, every finding shown. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkFloors } from './floors.ts';

const root = join(import.meta.dirname, '..');

interface Verdict {
  name: string;
  ok: boolean;
  output: string;
  seconds: number;
}

function run(name: string, command: string, args: string[]): Promise<Verdict> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules', '.bin', command), args, { cwd: root });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const done = (ok: boolean) =>
      resolve({ name, ok, output, seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => {
      output += error.message;
      done(false);
    });
    child.on('close', (code) => done(code === 0));
  });
}

function floors(): Verdict {
  const started = performance.now();
  const breaches = checkFloors(root);
  return {
    name: 'floors and doors',
    ok: breaches.length === 0,
    output: breaches.join('\n'),
    seconds: (performance.now() - started) / 1000,
  };
}

const verdicts = await Promise.all([
  run('types', 'tsc', ['--noEmit']),
  run('types of the web', 'tsc', ['--noEmit', '-p', 'src/web']),
  run('lint and format', 'biome', ['check', '--error-on-warnings', '.']),
  run('dead code', 'knip', []),
  run('configuration page', 'node', ['scripts/config-page.ts', '--check']),
  Promise.resolve(floors()),
]);
for (const { name, ok, output, seconds } of verdicts) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output.trim());
}
process.exitCode = verdicts.every((verdict) => verdict.ok) ? 0 : 1;
