import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { textOf } from './read-text.ts';

/** A type checker or linter that a repository has for itself. */
export interface Checker {
  name: string;
  /** Program and arguments. */
  command: string[];
  /** Where it runs, relative to the top; `.` for the top itself. */
  folder: string;
}

interface Kind {
  name: string;
  /** Which files it is for. */
  files: RegExp;
  /** Files of which one says that the repository uses it. */
  signs: readonly string[];
  /** What in a pyproject.toml says so as well. */
  mention?: RegExp;
  /**
   * @param files relative to the folder, and none looks like an option
   * @param folder absolute
   */
  command(program: string, files: readonly string[], folder: string): string[];
  /** Found in `node_modules/.bin` or a virtual environment, or else by name. */
  program: string;
  home: 'node' | 'python' | 'system';
}

const KINDS: readonly Kind[] = [
  {
    name: 'tsc',
    files: /\.[cm]?tsx?$/,
    signs: ['tsconfig.json'],
    program: 'tsc',
    home: 'node',
    command: (program, _, folder) => [program, ...projectOf(folder), '--noEmit', '--pretty', 'false'],
  },
  {
    name: 'biome',
    files: /\.(?:[cm]?[jt]sx?|jsonc?|css)$/,
    signs: ['biome.json', 'biome.jsonc'],
    program: 'biome',
    home: 'node',
    command: (program, files) => [program, 'check', '--colors=off', '--reporter=github', ...files],
  },
  {
    name: 'eslint',
    files: /\.[cm]?[jt]sx?$/,
    signs: [
      'eslint.config.js',
      'eslint.config.mjs',
      'eslint.config.cjs',
      'eslint.config.ts',
      'eslint.config.mts',
      '.eslintrc',
      '.eslintrc.json',
      '.eslintrc.js',
      '.eslintrc.cjs',
      '.eslintrc.yml',
    ],
    program: 'eslint',
    home: 'node',
    command: (program, files) => [program, '--no-color', '--format', 'stylish', ...files],
  },
  {
    name: 'ruff',
    files: /\.pyi?$/,
    signs: ['ruff.toml', '.ruff.toml'],
    mention: /^\[+tool\.ruff[.\]]/m,
    program: 'ruff',
    home: 'python',
    command: (program, files) => [program, 'check', '--output-format=concise', '--no-fix', ...files],
  },
  {
    name: 'mypy',
    files: /\.pyi?$/,
    signs: ['mypy.ini', '.mypy.ini'],
    mention: /^\[+tool\.mypy[.\]]/m,
    program: 'mypy',
    home: 'python',
    command: (program, files) => [program, '--no-color-output', '--no-error-summary', ...files],
  },
  {
    name: 'pyright',
    files: /\.pyi?$/,
    signs: ['pyrightconfig.json'],
    mention: /^\[+tool\.pyright[.\]]/m,
    program: 'pyright',
    home: 'python',
    command: (program, files) => [program, ...files],
  },
  {
    name: 'go vet',
    files: /\.go$/,
    signs: ['go.mod'],
    program: 'go',
    home: 'system',
    command: (program, files) => [program, 'vet', ...new Set(files.map((file) => `./${dirname(file)}`))],
  },
  {
    name: 'cargo check',
    files: /\.rs$/,
    signs: ['Cargo.toml'],
    program: 'cargo',
    home: 'system',
    command: (program) => [program, 'check', '--offline', '--quiet', '--message-format=short'],
  },
];

/**
 * The checkers that a repository itself uses for some of its files: each with the command that checks them, in the
 * nearest folder above a file that says it uses it. Nothing is run and nothing is installed.
 *
 * @param files absolute, or relative to `root`
 */
export function checkersFor(root: string, files: readonly string[]): Checker[] {
  const inRoot = files.map((file) => relative(root, resolve(root, file)));
  const checkers: Checker[] = [];
  for (const kind of KINDS) {
    const byFolder = Map.groupBy(
      inRoot.filter((file) => kind.files.test(file)),
      (file) => folderOf(root, file, kind),
    );
    for (const [folder, own] of byFolder) {
      if (folder === undefined) continue;
      const program = programOf(root, folder, kind);
      if (program === undefined) continue;
      const inside = own.map((file) => relative(folder, file).replace(/^-/, './-'));
      const command = kind.command(program, inside, join(root, folder));
      checkers.push({ name: kind.name, folder, command });
    }
  }
  return checkers;
}

function* foldersAbove(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (at === '.') return;
  }
}

function folderOf(root: string, file: string, kind: Kind): string | undefined {
  for (const folder of foldersAbove(dirname(file))) {
    const here = join(root, folder);
    if (kind.signs.some((sign) => existsSync(join(here, sign)))) return folder;
    if (kind.mention?.test(textOf(join(here, 'pyproject.toml')))) return folder;
  }
  return undefined;
}

/** Which project tsc is to check. One that only refers to others has no files: checked alone it is always sound. */
function projectOf(folder: string): string[] {
  const config = textOf(join(folder, 'tsconfig.json'));
  const onlyRefers = /"files"\s*:\s*\[\s*\]/.test(config) && config.includes('"references"');
  return [onlyRefers ? '--build' : '--project', '.'];
}

function programOf(root: string, folder: string, { program, home }: Kind): string | undefined {
  if (home === 'system') return program;
  const places = home === 'node' ? ['node_modules/.bin'] : ['.venv/bin', 'venv/bin'];
  for (const at of foldersAbove(folder)) {
    for (const place of places) {
      const path = join(root, at, place, program);
      if (existsSync(path)) return path;
    }
  }
  // Linters of Python are often installed for the whole machine; those of Node hardly ever are.
  return home === 'python' ? program : undefined;
}
