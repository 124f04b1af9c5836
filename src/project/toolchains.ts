import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import semver from 'semver';

export type ToolchainKind = 'node' | 'python';

/** An interpreter that is installed here. */
export interface Toolchain {
  kind: ToolchainKind;
  /** The real path of the program. */
  program: string;
  version: string;
}

/** When lines of versions came out, as year and month: what was written before cannot have been meant for them. */
const RELEASED: Readonly<Record<ToolchainKind, Readonly<Record<string, string>>>> = {
  node: {
    10: '2018-04',
    12: '2019-04',
    14: '2020-04',
    16: '2021-04',
    18: '2022-04',
    20: '2023-04',
    22: '2024-04',
    24: '2025-04',
    26: '2026-04',
  },
  python: {
    3.6: '2016-12',
    3.7: '2018-06',
    3.8: '2019-10',
    3.9: '2020-10',
    '3.10': '2021-10',
    3.11: '2022-10',
    3.12: '2023-10',
    3.13: '2024-10',
    3.14: '2025-10',
    3.15: '2026-10',
  },
};
/** How long it takes until packages know a new version. */
const SETTLING_SECONDS = 120 * 24 * 60 * 60;

const found = new Map<ToolchainKind, Promise<Toolchain[]>>();

/** The interpreters of this machine: those on the PATH, and those that version managers keep. Looked for once. */
export function installedToolchains(kind: ToolchainKind): Promise<Toolchain[]> {
  let toolchains = found.get(kind);
  if (!toolchains) {
    toolchains = find(kind);
    found.set(kind, toolchains);
  }
  return toolchains;
}

/** A program, with its version where its place says it. */
interface Place {
  program: string;
  version?: string;
}

async function find(kind: ToolchainKind): Promise<Toolchain[]> {
  const places = kind === 'node' ? nodePlaces() : pythonPlaces();
  const seen = new Map<string, Toolchain>();
  await Promise.all(
    places
      .filter(({ program }) => existsSync(program))
      .map(async ({ program, version }) => {
        const known = version === undefined ? undefined : { program: realpathSync(program), version };
        const asked = known ?? (await ask(kind, program).catch(() => undefined));
        if (asked && !seen.has(asked.version)) seen.set(asked.version, { kind, ...asked });
      }),
  );
  return [...seen.values()].sort((a, b) => semver.compare(valid(a.version), valid(b.version)));
}

/** A shim on the PATH stands for another program; the program itself says which. */
async function ask(kind: ToolchainKind, program: string): Promise<{ program: string; version: string }> {
  const args =
    kind === 'node'
      ? ['-p', '[process.execPath, process.versions.node].join("\\n")']
      : ['-c', 'import sys, platform; print(sys.executable); print(platform.python_version())'];
  const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 });
  const [path = '', version = ''] = stdout.trim().split('\n');
  return { program: realpathSync(path), version: version.trim() };
}

function nodePlaces(): Place[] {
  const home = homedir();
  return [
    { program: process.execPath, version: process.versions.node },
    ...onPath(['node']),
    ...versionsIn(join(home, '.nvm/versions/node'), 'bin/node'),
    ...versionsIn(join(home, '.volta/tools/image/node'), 'bin/node'),
    ...versionsIn(join(home, '.local/share/mise/installs/node'), 'bin/node'),
    ...versionsIn(join(home, '.asdf/installs/nodejs'), 'bin/node'),
  ];
}

function pythonPlaces(): Place[] {
  const home = homedir();
  const pyenv = process.env.PYENV_ROOT ?? join(home, '.pyenv');
  return [
    ...versionsIn(join(pyenv, 'versions'), 'bin/python3'),
    ...versionsIn(join(home, '.local/share/mise/installs/python'), 'bin/python3'),
    ...versionsIn(join(home, '.local/share/uv/python'), 'bin/python3'),
    ...versionsIn(join(home, '.asdf/installs/python'), 'bin/python3'),
    // A shim leads to one of the versions above, and takes long to say so.
    ...onPath(['python3', ...Object.keys(RELEASED.python).map((version) => `python${version}`)]).filter(
      ({ program }) => !program.includes('/shims/'),
    ),
  ];
}

function onPath(names: readonly string[]): Place[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return names.flatMap((name) => folders.map((folder) => ({ program: join(folder, name) })));
}

function versionsIn(folder: string, program: string): Place[] {
  try {
    return readdirSync(folder).map((name) => {
      const version = /^v?(\d+\.\d+\.\d+)$/.exec(name)?.[1];
      return { program: join(folder, name, program), ...(version !== undefined && { version }) };
    });
  } catch {
    return [];
  }
}

function valid(version: string): string {
  return semver.coerce(version)?.version ?? '0.0.0';
}

/**
 * The interpreter that fits best what a repository wants: of those that satisfy the range, the newest that was
 * established when the code was written, otherwise the oldest.
 *
 * @param range as npm or PEP 440 write it; undefined where nothing is said
 * @param time when the code was written, in seconds since 1970
 * @returns the choice, and a sentence where nothing here satisfies the range
 */
export function chooseToolchain(
  installed: readonly Toolchain[],
  range: string | undefined,
  time: number,
): { toolchain: Toolchain; note?: string } | undefined {
  if (installed.length === 0) return undefined;
  const fitting = installed.filter(({ kind, version }) => satisfies(kind, version, range));
  const among = fitting.length > 0 ? fitting : installed;
  const settled = among.filter(({ kind, version }) => releasedAt(kind, version) + SETTLING_SECONDS <= time);
  const toolchain = settled.at(-1) ?? among[0]!;
  if (fitting.length > 0) return { toolchain };
  const have = installed.map(({ version }) => version).join(', ');
  return { toolchain, note: `${toolchain.kind} ${range} is wanted; installed are ${have}` };
}

function releasedAt(kind: ToolchainKind, version: string): number {
  const [major = '', minor = ''] = version.split('.');
  const released = RELEASED[kind][kind === 'node' ? major : `${major}.${minor}`];
  return released === undefined ? 0 : Date.parse(`${released}-01T00:00:00Z`) / 1000;
}

function satisfies(kind: ToolchainKind, version: string, range: string | undefined): boolean {
  if (range === undefined || range.trim() === '') return true;
  const wanted = kind === 'node' ? range : fromPep440(range);
  const parsed = semver.validRange(wanted);
  // What cannot be read forbids nothing.
  return parsed === null || semver.satisfies(valid(version), parsed);
}

/** A version specifier of PEP 440 as npm writes ranges; its rarer operators are left out, which only allows more. */
function fromPep440(specifier: string): string {
  return specifier
    .split(',')
    .map((part) => part.trim().replace(/\s+/g, ''))
    .flatMap((part) => {
      if (part.startsWith('!=') || part.startsWith('===')) return [];
      if (part.startsWith('~='))
        return [part.slice(2).split('.').length > 2 ? `~${part.slice(2)}` : `^${part.slice(2)}`];
      return [part.replace(/^==/, '').replace(/\.\*$/, '.x')];
    })
    .join(' ');
}
