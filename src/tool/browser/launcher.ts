/**
 * Stands where a program expects the browser, and starts it where it is contained: what is to be started comes in a
 * variable, its arguments come as ours. It passes on the two pipes by which the browser is driven.
 */
import { spawn } from 'node:child_process';

const [program = '', ...before] = JSON.parse(process.env.KINO_BROWSER ?? '[]') as string[];
const { KINO_BROWSER: _, ...env } = process.env;
const child = spawn(program, [...before, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 3, 4],
  env,
});
child.on('error', (error) => {
  process.stderr.write(`${program} could not be started: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
