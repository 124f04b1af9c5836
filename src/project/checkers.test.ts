import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { checkersFor } from './checkers.ts';

/** A folder with files: their text, or empty ones. */
function folder(files: readonly string[] | Record<string, string>): string {
  const root = temporaryFolder();
  const entries = Array.isArray(files) ? files.map((path) => [path, ''] as const) : Object.entries(files);
  for (const [path, text] of entries) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const bin = (name: string) => `node_modules/.bin/${name}`;

test('a repository that uses nothing has no checker', () => {
  expect(checkersFor(folder(['a.ts', 'a.py', 'a.go', 'a.rs']), ['a.ts', 'a.py', 'a.go', 'a.rs'])).toEqual([]);
  expect(checkersFor(folder(['tsconfig.json', bin('tsc')]), [])).toEqual([]);
  expect(checkersFor(folder(['tsconfig.json', bin('tsc')]), ['README.md', 'a.js'])).toEqual([]);
});

test('each tool that the repository uses checks the files that are its own', () => {
  const signs = [
    'tsconfig.json',
    'biome.json',
    'eslint.config.js',
    'ruff.toml',
    'mypy.ini',
    'go.mod',
    'Cargo.toml',
  ];
  const root = folder([
    ...signs,
    bin('tsc'),
    bin('biome'),
    bin('eslint'),
    '.venv/bin/ruff',
    '.venv/bin/mypy',
  ]);
  const files = ['src/a.ts', 'b.jsx', 'c.py', 'd/e.go', 'd/f.go', 'g.go', 'src/h.rs', 'i.css', 'j.txt'];
  const at = (path: string) => join(root, path);
  const expected: Record<string, string[]> = {
    tsc: [at(bin('tsc')), '--project', '.', '--noEmit', '--pretty', 'false'],
    biome: [at(bin('biome')), 'check', '--colors=off', '--reporter=github', 'src/a.ts', 'b.jsx', 'i.css'],
    eslint: [at(bin('eslint')), '--no-color', '--format', 'stylish', 'src/a.ts', 'b.jsx'],
    ruff: [at('.venv/bin/ruff'), 'check', '--output-format=concise', '--no-fix', 'c.py'],
    mypy: [at('.venv/bin/mypy'), '--no-color-output', '--no-error-summary', 'c.py'],
    'go vet': ['go', 'vet', './d', './.'],
    'cargo check': ['cargo', 'check', '--offline', '--quiet', '--message-format=short'],
  };
  expect(checkersFor(root, files)).toEqual(
    Object.entries(expected).map(([name, command]) => ({ name, folder: '.', command })),
  );
});

test('the nearest folder that uses a tool is where it runs', () => {
  const root = folder(['tsconfig.json', 'packages/a/tsconfig.json', 'packages/a/deep/x.ts', bin('tsc')]);
  const found = checkersFor(root, ['packages/a/deep/x.ts', 'packages/b/y.ts', 'z.ts']);
  expect(found.map(({ folder }) => folder)).toEqual(['packages/a', '.']);
});

test('files of two packages are two checks, each with the program nearest to it', () => {
  const root = folder([
    'packages/a/.eslintrc.json',
    'packages/b/.eslintrc.json',
    'packages/b/node_modules/.bin/eslint',
    bin('eslint'),
  ]);
  expect(checkersFor(root, ['packages/a/src/x.js', 'packages/b/y.js'])).toMatchObject([
    {
      folder: 'packages/a',
      command: [join(root, bin('eslint')), '--no-color', '--format', 'stylish', 'src/x.js'],
    },
    {
      folder: 'packages/b',
      command: [join(root, 'packages/b', bin('eslint')), '--no-color', '--format', 'stylish', 'y.js'],
    },
  ]);
});

test('files may be named by absolute paths', () => {
  const root = folder(['packages/a/.eslintrc', bin('eslint')]);
  expect(checkersFor(root, [join(root, 'packages/a/x.js')])).toEqual(checkersFor(root, ['packages/a/x.js']));
  expect(checkersFor(root, ['/elsewhere/x.js'])).toEqual([]);
});

test('a tool of Node that is not installed is no checker, and one of Python is run by its name', () => {
  expect(checkersFor(folder(['tsconfig.json', 'eslint.config.mjs']), ['a.ts'])).toEqual([]);
  expect(checkersFor(folder(['pyrightconfig.json']), ['a.py'])).toEqual([
    { name: 'pyright', folder: '.', command: ['pyright', 'a.py'] },
  ]);
});

test.each([
  ['[tool.ruff]\nline-length = 100\n', ['ruff']],
  ['[tool.ruff.lint]\n', ['ruff']],
  ['[[tool.mypy.overrides]]\n', ['mypy']],
  ['[project]\nname = "x"\n\n[tool.mypy]\n[tool.pyright]\n', ['mypy', 'pyright']],
  ['# [tool.ruff]\n[tool.ruffian]\n', []],
])('a pyproject.toml with %j says which tools are used', (text, names) => {
  const root = folder({ 'pyproject.toml': text });
  expect(checkersFor(root, ['src/a.py']).map(({ name }) => name)).toEqual(names);
});

test('a pyproject.toml that does not speak of the tool leaves the word to the one above', () => {
  const root = folder({ 'pyproject.toml': '[tool.ruff]\n', 'lib/pyproject.toml': '[project]\n' });
  expect(checkersFor(root, ['lib/a.py'])).toMatchObject([{ name: 'ruff', folder: '.' }]);
});

test('a project of TypeScript that only refers to others is built, for alone it has no files', () => {
  const root = folder({
    'tsconfig.json': '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }',
    [bin('tsc')]: '',
  });
  const [tsc] = checkersFor(root, ['src/a.tsx']);
  expect(tsc?.command.slice(1)).toEqual(['--build', '.', '--noEmit', '--pretty', 'false']);
});

test('a file whose name looks like an option stays a file', () => {
  const root = folder(['eslint.config.js', bin('eslint')]);
  const [eslint] = checkersFor(root, ['--config=evil.js']);
  expect(eslint?.command.at(-1)).toBe('./--config=evil.js');
});
