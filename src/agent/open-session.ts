import { type Dirent, existsSync, globSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import picomatch from 'picomatch';
import {
  type Config,
  listWorktrees,
  loadConfig,
  loadProjectConfig,
  type ProjectConfig,
  rememberedRules,
  rememberRules,
  type Trust,
  trustOf,
  type Worktree,
} from '../config/index.ts';
import { identityEnvironment, resolveCommit, sharedGitDir } from '../git/index.ts';
import { openSandbox, type Sandbox, type SandboxName } from '../sandbox/index.ts';
import { Checkpoints, openSnapshots } from './checkpoints.ts';
import { Hooks } from './hooks.ts';
import { Gate } from './permission/gate.ts';
import type { Mode } from './permission/mode.ts';
import { PROTECTED_NAMES } from './permission/protected.ts';
import { isAllowedHost, matchesHost, parseRule, type Rule, type RuleOutcome } from './permission/rule.ts';
import type { Person } from './person.ts';
import { Session } from './session.ts';
import { workspaceAround } from './workspace-around.ts';
import { createWorktree, worktreeEnvironment } from './worktree.ts';

export interface OpenSessionOptions {
  folder: string;
  /** The thread: its checkpoints have an index of their own. */
  thread: string;
  mode?: Mode;
  sandbox?: SandboxName;
  person?: Person;
  /** Work in a worktree of this name, made now or before. */
  worktree?: string;
  /** Told what the set-up of a worktree prints. */
  say?: (text: string) => void;
}

/** A session with what it was made from. */
export interface OpenSession {
  session: Session;
  sandbox: Sandbox;
  config: Config;
  /** The repository's own configuration; empty unless the folder is trusted. */
  project: ProjectConfig;
  trust: Trust;
  /** The repository: the workspace itself, or the one that the worktree belongs to. */
  origin: string;
  root: string;
  cwd: string;
  /** The commit that the workspace is at. */
  head?: string;
  /** The name by which the person commits there. */
  personName?: string;
  mode: Mode;
  /** What the person should know of the opening. */
  notes: string[];
  dispose(): Promise<void>;
}

/**
 * Opens a session in a folder as the person, and the repository where they trust it, have configured it.
 *
 * @throws NoSuchFolderError @throws ConfigError @throws RuleError @throws SandboxUnavailableError
 */
export async function openSession(options: OpenSessionOptions): Promise<OpenSession> {
  const here = workspaceAround(options.folder);
  const known = await listWorktrees();
  // A worktree is as its repository: trusted with it, configured by it.
  const origin = known.find(({ path }) => path === here.root)?.root ?? here.root;
  const [config, trust] = await Promise.all([loadConfig(), trustOf(origin)]);
  const project = trust === 'trusted' ? await loadProjectConfig(origin) : {};
  const { worktree, notes } = await worktreeFor(options, origin, project, known);
  const { root, cwd } = worktree ? { root: worktree.path, cwd: worktree.path } : here;
  const own = worktree ?? known.find(({ path }) => path === root);
  const [shared, identity, head] = await Promise.all([
    sharedGitDir(root),
    here.isRepository ? identityEnvironment(root) : ({} as Record<string, string>),
    here.isRepository ? resolveCommit({ path: root }, 'HEAD').catch(() => undefined) : undefined,
  ]);
  // A repository that nobody has vouched for gets nothing done without being looked at.
  const mode = options.mode ?? (trust === 'trusted' ? (project.mode ?? config.mode ?? 'auto') : 'manual');
  const name = options.sandbox ?? config.sandbox ?? 'workspace-write';
  const files = filesystemOf([config, project], root);
  const isFree = mode === 'bypass';
  const allowedHosts = [config, project].flatMap(({ network }) => network?.allowedDomains ?? []);
  const deniedHosts = [config, project].flatMap(({ network }) => network?.deniedDomains ?? []);
  const sandbox = await openSandbox(name, {
    root,
    cwd,
    ...files,
    allowWrite: [...files.allowWrite, ...(shared === undefined ? [] : [shared])],
    denyWrite: [...files.denyWrite, ...(isFree ? [] : guarded(root, shared))],
    // With such a file git takes its configuration from elsewhere; no repository has one, but a worktree's part of it.
    denyNew: isFree ? [] : [join(shared ?? join(root, '.git'), 'commondir')],
    env: { ...identity, ...(own && worktreeEnvironment(own)) },
    ...(allowedHosts.length > 0 && {
      network: {
        allows: (host: string) =>
          isAllowedHost(allowedHosts, host) && !deniedHosts.some((pattern) => matchesHost(pattern, host)),
      },
    }),
    ...(config.passEnv && { passEnv: config.passEnv }),
  });
  const gate = new Gate({
    ...{ mode, root, cwd },
    rules: await rulesFor([config, project], origin),
    isContained: name !== 'danger-full-access',
    ...{ allowedHosts, deniedHosts },
    keep: (scope, outcome, rules) =>
      rememberRules(
        rules.map((text) => ({ scope, outcome, text, ...(scope === 'project' && { project: origin }) })),
      ),
  });
  const session = new Session({
    gate,
    project: origin,
    ...(options.person && { person: options.person }),
    hooks: new Hooks(
      [config, project].flatMap(({ hooks }) => hooks ?? []),
      root,
      config.passEnv,
    ),
    checkpoints: new Checkpoints(() => openSnapshots(root, options.thread)),
  });
  const dispose = () => sandbox.dispose();
  return {
    ...{ session, sandbox, config, project, trust, origin, root, cwd, mode, notes, dispose },
    ...(head !== undefined && { head }),
    ...(identity.GIT_AUTHOR_NAME !== undefined && { personName: identity.GIT_AUTHOR_NAME }),
  };
}

/** The worktree that is asked for: the one of that name, or a new one. */
async function worktreeFor(
  { worktree: name, say = () => {} }: OpenSessionOptions,
  origin: string,
  project: ProjectConfig,
  known: readonly Worktree[],
): Promise<{ worktree?: Worktree; notes: string[] }> {
  if (name === undefined) return { notes: [] };
  const there = known.find((one) => one.name === name && one.root === origin && existsSync(one.path));
  if (there) return { worktree: there, notes: [`goes on in the worktree ${there.path}`] };
  const { worktree, copied, problem } = await createWorktree(origin, name, project.worktree ?? {}, say);
  const notes = [`works in the new worktree ${worktree.path} on ${worktree.branch}`];
  if (copied.length > 0) notes.push(`copied into it: ${copied.join(', ')}`);
  if (problem !== undefined) notes.push(`its set-up failed: ${problem}`);
  return { worktree, notes };
}

type Settings = Pick<ProjectConfig, 'permissions' | 'filesystem'>;

/** @throws RuleError */
async function rulesFor([config, project]: readonly [Settings, Settings], root: string): Promise<Rule[]> {
  const rules: Rule[] = [];
  const add = (outcome: RuleOutcome, texts: readonly string[] = [], source: string) => {
    for (const text of texts) rules.push(parseRule(outcome, text, source));
  };
  for (const [settings, source] of [
    [config, 'your configuration'],
    [project, '.kino/config.json'],
  ] as const) {
    for (const outcome of ['allow', 'ask', 'deny'] as const)
      add(outcome, settings.permissions?.[outcome], source);
    add(
      'deny',
      settings.filesystem?.denyRead?.map((path) => `read(${path})`),
      `filesystem.denyRead of ${source}`,
    );
    for (const list of ['denyRead', 'denyWrite'] as const) {
      add(
        'deny',
        settings.filesystem?.[list]?.map((path) => `edit(${path})`),
        `filesystem.${list} of ${source}`,
      );
    }
  }
  for (const { scope, project: of, outcome, text } of await rememberedRules()) {
    if (scope === 'user') add(outcome, [text], 'your rules');
    else if (of === root) add(outcome, [text], 'your rules for this project');
  }
  return rules;
}

/** The paths of the file system rules as they are now: absolute, patterns expanded. */
function filesystemOf(settings: readonly Settings[], root: string) {
  const expand = (list: 'denyRead' | 'allowRead' | 'allowWrite' | 'denyWrite') =>
    settings
      .flatMap(({ filesystem }) => filesystem?.[list] ?? [])
      .flatMap((path) => (list.startsWith('deny') ? deniedPaths(path, root) : pathsOf(path, root)));
  return {
    denyRead: expand('denyRead'),
    allowRead: expand('allowRead'),
    allowWrite: expand('allowWrite'),
    denyWrite: expand('denyWrite'),
  };
}

function pathsOf(pattern: string, root: string): string[] {
  const path = pattern === '~' || pattern.startsWith('~/') ? join(homedir(), pattern.slice(1)) : pattern;
  if (!isPattern(path)) return [isAbsolute(path) ? path : join(root, path)];
  const glob = path.includes('/') ? path : `**/${path}`;
  return globSync(glob, { cwd: root, exclude: (name) => /(?:^|\/)(?:node_modules|\.git)$/.test(name) }).map(
    (found) => (isAbsolute(found) ? found : join(root, found)),
  );
}

const isPattern = (path: string) => /[*?[{]/.test(path);

/** What a deny rule of the same words means: a name without a slash anywhere, and hidden folders as well. */
function deniedPaths(pattern: string, root: string): string[] {
  if (isAbsolute(pattern) || pattern.startsWith('~')) return pathsOf(pattern, root);
  const wanted = pattern.replace(/^\.\/|(?<=.)\/$/g, '');
  if (!isPattern(wanted) && wanted.includes('/')) return [join(root, wanted)];
  const isDenied = picomatch(wanted.includes('/') ? wanted : `**/${wanted}`, { dot: true, flags: 'is' });
  const found: string[] = [];
  const look = (folder: string) => {
    for (const entry of entriesOf(join(root, folder))) {
      const path = join(folder, entry.name);
      if (isDenied(path)) found.push(join(root, path));
      else if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') look(path);
    }
  };
  look('');
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** What runs or is obeyed outside the sandbox stays as it is inside it. Commits must work, so git keeps its objects. */
function guarded(root: string, shared: string | undefined): string[] {
  const gitDir = shared ?? join(root, '.git');
  const names = PROTECTED_NAMES.filter((name) => name !== '.git').map((name) => join(root, name));
  // The `.git` of a linked worktree or a submodule is a file that says where the repository is.
  const isLink = statSync(join(root, '.git'), { throwIfNoEntry: false })?.isFile() ?? false;
  const link = isLink ? [join(root, '.git')] : [];
  const worktrees = entriesOf(join(gitDir, 'worktrees')).flatMap(({ name }) =>
    ['commondir', 'gitdir', 'config.worktree'].map((file) => join(gitDir, 'worktrees', name, file)),
  );
  const own = ['hooks', 'config', 'config.worktree'].map((name) => join(gitDir, name));
  return [...own, ...worktrees, ...link, ...names];
}
