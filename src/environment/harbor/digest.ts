import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type IgnoreRules, parseGitignore } from './ignore-rules.ts';
import {
  asTaskError,
  fileIfAny,
  readTaskText,
  statIfAny,
  type TaskEntry,
  walkTaskFolder,
} from './task-files.ts';

/** What Harbor takes for no part of a task, unless the task has a .gitignore of its own. */
const IGNORED_BY_DEFAULT = ['__pycache__/', '*.pyc', '.DS_Store', '*.swp', '*.swo', '*~'].join('\n');

const SINGLE_FILES = new Set(['task.toml', 'instruction.md', 'README.md', 'trajectory.json']);
const FOLDERS = new Set(['environment', 'tests', 'solution', 'steps']);

const HARBOR_IGNORE = '.harborignore';
/** Where Harbor heeds a .harborignore. */
const IGNORE_SCOPE = /^(?:tests|solution|steps\/[^/]+\/(?:tests|solution))(?:\/|$)/;

/**
 * The digest of a task's folder, as datasets pin it: `sha256:` and the hash of a line `<path>\0<sha256 of content>`
 * for each of its files, in the order of their paths. That is how Harbor 0.26 has it (`harbor/publisher/packager.py`):
 * modes and empty folders do not count, and a link counts as the file that it leads to.
 *
 * @throws HarborTaskError
 */
export async function taskDigest(folder: string): Promise<string> {
  const root = await realpath(folder).catch((error) => {
    throw asTaskError(error, folder);
  });
  const entries = await walkTaskFolder(root);
  const out = await harborIgnored(root, entries);
  const gitignore = await fileIfAny(join(root, '.gitignore'));
  const rules = parseGitignore(
    gitignore === undefined ? IGNORED_BY_DEFAULT : await readTaskText(gitignore),
    'basic',
  );
  const digest = createHash('sha256');
  for (const { path, kind } of entries) {
    const [first] = path.split('/');
    const counted = path === first ? SINGLE_FILES.has(path) : FOLDERS.has(first!);
    if (!counted || kind === 'folder' || out.has(path) || rules(path, false) === 'out') continue;
    const file = join(root, path);
    if (kind === 'link' && !(await statIfAny(file))?.isFile()) continue;
    digest.update(`${path}\0${await fileHash(file)}\n`);
  }
  return `sha256:${digest.digest('hex')}`;
}

/**
 * The paths that .harborignore files keep from the container: Harbor hands over neither the tests nor the solution
 * whole where such a file is among them.
 *
 * @param entries all that is in `root`
 * @returns some of the entries' paths
 * @throws HarborTaskError
 */
export async function harborIgnored(root: string, entries: readonly TaskEntry[]): Promise<Set<string>> {
  const rules: { folder: string; says: IgnoreRules }[] = [];
  for (const { path } of entries) {
    if (!path.endsWith(`/${HARBOR_IGNORE}`) || !IGNORE_SCOPE.test(path)) continue;
    const says = parseGitignore(await readTaskText(join(root, path)), 'like git');
    rules.push({ folder: path.slice(0, -HARBOR_IGNORE.length), says });
  }
  // Those nearest to a file are the last to speak.
  rules.sort((a, b) => a.folder.length - b.folder.length);
  const folders = new Set(entries.filter(({ kind }) => kind === 'folder').map(({ path }) => path));
  const isOut = (path: string) => {
    if (path.split('/').at(-1) === HARBOR_IGNORE) return true;
    const names = path.split('/');
    return names.some((_, index) => {
      const prefix = names.slice(0, index + 1).join('/');
      let verdict: ReturnType<IgnoreRules>;
      for (const { folder, says } of rules) {
        if (!prefix.startsWith(folder) || prefix === folder) continue;
        verdict = says(prefix.slice(folder.length), prefix !== path || folders.has(path)) ?? verdict;
      }
      return verdict === 'out';
    });
  };
  const out = new Set<string>();
  for (const { path, kind } of entries) {
    const target = kind === 'link' ? await targetOf(root, path) : undefined;
    if (isOut(path) || (target !== undefined && isOut(target))) out.add(path);
  }
  return out;
}

async function targetOf(root: string, link: string): Promise<string | undefined> {
  const target = await realpath(join(root, link)).catch(() => undefined);
  return target === undefined ? undefined : relative(root, target).split(sep).join('/');
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw asTaskError(error, path);
  }
  return hash.digest('hex');
}
