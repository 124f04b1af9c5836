import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { loadToolchains } from '../../project/index.ts';
import { type Host, osOf } from './known-bases.ts';

/** A machine, and where its programs are. */
export interface FoundHost extends Host {
  /** Folders that go before PATH for a program to be found by the name that an image gives it, by the program. */
  folders: Readonly<Record<string, string>>;
}

/** How programs tell their version. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  npm: ['--version'],
  go: ['version'],
  rustc: ['--version'],
  cargo: ['--version'],
  gcc: ['-dumpfullversion'],
  ruby: ['--version'],
  java: ['-version'],
  javac: ['-version'],
};

let found: Promise<FoundHost[]> | undefined;

/** What this machine can stand for: once for each version of Node, whose programs are all called the same. Asked once. */
export function findHosts(): Promise<FoundHost[]> {
  found ??= find();
  return found;
}

async function find(): Promise<FoundHost[]> {
  const programs: Record<string, string> = {};
  const folders: Record<string, string> = {};
  const { installedToolchains } = await loadToolchains();
  const os = osOf(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  for (const { program, version } of await installedToolchains('python')) {
    const name = `python${version.split('.').slice(0, 2).join('.')}`;
    programs[name] = version;
    folders[name] = dirname(program);
    programs.python3 ??= version;
    folders.python3 ??= dirname(program);
  }
  const nodes = await installedToolchains('node');
  await Promise.all(
    Object.entries(ASKED).map(async ([name, args]) => {
      const asked = await promisify(execFile)(name, args, { timeout: 10_000 }).catch(() => undefined);
      const version = asked && /\d+(?:\.\d+)+/.exec(`${asked.stdout}\n${asked.stderr}`)?.[0];
      const path = await promisify(execFile)('sh', ['-c', 'command -v "$1"', 'sh', name]).catch(
        () => undefined,
      );
      if (!version || !path) return;
      programs[name] = version;
      folders[name] = dirname(path.stdout.trim());
    }),
  );
  if (nodes.length === 0) return [{ os, programs, folders }];
  return nodes.map(({ program, version }) => ({
    os,
    programs: { ...programs, node: version },
    folders: { ...folders, node: dirname(program) },
  }));
}
