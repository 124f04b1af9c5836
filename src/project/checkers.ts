import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

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
  /** A word in package.json or pyproject.toml that says so as well. */
  mention?: RegExp;
  /** @param files relative to the folder */
  command(program: string, files: readonly string[]): string[];
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
    command: (program) => [program, '--noEmit', '--pretty', 'false', '-p', '.'],
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
    mention: /\[tool\.ruff/,
    program: 'ruff',
    home: 'python',
    command: (program, files) => [program, 'check', '--output-format=concise', '--no-fix', ...files],
  },
  {
    name: 'mypy',
    files: /\.pyi?$/,
    signs: ['mypy.ini', '.mypy.ini'],
    mention: /\[tool\.mypy/,
    program: 'mypy',
    home: 'python',
    command: (program, files) => [program, '--no-color-output', '--no-error-summary', ...files],
  },
  {
    name: 'pyright',
    files: /\.pyi?$/,
    signs: ['pyrightconfig.json'],
    mention: /\[tool\.pyright/,
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
 * @param files relative to `root`
 */
export function checkersFor(root: string, files: readonly string[]): Checker[] {
  const checkers: Checker[] = [];
  for (const kind of KINDS) {
    const byFolder = Map.groupBy(
      files.filter((file) => kind.files.test(file)),
      (file) => folderOf(root, file, kind),
    );
    for (const [folder, own] of byFolder) {
      if (folder === undefined) continue;
      const program = programOf(root, folder, kind);
      if (program === undefined) continue;
      const inside = own.map((file) => relative(folder, file));
      checkers.push({ name: kind.name, folder, command: kind.command(program, inside) });
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
    if (kind.mention && mentions(join(here, 'pyproject.toml'), kind.mention)) return folder;
  }
  return undefined;
}

function mentions(path: string, word: RegExp): boolean {
  try {
    return word.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
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
