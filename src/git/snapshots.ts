import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { GitError } from './errors.ts';
import { git, gitBytes } from './git.ts';
import {
  fileOf,
  literalPattern,
  rightsFor,
  SETTINGS,
  type SnapshotChange,
  type SnapshotFile,
  same,
} from './snapshot-file.ts';

/** Not worth keeping in any folder, wherever no .gitignore says so. */
const HEAPS = ['node_modules/', '.venv/', 'venv/', '__pycache__/', '.DS_Store', '*.kino'];
/** Files larger than this are left out: what they hold is data, and each copy costs as much again. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Bytes are kept as they are: no line ends, filters or encodings of a repository's attributes apply. */
const RAW_ATTRIBUTES = '* -text -eol -filter -ident -working-tree-encoding -export-subst\n';
/** Indexes of threads that nobody has gone on with for so long go. */
const MAX_INDEX_AGE_MS = 30 * 24 * 60 * 60 * 1000;
/** The exit code of `git add --ignore-errors` that could not add some files; 128 where it could add none. */
const SOME_LEFT_OUT = 1;
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * Snapshots of a folder as git trees, in a git directory of their own: the repository of the folder, its index and its
 * stash are never touched, and a folder without a repository will do. Files that are ignored are not in them unless
 * they are named.
 */
export class Snapshots {
  readonly root: string;
  readonly #gitDir: string;
  readonly #index: string;
  readonly #named = new Set<string>();
  /** The tree that the index holds, empty for one not yet written; undefined where repositories may be in it. */
  #last: string | undefined;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(root: string, gitDir: string, index: string) {
    this.root = root;
    this.#gitDir = gitDir;
    this.#index = index;
  }

  /**
   * @param root the folder, absolute
   * @param storage where snapshots of all folders are kept; the folder around it is Kino's own and in no snapshot
   * @param name of the index: one for each that takes snapshots at the same time
   * @throws GitError @throws GitMissingError
   */
  static async open(root: string, storage: string, name: string): Promise<Snapshots> {
    const real = await realpath(root);
    const gitDir = join(storage, createHash('sha256').update(real).digest('hex').slice(0, 24));
    const isNew = await lstat(join(gitDir, 'HEAD')).then(
      () => false,
      () => true,
    );
    if (isNew) {
      await mkdir(gitDir, { recursive: true, mode: 0o700 });
      await git(gitDir, ['init', '--quiet', '--bare', '--template=', '.'], { alone: true });
    }
    const snapshots = new Snapshots(real, gitDir, join(gitDir, `index-${name}`));
    await snapshots.#prepare();
    return snapshots;
  }

  async #prepare(): Promise<void> {
    const info = join(this.#gitDir, 'info');
    await mkdir(info, { recursive: true });
    await mkdir(join(this.#gitDir, 'objects', 'info'), { recursive: true });
    await writeFile(join(info, 'attributes'), RAW_ATTRIBUTES);
    await writeFile(join(this.#gitDir, 'folder'), `${this.root}\n`);
    const own = await this.#ownRepository();
    const excluded =
      own === undefined ? '' : await readFile(join(own.common, 'info', 'exclude'), 'utf8').catch(() => '');
    const patterns = [
      ...(own === undefined ? HEAPS : ['*.kino']),
      ...excluded.split('\n'),
      ...(await this.#ownFolder()),
    ];
    await writeFile(join(info, 'exclude'), `${patterns.join('\n')}\n`);
    if (own !== undefined) {
      // What the repository holds already need not be held twice.
      await writeFile(
        join(this.#gitDir, 'objects', 'info', 'alternates'),
        `${join(own.common, 'objects')}\n`,
      );
    }
    await this.#seed().catch(() => {});
    await this.#dropRepositories();
    this.#last = '';
    const large = await this.#tooLarge();
    await writeFile(join(info, 'exclude'), `${[...patterns, ...large.map(literalPattern)].join('\n')}\n`);
  }

  /** Snapshots that held those before them would double each time. */
  async #ownFolder(): Promise<string[]> {
    const storage = dirname(await realpath(this.#gitDir));
    const inside = [dirname(storage), storage].find((folder) => folder.startsWith(`${this.root}${sep}`));
    return inside === undefined ? [] : [`${literalPattern(relative(this.root, inside))}/`];
  }

  async #ownRepository(): Promise<{ common: string } | undefined> {
    try {
      const said = await git(this.root, [
        'rev-parse',
        '--path-format=absolute',
        '--git-common-dir',
        '--show-toplevel',
      ]);
      const [common = '', top = ''] = said.split('\n');
      return (await realpath(top)) === this.root ? { common } : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Starts from the newest index of an earlier thread, which knows what has not changed since. The repository's own index
   * will not do: what it says of a file is true of what its attributes and settings make of it.
   */
  async #seed(): Promise<void> {
    const indexes: { path: string; found: Stats }[] = [];
    for (const name of await readdir(this.#gitDir)) {
      const path = join(this.#gitDir, name);
      if (!name.startsWith('index-') || name.endsWith('.lock') || path === this.#index) continue;
      const found = await stat(path);
      if (Date.now() - found.mtimeMs > MAX_INDEX_AGE_MS) await rm(path, { force: true });
      else indexes.push({ path, found });
    }
    const newest = indexes.sort((a, b) => b.found.mtimeMs - a.found.mtimeMs)[0];
    if (!newest || (await lstat(this.#index).catch(() => undefined))) return;
    await copyFile(newest.path, this.#index, constants.COPYFILE_FICLONE);
    // Git looks closer at files as young as their index; a copy that is younger would hide their changes.
    await utimes(this.#index, newest.found.atime, newest.found.mtime);
    const isReadable = await this.#git(['ls-files', '-z', '--', '.nothing-is-called-so']).then(
      () => true,
      () => false,
    );
    if (!isReadable) await rm(this.#index, { force: true });
  }

  async #tooLarge(): Promise<string[]> {
    const listed = (await this.#git(['ls-files', '-oz', '--exclude-standard']))
      .split('\0')
      .filter((path) => path !== '');
    const large: string[] = [];
    for (const path of listed) {
      const found = await lstat(join(this.root, path)).catch(() => undefined);
      // A repository inside ends with a slash; git would keep no more of it than a commit's id.
      if (path.endsWith('/') || (found && found.size > MAX_FILE_BYTES)) large.push(path);
    }
    return large;
  }

  #environment(extra: Record<string, string> = {}): Record<string, string> {
    return { GIT_DIR: this.#gitDir, GIT_WORK_TREE: this.root, GIT_INDEX_FILE: this.#index, ...extra };
  }

  #git(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<string> {
    return git(this.root, [...SETTINGS, ...args], { alone: true, env: this.#environment(env), input });
  }

  /**
   * Ignored files that snapshots are to hold nevertheless, because they are about to be changed.
   *
   * @param path relative to the folder, or absolute in it
   */
  name(path: string): void {
    const inside = isAbsolute(path) ? relative(this.root, path) : path;
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`)) this.#named.add(inside);
  }

  /** @returns the id of the tree; one at a time */
  take(): Promise<string> {
    const taken = this.#work.then(() => this.#take());
    this.#work = taken.catch(() => {});
    return taken;
  }

  async #take(): Promise<string> {
    // A process that was killed leaves its lock; nobody else uses this index.
    await rm(`${this.#index}.lock`, { force: true });
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) await this.#dropRepositories();
    await this.#git(['add', '--all', '--ignore-errors', '--', '.']).catch((error: unknown) => {
      // Files that cannot be read (no permission) are left out; the others are in the index. Git that was killed has
      // put none there: such a tree would pass the person's work for the agent's.
      if (!(error instanceof GitError) || error.exitCode !== SOME_LEFT_OUT) throw error;
    });
    if (this.#named.size > 0) {
      const input = (await this.#namedFiles()).map((path) => `${path}\0`).join('');
      await this.#git(['update-index', '--add', '--remove', '-z', '--stdin'], {}, input).catch(
        (error: unknown) => {
          if (!(error instanceof GitError) || error.exitCode === null) throw error;
        },
      );
    }
    let tree = await this.#git(['write-tree']);
    if (!last || (tree !== last && (await this.#hasNewRepository(last, tree)))) {
      await this.#dropRepositories();
      tree = await this.#git(['write-tree']);
    }
    this.#last = tree;
    return tree;
  }

  /** Of the files that were named those that git can take: one that it cannot would cost the others. */
  async #namedFiles(): Promise<string[]> {
    const files: string[] = [];
    for (const path of this.#named) {
      const found = await lstat(join(this.root, path)).catch(() => undefined);
      const isPlain = !found || found.isFile() || found.isSymbolicLink();
      if (isPlain && (await this.#standsInFolders(path))) files.push(path);
    }
    return files;
  }

  /** Whether all on the way to a path are folders, as far as they are there: no link, no file. */
  async #standsInFolders(path: string): Promise<boolean> {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      const found = await lstat(join(this.root, folder)).catch(() => undefined);
      if (found && !found.isDirectory()) return false;
    }
    return true;
  }

  async #hasNewRepository(before: string, after: string): Promise<boolean> {
    const fields = (await this.#git(['diff-tree', '-r', '-z', '--no-renames', before, after])).split('\0');
    return fields.some((field) => /^:\d+ 160000 /.test(field));
  }

  /**
   * Takes repositories inside the folder out of the index. Git would look into those that it knows, and obey their
   * configuration, which whoever works in the folder may write.
   */
  async #dropRepositories(): Promise<void> {
    const listed = await this.#git(['ls-files', '--stage', '-z']);
    const found = listed.split('\0').filter((entry) => entry.startsWith('160000 '));
    if (found.length === 0) return;
    const input = found.map((entry) => `${entry.slice(entry.indexOf('\t') + 1)}\0`).join('');
    await this.#git(['update-index', '--force-remove', '-z', '--stdin'], {}, input);
  }

  /** What differs between two trees, in git's order. */
  async changes(before: string, after: string): Promise<SnapshotChange[]> {
    const fields = (await this.#git(['diff-tree', '-r', '-z', '--no-renames', before, after])).split('\0');
    const found: SnapshotChange[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [modeBefore = '', modeAfter = '', blobBefore = '', blobAfter = ''] =
        fields[at]!.slice(1).split(' ');
      found.push({
        path: fields[at + 1]!,
        before: fileOf(modeBefore, blobBefore),
        after: fileOf(modeAfter, blobAfter),
      });
    }
    return found;
  }

  /**
   * What git's diff says of a snapshot against one of another folder. Both repositories may hold objects that the other
   * has not.
   *
   * @param args of `git diff`
   */
  diff(args: readonly string[], tree: string, other: Snapshots, otherTree: string): Promise<string> {
    const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(other.#gitDir, 'objects') };
    return this.#git([...args, tree, otherTree, '--'], env);
  }

  /** The content of a file of a snapshot. */
  content(blob: string): Promise<Buffer> {
    return gitBytes(this.root, ['cat-file', 'blob', blob], { alone: true, env: this.#environment() });
  }

  /**
   * Takes changes back, each only where the file still is as the change left it.
   *
   * @param current the tree as the folder is now
   * @returns the paths that were restored, and those that were left alone, each with the reason
   */
  async revert(
    changes: readonly SnapshotChange[],
    current: string,
  ): Promise<{ restored: string[]; kept: { path: string; reason: string }[] }> {
    const now = new Map(
      (await this.changes(EMPTY_TREE, current).catch(() => [])).map(({ path, after }) => [path, after]),
    );
    const restored: string[] = [];
    const kept: { path: string; reason: string }[] = [];
    // What is to go goes first: a file cannot come back where a folder is, nor a folder where a file is.
    const inOrder = [...changes].sort((a, b) => Number(a.before !== null) - Number(b.before !== null));
    for (const { path, before, after } of inOrder) {
      const found = now.get(path) ?? null;
      if (same(found, before)) continue;
      if (!same(found, after)) {
        kept.push({ path, reason: found ? 'it was changed since' : 'it was deleted since' });
        continue;
      }
      try {
        if (before) await this.#write(path, before);
        else await this.#remove(path);
        restored.push(path);
      } catch (error) {
        kept.push({
          path,
          reason: `it cannot be written (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
        });
      }
    }
    return { restored, kept };
  }

  async #write(path: string, { mode, blob }: SnapshotFile): Promise<void> {
    const target = join(this.root, path);
    await this.#mustStandInFolders(path);
    await mkdir(dirname(target), { recursive: true });
    const temporary = join(dirname(target), `.${basename(target).slice(0, 40)}.${process.pid}.kino`);
    const content = await this.content(blob);
    try {
      if (mode === '120000') await symlink(content.toString('utf8'), temporary);
      else {
        await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
        await chmod(temporary, rightsFor(mode, await lstat(target).catch(() => undefined)));
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #remove(path: string): Promise<void> {
    const target = join(this.root, path);
    await this.#mustStandInFolders(path);
    await rm(target);
    // Folders that the change had made are empty now; any other is not, and stays.
    for (let folder = dirname(target); folder !== this.root; folder = dirname(folder)) {
      if (
        !(await rmdir(folder).then(
          () => true,
          () => false,
        ))
      )
        break;
    }
  }

  /** A folder on the way may have become a link, which leads out of the workspace or into `.git`. */
  async #mustStandInFolders(path: string): Promise<void> {
    if (!(await this.#standsInFolders(path))) throw new Error('a link or a file stands in its way');
  }
}
