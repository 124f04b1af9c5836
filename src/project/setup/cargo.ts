import { execFile } from 'node:child_process';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import type { ProjectFiles } from '../project-files.ts';
import type { TestPlan } from '../tests/runner.ts';
import { dayAfter } from './dates.ts';
import { setupKey } from './key.ts';
import type { SetupPlan } from './setup.ts';

/**
 * Removes what was compiled of the repository's own crates: it would tell agents of older commits what comes. In what
 * `cargo metadata` prints, a version follows the name of packages alone.
 */
const FORGET_OWN = [
  'cargo metadata --no-deps --offline --format-version 1 2>/dev/null',
  `grep -o '"name":"[^"]*","version"'`,
  `cut -d'"' -f4`,
  'while read -r own; do cargo clean --offline -p "$own" >/dev/null 2>&1; done',
].join(' | ');

/** Crates in a home of their own, and a target folder in which they are compiled, copied for each run. */
export async function cargoSetup(
  files: ProjectFiles,
  tests: TestPlan,
  time: number,
): Promise<{ plan: SetupPlan; version: string } | undefined> {
  const rust = await installedRust();
  if (rust === undefined) return undefined;
  const { version, programs } = rust;
  const manifests: Record<string, string> = {};
  for (const path of files.paths)
    if (/(?:^|\/)Cargo\.toml$/.test(path) && !/(?:^|\/)(?:target|vendor)\//.test(path))
      manifests[path] = ((await files.read(path)) ?? '').replace(/^version\s*=.*$/m, '');
  const lock = await files.read(posix.join(tests.folder, 'Cargo.lock'));
  const source = `{source}/${tests.folder}`;
  const env = {
    CARGO_HOME: '{setup}/cargo',
    CARGO_TARGET_DIR: '{setup}/target',
    CARGO_TERM_COLOR: 'never',
    CARGO_INCREMENTAL: '0',
  };
  const locked = lock === undefined ? [] : ['--locked'];
  return {
    version,
    plan: {
      tool: 'cargo',
      key: setupKey(
        'cargo',
        'others',
        version,
        tests.folder,
        tests.args,
        manifests,
        lock === undefined ? dayAfter(time) : pinned(lock),
      ),
      files: { 'cargo/.kino': '', 'target/.kino': '' },
      needsSource: true,
      attempts: [locked, []].map((flags) => [
        { argv: ['cargo', 'fetch', ...flags], cwd: source, env },
        {
          argv: [
            'sh',
            '-c',
            `cp -f Cargo.lock "$0" 2>/dev/null; cargo test --no-run --offline --no-fail-fast "$@" >/dev/null 2>&1; ${FORGET_OWN}; exit 0`,
            '{setup}/Cargo.lock',
            ...tests.args,
          ],
          cwd: source,
          env,
        },
      ]),
      hosts: ['index.crates.io', 'static.crates.io', 'crates.io'],
      mounts:
        lock === undefined
          ? [{ from: 'Cargo.lock', to: posix.join(tests.folder, 'Cargo.lock'), scratch: [] }]
          : [],
      env: { CARGO_HOME: '{setup}/cargo', CARGO_TERM_COLOR: 'never', CARGO_INCREMENTAL: '0' },
      path: [programs],
      build: 'target',
      compromises: lock === undefined ? [] : [undefined, 'the lockfile could not be kept to'],
      notes:
        lock === undefined ? ['there is no Cargo.lock; versions are those of the day of the set-up'] : [],
    },
  };
}

/** A lockfile without the versions of the repository's own packages: those have no source. */
function pinned(lock: string): string {
  return lock.replace(/^(name = .*\n)version = .*\n(?!source)/gm, '$1');
}

let asked: Promise<{ version: string; programs: string } | undefined> | undefined;

/** The programs of the toolchain itself: those of rustup only look for it, in a home folder that a jail has not. */
function installedRust(): Promise<{ version: string; programs: string } | undefined> {
  const rustc = async (...args: string[]) =>
    (await promisify(execFile)('rustc', args, { timeout: 10_000 })).stdout.trim();
  asked ??= Promise.all([rustc('--version'), rustc('--print', 'sysroot')]).then(
    ([version, root]) => ({ version, programs: join(root, 'bin') }),
    () => undefined,
  );
  return asked;
}
