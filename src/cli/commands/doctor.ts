import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { type Config, ConfigError, kinoHome, loadConfig } from '../../config/index.ts';
import { PROVIDERS } from '../../model/index.ts';
import { bubblewrapProblem, ContainerEngine, overlayProblem } from '../../sandbox/index.ts';
import { findChromium } from '../../tool/index.ts';
import { paint, plain, print, printJson } from '../output.ts';
import { openStore } from '../store.ts';

interface Check {
  name: string;
  /** `missing` is a thing that some commands need, `broken` one that all need. */
  status: 'ok' | 'missing' | 'broken';
  detail: string;
  /** How to mend it. */
  mend?: string;
}

export function define(command: Command): void {
  command
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', '\nExits with 1 when something that every command needs is broken.')
    .action(doctor);
}

async function doctor(flags: { json?: boolean }): Promise<void> {
  const { config, check: configuration } = await checkConfig();
  const checks = [
    checkNode(),
    await checkGit(),
    await checkBubblewrap(),
    await checkLayers(),
    await checkRipgrep(),
    await checkFaketime(),
    await checkEngine(),
    await checkChromium(),
    await checkHome(),
    configuration,
    ...checkKeys(),
    ...(await checkEndpoints(config)),
  ];
  if (flags.json) printJson({ ok: checks.every((check) => check.status !== 'broken'), checks });
  else for (const check of checks) printCheck(check);
  process.exitCode = checks.some((check) => check.status === 'broken') ? 1 : 0;
}

function printCheck({ name, status, detail, mend }: Check): void {
  const sign = { ok: paint('green', '✓'), missing: paint('yellow', '–'), broken: paint('red', '✗') }[status];
  print(`${sign} ${name.padEnd(14)} ${plain(detail)}`);
  if (mend !== undefined && status !== 'ok') print(`  ${''.padEnd(14)} ${paint('dim', mend)}`);
}

function checkNode(): Check {
  return { name: 'node', status: 'ok', detail: `${process.versions.node} (${process.execPath})` };
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 5_000 });
    return stdout.split('\n', 1)[0]!.trim();
  } catch {
    return undefined;
  }
}

async function checkGit(): Promise<Check> {
  const found = await versionOf('git');
  const mend = 'Install it: apt-get install git, brew install git.';
  if (found === undefined) return { name: 'git', status: 'broken', detail: 'not found', mend };
  const [, major, minor] = /(\d+)\.(\d+)/.exec(found) ?? [];
  const old = Number(major) < 2 || (Number(major) === 2 && Number(minor) < 30);
  return old
    ? { name: 'git', status: 'broken', detail: `${found} is too old`, mend: 'Kino needs git 2.30 or newer.' }
    : { name: 'git', status: 'ok', detail: found };
}

async function checkBubblewrap(): Promise<Check> {
  const problem = await bubblewrapProblem();
  if (problem === undefined) {
    return { name: 'bubblewrap', status: 'ok', detail: (await versionOf('bwrap')) ?? 'works' };
  }
  return {
    name: 'bubblewrap',
    status: 'missing',
    detail: problem,
    mend: 'Install it (apt-get install bubblewrap; Linux only) and allow user namespaces, or say --sandbox danger-full-access.',
  };
}

async function checkLayers(): Promise<Check> {
  const home = kinoHome();
  const problem = await mkdir(home, { recursive: true, mode: 0o700 }).then(
    () => overlayProblem(home),
    (error: Error) => error.message,
  );
  return problem === undefined
    ? { name: 'layers', status: 'ok', detail: 'overlay mounts without root' }
    : {
        name: 'layers',
        status: 'missing',
        detail: problem,
        mend: 'Harbor’s tasks need overlay mounts in user namespaces (Linux 5.11 or newer); build folders are copied without.',
      };
}

async function checkFaketime(): Promise<Check> {
  const found = await versionOf('faketime');
  return found === undefined
    ? {
        name: 'faketime',
        status: 'missing',
        detail: 'not found; mining does not look for tests that depend on the date',
        mend: 'Install it: apt-get install faketime, brew install libfaketime.',
      }
    : { name: 'faketime', status: 'ok', detail: found || 'works' };
}

/** Its name is enough: started it is only when an agent looks at a page. */
async function checkChromium(): Promise<Check> {
  const found = findChromium();
  return found === undefined
    ? {
        name: 'browser',
        status: 'missing',
        detail: 'no Chromium on the PATH; there is no browser sub-agent',
        mend: 'Install it: apt-get install chromium, brew install --cask chromium.',
      }
    : { name: 'browser', status: 'ok', detail: found };
}

async function checkEngine(): Promise<Check> {
  const engine = await ContainerEngine.find();
  return typeof engine === 'string'
    ? {
        name: 'containers',
        status: 'missing',
        detail: engine,
        mend: 'Only Harbor’s tasks that layers cannot stand for need Docker or Podman.',
      }
    : { name: 'containers', status: 'ok', detail: `${engine.program} ${engine.version}` };
}

async function checkRipgrep(): Promise<Check> {
  const found = await versionOf('rg');
  return found === undefined
    ? {
        name: 'ripgrep',
        status: 'missing',
        detail: 'not found; the agent searches with git grep',
        mend: 'Install it: apt-get install ripgrep, brew install ripgrep.',
      }
    : { name: 'ripgrep', status: 'ok', detail: found };
}

async function checkHome(): Promise<Check> {
  const home = kinoHome();
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await access(home, constants.W_OK);
    openStore().close();
    return { name: 'threads', status: 'ok', detail: home };
  } catch (error) {
    const mend = 'Make the folder writable, or set KINO_HOME to another one.';
    return { name: 'threads', status: 'broken', detail: (error as Error).message, mend };
  }
}

async function checkConfig(): Promise<{ config: Config; check: Check }> {
  try {
    const config = await loadConfig();
    const set = Object.keys(config);
    const detail = set.length === 0 ? 'nothing is configured' : `sets ${set.join(', ')}`;
    return { config, check: { name: 'configuration', status: 'ok', detail } };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const mend = 'docs/configuration.md lists what it may hold.';
    return { config: {}, check: { name: 'configuration', status: 'broken', detail: error.message, mend } };
  }
}

function checkKeys(): Check[] {
  return Object.entries(PROVIDERS)
    .filter(([, provider]) => provider.keyNeeded)
    .map(([name, { apiKeyEnv }]) => {
      const set = apiKeyEnv.find((variable) => process.env[variable]);
      return set === undefined
        ? {
            name,
            status: 'missing' as const,
            detail: 'no key',
            mend: `Set ${apiKeyEnv.join(' or ')} to use its models.`,
          }
        : { name, status: 'ok' as const, detail: `${set} is set` };
    });
}

/** Only addresses that the person configured, and this machine's own, are asked. */
async function checkEndpoints(config: Config): Promise<Check[]> {
  const addresses = new Map<string, string>();
  for (const [name, { api, baseUrl }] of Object.entries({ ...PROVIDERS, ...config.providers })) {
    if (api === 'openai-compatible' && baseUrl !== undefined) addresses.set(name, baseUrl);
  }
  return Promise.all(
    [...addresses].map(async ([name, baseUrl]): Promise<Check> => {
      try {
        const answer = await fetch(`${baseUrl.replace(/\/$/, '')}/models`, {
          signal: AbortSignal.timeout(1_500),
        });
        await answer.body?.cancel();
        return { name, status: 'ok', detail: `${baseUrl} answers (${answer.status})` };
      } catch {
        return {
          name,
          status: 'missing',
          detail: `${baseUrl} does not answer`,
          mend: 'Start it to use its models.',
        };
      }
    }),
  );
}
