#!/usr/bin/env node
// Plain JavaScript that any Node can parse: it answers --version at once, finds a Node that is new enough,
// and only then loads the program.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
} else if (isNewEnough(process.versions.node)) {
  await start();
} else {
  startBundledNode();
}

/** @param {string} version as in process.versions.node */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

async function start() {
  // Not the shared temporary folder: whoever can write there first could plant code for another user.
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kino', 'compile');
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE || cache);
  silenceExperimentalWarnings();
  const source = join(root, 'src', 'cli', 'main.ts');
  const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');
  const { main } = await import(pathToFileURL(entry).href);
  await main(args);
}

function silenceExperimentalWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type;
    if (type === 'ExperimentalWarning') return;
    emitWarning.call(process, warning, ...rest);
  };
}

function startBundledNode() {
  const node = join(root, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    process.stderr.write(`kino needs Node 22.19 or newer; this is ${process.versions.node}.\n`);
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}
