import { posix } from 'node:path';
import { z } from 'zod';
import type { ProjectFiles } from '../project-files.ts';
import type { TestPlan } from '../tests/runner.ts';
import { chooseToolchain, installedToolchains } from '../toolchains.ts';
import { dayAfter, isBesideTests } from './dates.ts';
import { hostOf } from './host-of.ts';
import { setupKey } from './key.ts';
import type { SetupCommand, SetupPlan } from './setup.ts';

const record = z.record(z.string(), z.unknown()).optional().catch(undefined);
const packageSchema = z.looseObject({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  dependencies: record,
  devDependencies: record,
  optionalDependencies: record,
  peerDependencies: record,
  overrides: record,
  resolutions: record,
  workspaces: z.unknown().optional(),
  engines: record,
  volta: record,
});
type Package = z.infer<typeof packageSchema>;

/** Of a lockfile, who reads it. */
const LOCKFILES: Readonly<Record<string, 'npm' | 'pnpm' | 'yarn'>> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
};

/** Folders of `node_modules` that tools write to. */
const SCRATCH = ['.cache', '.vite', '.vite-temp', '.vitest', '.tap'];

export interface NodeSetup {
  plan: SetupPlan | undefined;
  /** The program that runs it. */
  node: string;
  version: string;
}

/**
 * How the packages of a repository are installed: by its lockfile, and without one as they were on the day when its
 * manifest last changed.
 *
 * @param time when that was, in seconds since 1970
 */
export async function nodeSetup(
  repository: ProjectFiles,
  tests: TestPlan,
  time: number,
): Promise<NodeSetup | undefined> {
  const home = await homeOf(repository, tests);
  const files = filesIn(repository, home);
  const root = parsePackage(await files.read('package.json'));
  const wanted = (await wantedNode(files, root)) ?? (await wantedNode(repository, undefined));
  const chosen = chooseToolchain(await installedToolchains('node'), wanted, time);
  if (!chosen) return undefined;
  const { toolchain, note } = chosen;
  const tool = { node: toolchain.program, version: toolchain.version };
  if (!root) return { plan: undefined, ...tool };
  const lockfile = Object.keys(LOCKFILES).find((name) => files.paths.includes(name));
  const manifests = await workspaceManifests(files, root);
  const isNeeded = [root, ...manifests.values()].some((one) => hasDependencies(one, lockfile !== undefined));
  if (!isNeeded) return { plan: undefined, ...tool };

  const written: Record<string, string> = {};
  for (const [path, manifest] of [['package.json', root] as const, ...manifests])
    written[path] = `${JSON.stringify(trimmed(manifest, lockfile !== undefined), null, 1)}\n`;
  if (lockfile !== undefined) written[lockfile] = (await files.read(lockfile)) ?? '';
  for (const name of ['pnpm-workspace.yaml', '.yarnrc.yml']) {
    const text = await files.read(name);
    // Yarn's own program of a repository is not run.
    if (text !== undefined) written[name] = text.replace(/^(?:yarnPath|plugins):.*$/gm, '');
  }
  const npmrc = safeNpmrc(await files.read('.npmrc'));
  if (npmrc !== '') written['.npmrc'] = npmrc;
  const packageManager = lockfile === undefined ? 'npm' : LOCKFILES[lockfile]!;
  const day = lockfile === undefined ? dayAfter(time) : '';
  const ways = waysFor(packageManager, written, day);
  return {
    ...tool,
    plan: {
      tool: packageManager,
      key: setupKey('node', toolchain.version.split('.')[0], withoutOwnVersions(written), day),
      files: Object.fromEntries(
        Object.entries(written).map(([path, text]) => [posix.join('modules', path), text]),
      ),
      needsSource: false,
      attempts: ways.map(({ commands }) => commands),
      compromises: ways.map(({ givesUp }) => givesUp),
      ...(packageManager === 'npm' && {
        installed: { argv: ['npm', 'ls', '--all'], cwd: '{setup}/modules' },
      }),
      // What a repository's own settings name is not asked: who mines has not allowed it.
      hosts: ['registry.npmjs.org', 'registry.yarnpkg.com', ...hostOf(process.env.npm_config_registry)],
      mounts: ['.', ...[...manifests.keys()].map((path) => posix.dirname(path))].map((folder) => ({
        from: posix.join('modules', folder, 'node_modules'),
        to: posix.join(home, folder, 'node_modules'),
        scratch: folder === '.' ? SCRATCH : [],
      })),
      env: {},
      path: [posix.dirname(toolchain.program)],
      notes: note === undefined ? [] : [note],
    },
  };
}

/** The folder whose manifest decides: a package that brings its own runner stands alone, others belong to the root. */
async function homeOf(files: ProjectFiles, { folder, runner }: TestPlan): Promise<string> {
  const own = folder === '.' ? undefined : parsePackage(await files.read(`${folder}/package.json`));
  if (!own) return '.';
  const root = parsePackage(await files.read('package.json'));
  if (!root) return folder;
  if (root.workspaces !== undefined || files.paths.includes('pnpm-workspace.yaml')) return '.';
  const needs = { ...own.dependencies, ...own.devDependencies };
  return runner in needs || (runner === 'node:test' && hasDependencies(own, false)) ? folder : '.';
}

function filesIn(files: ProjectFiles, folder: string): ProjectFiles {
  if (folder === '.') return files;
  const prefix = `${folder}/`;
  return {
    paths: files.paths.flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])),
    read: (path) => files.read(prefix + path),
  };
}

/** Manifests and lockfiles name the version of what they are of, which decides nothing. */
function withoutOwnVersions(written: Readonly<Record<string, string>>): unknown {
  return Object.entries(written).map(([path, text]) => {
    if (!path.endsWith('.json')) return [path, text];
    try {
      const content = z.looseObject({ packages: record }).parse(JSON.parse(text));
      const { version: _, ...rest } = content;
      const own = z.looseObject({}).safeParse(content.packages?.['']).data;
      const packages = own && { packages: { ...content.packages, '': { ...own, version: undefined } } };
      return [path, { ...rest, ...packages }];
    } catch {
      return [path, text];
    }
  });
}

async function wantedNode(files: ProjectFiles, root: Package | undefined): Promise<string | undefined> {
  for (const name of ['.nvmrc', '.node-version']) {
    const said = (await files.read(name))?.trim().replace(/^v/, '');
    if (said !== undefined && /^\d/.test(said)) return said;
  }
  const said = /^nodejs\s+(\d[\w.]*)/m.exec((await files.read('.tool-versions')) ?? '')?.[1];
  const pinned = root?.volta?.node ?? said;
  const engines = root?.engines?.node;
  return typeof pinned === 'string' ? pinned : typeof engines === 'string' ? engines : undefined;
}

function parsePackage(text: string | undefined): Package | undefined {
  try {
    return packageSchema.safeParse(JSON.parse((text ?? '').replace(/^\ufeff/, ''))).data;
  } catch {
    return undefined;
  }
}

async function workspaceManifests(files: ProjectFiles, root: Package): Promise<Map<string, Package>> {
  const found = new Map<string, Package>();
  if (root.workspaces === undefined && !files.paths.includes('pnpm-workspace.yaml')) return found;
  for (const path of files.paths) {
    if (
      !path.endsWith('/package.json') ||
      /(?:^|\/)(?:node_modules|fixtures?|test|tests|examples?)\//.test(path)
    )
      continue;
    const manifest = parsePackage(await files.read(path));
    if (manifest?.name !== undefined) found.set(path, manifest);
  }
  return found;
}

function hasDependencies(manifest: Package, locked: boolean): boolean {
  const { dependencies, devDependencies, optionalDependencies } = trimmed(manifest, locked);
  return [dependencies, devDependencies, optionalDependencies].some(
    (one) => one && Object.keys(one).length > 0,
  );
}

/**
 * What decides what is installed, and no more: with its scripts the manifest would build a project that is not there,
 * and with its version no two commits would share a set-up.
 */
function trimmed(manifest: Package, locked: boolean) {
  const {
    name,
    dependencies,
    devDependencies,
    optionalDependencies,
    peerDependencies,
    overrides,
    resolutions,
    workspaces,
  } = manifest;
  const left =
    devDependencies &&
    Object.fromEntries(Object.entries(devDependencies).filter(([one]) => locked || !isBesideTests(one)));
  return {
    ...(name !== undefined && { name }),
    version: locked ? manifest.version : '0.0.0',
    private: true,
    dependencies,
    devDependencies: left,
    optionalDependencies,
    peerDependencies,
    overrides,
    resolutions,
    workspaces,
    ...(manifest.pnpm !== undefined && { pnpm: manifest.pnpm }),
  };
}

/** Of a repository's `.npmrc` what decides what is installed; nothing that runs programs or sends secrets. */
function safeNpmrc(text: string | undefined): string {
  const kept = (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        /^(?:legacy-peer-deps|strict-peer-dep\w*|shamefully-hoist|hoist\b[\w-]*|node-linker|public-hoist-pattern(?:\[\])?|auto-install-peers)\s*=/.test(
          line,
        ) && !line.includes('${'),
    );
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`;
}

/** One way to install, and what it gives up. */
interface Way {
  commands: SetupCommand[];
  givesUp?: string;
}

const NO_SCRIPTS = 'the install scripts of dependencies were not run';
const NO_LOCK = 'the lockfile could not be kept to';

function waysFor(
  packageManager: 'npm' | 'pnpm' | 'yarn',
  written: Readonly<Record<string, string>>,
  day: string,
): Way[] {
  const run = (...argv: string[]): SetupCommand => ({
    argv,
    cwd: '{setup}/modules',
    env: {
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      CI: 'true',
      ADBLOCK: '1',
      DISABLE_OPENCOLLECTIVE: '1',
      HUSKY: '0',
      PUPPETEER_SKIP_DOWNLOAD: '1',
      PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
      YARN_NODE_LINKER: 'node-modules',
      YARN_ENABLE_TELEMETRY: '0',
    },
  });
  if (packageManager === 'pnpm') {
    const format = /^lockfileVersion:\s*'?(\d+)/m.exec(written['pnpm-lock.yaml'] ?? '')?.[1] ?? '9';
    const version = Number(format) >= 9 ? '9' : Number(format) >= 6 ? '8' : '7';
    const pnpm = (...args: string[]) =>
      run(
        'npm',
        'exec',
        '--yes',
        '--',
        `pnpm@${version}`,
        'install',
        '--store-dir=/tmp/pnpm',
        '--package-import-method=copy',
        ...args,
      );
    return [
      { commands: [pnpm('--frozen-lockfile')] },
      { commands: [pnpm('--frozen-lockfile', '--ignore-scripts')], givesUp: NO_SCRIPTS },
      { commands: [pnpm('--no-frozen-lockfile', '--ignore-scripts')], givesUp: NO_LOCK },
    ];
  }
  if (packageManager === 'yarn') {
    const isClassic = (written['yarn.lock'] ?? '').includes('# yarn lockfile v1');
    const yarn = (...args: string[]) =>
      run(
        'npm',
        'exec',
        '--yes',
        '--',
        isClassic ? 'yarn@1.22.22' : '@yarnpkg/cli-dist@4',
        'install',
        ...args,
      );
    const npm: Way = {
      commands: [run('npm', 'install', '--ignore-scripts', '--legacy-peer-deps')],
      givesUp: NO_LOCK,
    };
    return isClassic
      ? [
          { commands: [yarn('--frozen-lockfile', '--ignore-engines', '--non-interactive')] },
          {
            commands: [
              yarn('--frozen-lockfile', '--ignore-engines', '--ignore-scripts', '--non-interactive'),
            ],
            givesUp: NO_SCRIPTS,
          },
          npm,
        ]
      : [
          { commands: [yarn('--immutable')] },
          { commands: [yarn('--mode=skip-build')], givesUp: NO_SCRIPTS },
          npm,
        ];
  }
  if (day === '') {
    const npm = (...args: string[]) => [run('npm', 'ci', ...args)];
    return [
      { commands: npm() },
      { commands: npm('--ignore-scripts'), givesUp: NO_SCRIPTS },
      { commands: npm('--ignore-scripts', '--legacy-peer-deps'), givesUp: NO_SCRIPTS },
      { commands: [run('npm', 'install', '--ignore-scripts', '--legacy-peer-deps')], givesUp: NO_LOCK },
    ];
  }
  const npm = (...args: string[]) => [run('npm', 'install', '--no-package-lock', `--before=${day}`, ...args)];
  // A mirror knows when it first saw a version, and not when it came out: better today's than none.
  const today = [run('npm', 'install', '--no-package-lock', '--ignore-scripts', '--legacy-peer-deps')];
  return [
    { commands: npm() },
    { commands: npm('--ignore-scripts', '--legacy-peer-deps'), givesUp: NO_SCRIPTS },
    {
      commands: today,
      givesUp: `versions of ${day} could not be had; they are those of the day of the set-up`,
    },
  ];
}
