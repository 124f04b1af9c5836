import { join } from 'node:path';
import { git, openRepository, resolveCommit, workTreeEnvironment } from '../git/index.ts';
import { WorkspaceFiles } from '../sandbox/index.ts';
import { type FileDiff, identify, readDiff } from './diff.ts';
import { type SlopKind, slopAmong } from './slop.ts';
import { type Tour, tourOf } from './tour.ts';

/** A change to be reviewed. */
export interface Change {
  /** What it is compared with. */
  base: string;
  /** Where it ends; absent for the files as they are. */
  head?: string;
  files: FileDiff[];
  tour: Tour;
  /** What it adds of each kind of slop, less what it takes away. */
  slop: Record<SlopKind, number>;
}

/** How a diff is asked for, whatever is configured. */
export const DIFF = [
  ...['-c', 'core.quotePath=true', 'diff', '--no-ext-diff', '--no-textconv', '--no-color'],
  // A repository inside has a configuration of its own, which nobody guards.
  ...[
    '--ignore-submodules=dirty',
    '--submodule=short',
    '--find-renames',
    '--unified=3',
    '--src-prefix=a/',
    '--dst-prefix=b/',
  ],
];
/** Longer files that git does not know are named and not read. */
const MAX_NEW = 2 * 1024 * 1024;
/** Of changed files the text is read up to this, for what they import. */
const MAX_READ = 4_000;

/**
 * Collects a change of a repository: between two commits, or from a commit to the files as they are, those that git does
 * not know yet included. Nothing is written into the repository.
 *
 * @throws NotARepositoryError @throws NoSuchCommitError where a commit is not there @throws GitError
 */
export async function changeOf(root: string, base: string, head?: string): Promise<Change> {
  // By its id: a name may be one that git takes for an option.
  await openRepository(root);
  const [from, to] = await Promise.all([
    resolveCommit({ path: root }, base),
    head === undefined ? undefined : resolveCommit({ path: root }, head),
  ]);
  const env = to === undefined ? await workTreeEnvironment(root) : {};
  const files = readDiff(await git(root, [...DIFF, from, ...(to === undefined ? [] : [to]), '--'], { env }));
  if (head === undefined) files.push(...(await newFiles(root)));
  const texts = new Map<string, string | undefined>();
  const readable = files.filter(({ status, binary }) => status !== 'deleted' && !binary).slice(0, MAX_READ);
  // Processes are started a few at a time; files are only read.
  const batch = head === undefined ? 64 : 8;
  for (let at = 0; at < readable.length; at += batch)
    await Promise.all(
      readable.slice(at, at + batch).map(async ({ path }) => texts.set(path, await textAt(root, path, to))),
    );
  const { findings, delta } = await slopAmong(files, {
    ...{ root, base: from, head: to },
    textOf: async (path) => texts.get(path) ?? textAt(root, path, to),
  });
  return {
    ...{ base, files },
    ...(head !== undefined && { head }),
    tour: tourOf(files, (path) => texts.get(path), findings),
    slop: delta,
  };
}

/** What a change does to one file as it is now; undefined where it does nothing to it. @throws GitError */
export async function changeOfFile(root: string, base: string, path: string): Promise<FileDiff | undefined> {
  // Of one name alone git could not tell a move from a new file.
  const changed = readDiff(
    await git(root, [...DIFF, '--end-of-options', base, '--'], { env: await workTreeEnvironment(root) }),
  );
  return (
    changed.find((file) => file.path === path) ??
    (await newFiles(root, path)).find((file) => file.path === path)
  );
}

async function textAt(root: string, path: string, head: string | undefined): Promise<string | undefined> {
  if (head !== undefined) return git(root, ['show', `${head}:${path}`]).catch(() => undefined);
  // A link of a hostile workspace leads nowhere, and a pipe is not waited for.
  const content = await new WorkspaceFiles(root).read(join(root, path)).catch(() => undefined);
  return content?.toString('utf8');
}

/** Files that git does not know, as if they were added. @param only one of them */
async function newFiles(root: string, only?: string): Promise<FileDiff[]> {
  const names = await git(root, [
    '-c',
    'core.fsmonitor=false',
    'ls-files',
    '--others',
    '--exclude-standard',
    '-z',
    ...(only === undefined ? [] : ['--', `:(literal,top)${only}`]),
  ]);
  const found: FileDiff[] = [];
  for (const path of names.split('\0').filter(Boolean).sort()) {
    // What was made for the person to review is reviewed as that.
    if (path.startsWith('.kino/artifacts/')) continue;
    const text = await textAt(root, path, undefined);
    const isText = text !== undefined && text.length <= MAX_NEW && !text.includes('\0');
    const lines = isText && text !== '' ? text.replace(/\n$/, '').split('\n') : [];
    const added = lines.map((line, at) => ({ kind: 'added', text: line, new: at + 1 }) as const);
    const file: FileDiff = {
      ...{ path, status: 'added', binary: !isText, added: lines.length, removed: 0 },
      hunks: added.length > 0 ? [{ id: '', heading: '', lines: added }] : [],
    };
    identify(file);
    found.push(file);
  }
  return found;
}
