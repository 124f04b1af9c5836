import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { openSandbox } from '../sandbox/index.ts';
import { diagnosticsTool } from './diagnostics.ts';
import { editTool } from './edit.ts';
import type { ToolContext } from './tool.ts';

/** A program that prints what a checker would, with its folder for `{pwd}`, and ends with a code. */
function checker(says: string, code = 1): string {
  return `#!/bin/sh\nsed "s|{pwd}|$(pwd -P)|g" <<'END'\n${says}\nEND\nexit ${code}\n`;
}

/** A workspace; what lies in a folder for programs can be run. */
async function workspace(files: Record<string, string>, root = temporaryFolder()) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    if (/(?:^|\/)\.?[a-z_]+\/\.?bin\//.test(path)) await chmod(join(root, path), 0o755);
  }
  const sandbox = await openSandbox('danger-full-access', { root });
  onTestFinished(() => sandbox.dispose());
  const context: ToolContext = {
    sandbox,
    signal: new AbortController().signal,
    newOutputFile: () => join(root, 'never'),
    ...toolState(),
  };
  return {
    root,
    context,
    diagnostics: (paths?: string[], more: Partial<ToolContext> = {}) =>
      diagnosticsTool.run(paths ? { paths } : {}, { ...context, ...more }),
  };
}

const ok = (output: string) => ({ ok: true, output });
const failed = (output: string) => ({ ok: false, output });

/** A repository whose tsc says something. */
const withTsc = (says: string, code?: number) => ({
  'tsconfig.json': '{}',
  'node_modules/.bin/tsc': checker(says, code),
  'a.ts': 'one\n',
});

test('what tsc says of the files is shown, with the lines that belong to it', async () => {
  const { diagnostics } = await workspace({
    ...withTsc(
      [
        "a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.",
        '  The expected type comes from here.',
        'b.ts(2,1): error TS2304: Cannot find name of a.ts(1,7).',
        '  Of b.',
        "a.ts(9,1): error TS1005: ';' expected.",
      ].join('\n'),
      2,
    ),
    'b.ts': '',
  });
  expect(await diagnostics(['a.ts'])).toEqual(
    ok(
      "tsc:\na.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.\n" +
        "  The expected type comes from here.\na.ts(9,1): error TS1005: ';' expected.",
    ),
  );
});

test('by default it is about the files that the agent has changed', async () => {
  const { diagnostics, context, root } = await workspace({
    ...withTsc('a.ts(1,1): error TS1: one\nb.ts(1,1): error TS1: two'),
    'b.ts': 'one\n',
  });
  expect(await diagnostics()).toEqual(failed('No file was changed by edit or write yet: name the paths.'));
  await editTool.run({ path: 'b.ts', old: 'one', new: 'two' }, context);
  expect(await diagnostics()).toEqual(ok('tsc:\nb.ts(1,1): error TS1: two'));
  await rm(join(root, 'b.ts'));
  expect((await diagnostics()).ok).toBe(false);
});

test('a file is not mistaken for one whose name ends or begins alike', async () => {
  const says = ['data.ts', 'src/a.ts', 'my a.ts', './b/a.ts', 'a.tsx', 'a.ts.ts']
    .map((name) => `${name}(1,1): error TS1: other`)
    .join('\n');
  const { diagnostics } = await workspace(withTsc(says));
  expect(await diagnostics(['a.ts'])).toEqual(ok('tsc: no complaint about these files (6 about others).'));
});

test('file names with spaces and signs are found', async () => {
  const names = ['my file.ts', 'src/[id] (x).ts', 'a+b,c.ts', 'é😀.ts'];
  const { diagnostics } = await workspace({
    ...withTsc(names.map((name) => `${name}(1,1): error TS1: x`).join('\n')),
    ...Object.fromEntries(names.map((name) => [name, ''])),
  });
  for (const name of names) expect(await diagnostics([name])).toEqual(ok(`tsc:\n${name}(1,1): error TS1: x`));
});

test('what eslint says in its stylish form is shown, warnings too', async () => {
  const says = [
    '',
    '{pwd}/data.js',
    '  1:1  error  Not ours  no-x',
    '',
    '{pwd}/my a.js',
    '  2:3  warning  Ours  no-y',
    '',
    '✖ 2 problems (1 error, 1 warning)',
  ].join('\n');
  const files = (code: number) => ({
    'eslint.config.js': '',
    'node_modules/.bin/eslint': checker(says, code),
    'my a.js': '',
    'a.js': '',
  });
  for (const code of [0, 1]) {
    const { diagnostics, root } = await workspace(files(code));
    expect(await diagnostics(['my a.js'])).toEqual(
      ok(`eslint:\n${root}/my a.js\n  2:3  warning  Ours  no-y`),
    );
  }
  const { diagnostics } = await workspace(files(0));
  expect(await diagnostics(['a.js'])).toEqual(ok('eslint: no complaint.'));
});

test("what biome says in GitHub's form is shown", async () => {
  const says = [
    '::error title=lint/x,file={pwd}/data.ts,line=1,col=1::See a.ts',
    '::error title=lint/x,file={pwd}/my a.ts,line=1,col=1::Ours',
    '::warning title=lint/y,file=s/c%2Cd%3A%25.ts,line=2,col=1::Signs',
    'check ━━━━━━',
    '  × Some errors were emitted.',
  ].join('\n');
  const { diagnostics, root } = await workspace({
    'biome.json': '{}',
    'node_modules/.bin/biome': checker(says),
    'my a.ts': '',
    'a.ts': '',
    's/c,d:%.ts': '',
  });
  expect(await diagnostics(['my a.ts'])).toEqual(
    ok(`biome:\n::error title=lint/x,file=${root}/my a.ts,line=1,col=1::Ours`),
  );
  expect((await diagnostics(['s/c,d:%.ts'])).output).toMatch(/^biome:\n::warning .*::Signs$/);
  expect(await diagnostics(['a.ts'])).toEqual(ok('biome: no complaint about these files (3 about others).'));
});

test('what the checkers of Python say is shown one after the other', async () => {
  const { diagnostics, root } = await workspace({
    'pyproject.toml': '[tool.ruff]\n[tool.mypy]\n[tool.pyright]\n',
    '.venv/bin/ruff': checker('src/a.py:1:1: F401 `os` imported but unused\nFound 1 error.'),
    '.venv/bin/mypy': checker(
      'src/a.py:2: error: Wrong  [x]\nsrc/a.py:2: note: Because\nsrc/b.py:1: error: No  [y]',
    ),
    '.venv/bin/pyright': checker(
      '{pwd}/src/a.py\n  {pwd}/src/a.py:3:1 - error: Bad (rule)\n1 error, 0 warnings',
    ),
    'src/a.py': '',
  });
  expect(await diagnostics(['src/a.py'])).toEqual(
    ok(
      'ruff:\nsrc/a.py:1:1: F401 `os` imported but unused\n' +
        'mypy:\nsrc/a.py:2: error: Wrong  [x]\nsrc/a.py:2: note: Because\n' +
        `pyright:\n${root}/src/a.py\n  ${root}/src/a.py:3:1 - error: Bad (rule)`,
    ),
  );
});

test('in a monorepo each package is checked in its own folder', async () => {
  const { diagnostics } = await workspace({
    'packages/a/tsconfig.json': '{}',
    'packages/b/tsconfig.json': '{}',
    'node_modules/.bin/tsc': checker('src/x.ts(1,1): error TS1: in {pwd}'),
    'packages/a/src/x.ts': '',
    'packages/b/y.ts': '',
  });
  const { output } = await diagnostics(['packages/a/src/x.ts', 'packages/b/y.ts']);
  expect(output).toMatch(
    /^tsc in packages\/a:\nsrc\/x\.ts\(1,1\): error TS1: in .*\/packages\/a\ntsc in packages\/b: no complaint about these files \(1 about others\)\.$/,
  );
});

test('a checker that names its files from the top is understood', async () => {
  const { diagnostics } = await workspace({
    'crates/a/.eslintrc': '',
    'node_modules/.bin/eslint': checker('crates/a/src/x.js:1:2: error: moved'),
    'crates/a/src/x.js': '',
  });
  expect(await diagnostics(['crates/a/src/x.js'])).toEqual(
    ok('eslint in crates/a:\ncrates/a/src/x.js:1:2: error: moved'),
  );
});

test('a workspace that is reached by a link is checked as well', async () => {
  const { root } = await workspace({
    'eslint.config.js': '',
    'node_modules/.bin/eslint': checker('{pwd}/a.js\n  1:1  error  x  y'),
    'a.js': '',
  });
  const link = join(temporaryFolder(), 'link');
  await symlink(root, link);
  const { diagnostics } = await workspace({}, link);
  expect((await diagnostics(['a.js'])).output).toBe(`eslint:\n${root}/a.js\n  1:1  error  x  y`);
});

test('checkers that find nothing say so', async () => {
  const { diagnostics } = await workspace(withTsc('', 0));
  expect(await diagnostics(['a.ts'])).toEqual(ok('tsc: no complaint.'));
});

test('files for which the repository has no checker are told', async () => {
  const { diagnostics } = await workspace({ 'a.ts': '', 'src/b.txt': '' });
  expect(await diagnostics(['a.ts', 'src/b.txt'])).toEqual(
    ok('The repository has no checker of its own for a.ts, src/b.txt that is installed.'),
  );
});

test.each([
  ['that cannot read its configuration', 'tsconfig.json(3,5): error TS5023: Unknown compiler option.'],
  ['that has nothing to check', 'error TS18003: No inputs were found in config file.'],
  [
    'that crashes',
    'Oops! Something went wrong!\n\nfile:///x/eslint.config.js:3\n\nTypeError: x\n    at f (/x/y.js:1:2)',
  ],
  ['that says nothing', ''],
])('a checker %s is no checker without complaint', async (_, says) => {
  const { diagnostics } = await workspace(withTsc(says, 3));
  expect(await diagnostics(['a.ts'])).toEqual(ok(`tsc failed (exit code 3):\n${says}`));
});

test('a checker that cannot be started is told', async () => {
  const { diagnostics, root } = await workspace({ ...withTsc(''), 'mypy.ini': '', 'a.py': '' });
  await chmod(join(root, 'node_modules/.bin/tsc'), 0o644);
  await writeFile(join(root, 'node_modules/.bin/tsc'), '');
  expect(await diagnostics(['a.ts'])).toEqual(ok('tsc is not installed here.'));
});

test('paths that are no files of the workspace are told', async () => {
  const { diagnostics } = await workspace({ ...withTsc(''), 'src/b.ts': '' });
  expect(await diagnostics(['a.ts', 'gone.ts'])).toEqual(failed('There is no file gone.ts.'));
  expect(await diagnostics(['src'])).toEqual(failed('src is a folder; name files of it.'));
  expect(await diagnostics(['../x.ts'])).toEqual(failed('../x.ts lies outside the workspace.'));
});

test('a long list of complaints is cut in the middle', async () => {
  const says = Array.from({ length: 500 }, (_, i) => `a.ts(${i},1): error TS1: complaint number ${i}`).join(
    '\n',
  );
  const { diagnostics } = await workspace(withTsc(says));
  const { output } = await diagnostics(['a.ts']);
  expect(output.length).toBeLessThan(10_200);
  expect(output).toMatch(/^tsc:\na\.ts\(0,1\)[\s\S]*characters cut[\s\S]*complaint number 499$/);
});

test('work that was stopped says so', async () => {
  const { diagnostics } = await workspace(withTsc('', 0));
  expect(await diagnostics(['a.ts'], { signal: AbortSignal.abort() })).toEqual(ok('tsc: it was stopped.'));
});
