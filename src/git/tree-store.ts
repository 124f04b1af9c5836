import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './errors.ts';
import { git, gitBytes } from './git.ts';
import { type Repository, storageOf } from './repository.ts';

/** An entry of a tree: a file, an executable, a link or a submodule. */
export interface TreeEntry {
  mode: string;
  blob: string;
}

/** Trees by path. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** Bytes are kept as they are: no line ends, filters or encodings of a repository's attributes apply. */
const RAW_ATTRIBUTES = '* -text -eol -filter -ident -working-tree-encoding -export-subst\n';
const SETTINGS = [
  'core.autocrlf=false',
  'core.safecrlf=false',
  'core.looseCompression=0',
  'core.untrackedCache=false',
  'core.fileMode=true',
  'core.symlinks=true',
  'core.protectNTFS=false',
  'advice.addEmbeddedRepo=false',
  'index.threads=1',
].flatMap((setting) => ['-c', setting]);

/**
 * Reads, composes, writes out and takes in trees of a repository, in a git directory of its own that borrows the
 * repository's objects: nothing is ever written into the repository, and none of its attributes and filters apply.
 */
export class TreeStore {
  readonly #gitDir: string;
  readonly #lists = new RecentlyUsed<Tree>(24);
  readonly #blobs = new RecentlyUsed<Buffer>(200);

  private constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  /**
   * @param folder where the store is kept; made where it is not there
   * @throws GitError @throws GitMissingError
   */
  static async open(repository: Repository, folder: string): Promise<TreeStore> {
    const isNew = await lstat(join(folder, 'info', 'attributes')).then(
      () => false,
      () => true,
    );
    if (isNew) {
      const format = await git(repository.path, ['rev-parse', '--show-object-format']);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await git(folder, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '.'], {
        alone: true,
      });
      await mkdir(join(folder, 'info'), { recursive: true });
    }
    const [, common] = await storageOf(repository);
    await mkdir(join(folder, 'objects', 'info'), { recursive: true });
    await writeFile(join(folder, 'objects', 'info', 'alternates'), `${join(common!, 'objects')}\n`);
    if (isNew) await writeFile(join(folder, 'info', 'attributes'), RAW_ATTRIBUTES);
    return new TreeStore(folder);
  }

  #run(
    args: readonly string[],
    options: { env?: Record<string, string>; input?: string | Buffer; cwd?: string } = {},
  ): Promise<string> {
    const { cwd = this.#gitDir, env = {}, input } = options;
    return git(cwd, [...SETTINGS, ...args], {
      alone: true,
      env: { GIT_DIR: this.#gitDir, ...env },
      ...(input !== undefined && { input }),
    });
  }

  /** Does something with an index that nobody else uses. */
  async #withIndex<T>(work: (env: Record<string, string>) => Promise<T>): Promise<T> {
    const index = join(this.#gitDir, `index-${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      return await work({ GIT_INDEX_FILE: index });
    } finally {
      await rm(index, { force: true });
    }
  }

  /**
   * Every entry of a commit's or a tree's tree. Paths that are no UTF-8 hold the replacement character.
   *
   * @param treeish an id: what it names never changes
   */
  list(treeish: string): Promise<Tree> {
    return this.#lists.get(treeish, () => this.#list(treeish));
  }

  async #list(treeish: string): Promise<Tree> {
    const output = await this.#run(['ls-tree', '-r', '-z', '--full-tree', treeish]);
    const tree = new Map<string, TreeEntry>();
    for (const entry of output.split('\0')) {
      const tab = entry.indexOf('\t');
      if (tab === -1) continue;
      const [mode = '', , blob = ''] = entry.slice(0, tab).split(' ');
      tree.set(entry.slice(tab + 1), { mode, blob });
    }
    return tree;
  }

  /** @returns the id of a tree that is another with some paths changed; null takes a path away */
  change(treeish: string, changes: ReadonlyMap<string, TreeEntry | null>): Promise<string> {
    return this.#withIndex(async (env) => {
      await this.#run(['read-tree', treeish], { env });
      // What is to go goes first: a file cannot come where a folder is, nor a folder where a file is.
      const inOrder = [...changes].sort(([, a], [, b]) => Number(a !== null) - Number(b !== null));
      const nothing = '0'.repeat(40);
      const input = inOrder
        .map(
          ([path, entry]) => `${entry === null ? `0 ${nothing}` : `${entry.mode} ${entry.blob}`}\t${path}\0`,
        )
        .join('');
      await this.#run(['update-index', '--replace', '-z', '--index-info'], { env, input });
      return this.#run(['write-tree', '--missing-ok'], { env });
    });
  }

  /** @returns the id of the content */
  writeBlob(content: string | Buffer): Promise<string> {
    return this.#run(['hash-object', '-w', '--stdin'], { input: content });
  }

  /** @throws GitError where there is no such content */
  readBlob(blob: string): Promise<Buffer> {
    return this.#blobs.get(blob, () =>
      gitBytes(this.#gitDir, ['cat-file', 'blob', blob], { alone: true, env: { GIT_DIR: this.#gitDir } }),
    );
  }

  /** Writes the files of a tree into an empty folder; submodules are left out. */
  checkOut(treeish: string, folder: string): Promise<void> {
    return this.#withIndex(async (env) => {
      await this.#run(['read-tree', treeish], { env });
      await this.#run(['checkout-index', '--all', '--force', '--quiet'], {
        env: { ...env, GIT_WORK_TREE: folder },
        cwd: folder,
      }).catch((error: unknown) => {
        // Some content cannot be had (a partial clone, Git LFS): what could be written is there.
        if (!(error instanceof GitError) || !/unable to read sha1|could not fetch/.test(error.stderr))
          throw error;
      });
    });
  }

  /**
   * Takes the files of a folder in as a tree: everything that is not ignored. Repositories inside it are left out, and
   * so is what cannot be read; nothing that the folder's own `.git` says is obeyed.
   *
   * @param base a tree like it, which makes it fast
   * @param exclude patterns of what is not taken in, as in .gitignore
   */
  takeIn(folder: string, base: string, exclude: readonly string[] = []): Promise<string> {
    return this.#withIndex(async (env) => {
      const excludes = join(this.#gitDir, `exclude-${randomBytes(6).toString('hex')}`);
      await writeFile(excludes, `${exclude.join('\n')}\n`);
      try {
        await this.#run(['read-tree', base], { env });
        const args = ['-c', `core.excludesFile=${excludes}`, 'add', '--all', '--ignore-errors', '--', '.'];
        await this.#run(args, { env: { ...env, GIT_WORK_TREE: folder }, cwd: folder }).catch(
          (error: unknown) => {
            if (!(error instanceof GitError) || error.exitCode !== 1) throw error;
          },
        );
        const tree = await this.#run(['write-tree', '--missing-ok'], { env });
        const entries = await this.list(tree);
        const repositories = [...entries].filter(([, { mode }]) => mode === '160000');
        if (repositories.length === 0) return tree;
        const before = await this.list(base);
        return await this.change(
          tree,
          new Map(
            repositories.map(([path]) => [
              path,
              before.get(path)?.mode === '160000' ? before.get(path)! : null,
            ]),
          ),
        );
      } finally {
        await rm(excludes, { force: true });
      }
    });
  }

  /** What turns one tree into another, as `git apply` reads it; binary files included. */
  async diff(before: string, after: string, paths: readonly string[] = []): Promise<string> {
    const args = [
      'diff-tree',
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-color',
      '--src-prefix=a/',
      '--dst-prefix=b/',
      before,
      after,
    ];
    const output = await gitBytes(
      this.#gitDir,
      [...SETTINGS, '--literal-pathspecs', ...args, '--', ...paths],
      {
        alone: true,
        env: { GIT_DIR: this.#gitDir },
      },
    );
    return output.toString('utf8');
  }

  /** @returns the id of the tree that a patch makes of another @throws GitError where it does not apply */
  apply(treeish: string, patch: string): Promise<string> {
    return this.#withIndex(async (env) => {
      await this.#run(['read-tree', treeish], { env });
      if (patch !== '')
        await this.#run(['apply', '--cached', '--whitespace=nowarn', '-'], { env, input: patch });
      return this.#run(['write-tree', '--missing-ok'], { env });
    });
  }
}

/** Keeps what was asked for last; what fails is asked again. */
class RecentlyUsed<T> {
  readonly #most: number;
  readonly #kept = new Map<string, Promise<T>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const value = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, value);
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    value.catch(() => this.#kept.delete(key));
    return value;
  }
}
