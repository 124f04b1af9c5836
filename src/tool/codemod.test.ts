import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { openSandbox } from '../sandbox/index.ts';
import { codemodTool, rewriteText } from './codemod.ts';
import type { ToolContext } from './tool.ts';

type Files = Record<string, string | Buffer>;
type Input = Parameters<typeof codemodTool.run>[0];

/** A workspace in a git repository, and the tool at work in it. */
async function workspace(files: Files, more: Partial<ToolContext> = {}, root = createRepository().path) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const sandbox = await openSandbox('danger-full-access', { root });
  onTestFinished(() => sandbox.dispose());
  const signal = new AbortController().signal;
  const newOutputFile = () => join(root, 'never');
  const context: ToolContext = { sandbox, signal, newOutputFile, ...toolState(), ...more };
  return {
    root,
    context,
    codemod: (input: Input) => codemodTool.run(input, context),
    text: (path: string) => readFile(join(root, path), 'utf8'),
  };
}

/** The text of one file, rewritten. */
async function rewritten(language: string, text: string, pattern: string, rewrite: string): Promise<string> {
  const done = await rewriteText(text, language, pattern, rewrite);
  return 'problem' in done ? done.problem : done.text;
}

const SWAP = { pattern: 'swap($A, $B)', rewrite: 'swap($B, $A)' };

test('a preview shows what would change and changes nothing', async () => {
  const { codemod, text, context } = await workspace({
    'a.ts': 'swap(1, 2);\nother();\nswap(3, 4);\n',
    'b.py': 'swap(1, 2)\n',
    'c.ts': 'other();\n',
    'notes.txt': 'swap(1, 2)\n',
  });
  expect(await codemod(SWAP)).toEqual({
    ok: true,
    output: [
      'Would rewrite 3 places in 2 of 3 files.',
      'a.ts: 2',
      'b.py: 1',
      '',
      'a.ts:1\n- swap(1, 2)\n+ swap(2, 1)',
      'a.ts:3\n- swap(3, 4)\n+ swap(4, 3)',
      'b.py:1\n- swap(1, 2)\n+ swap(2, 1)',
    ].join('\n'),
  });
  expect(await text('a.ts')).toBe('swap(1, 2);\nother();\nswap(3, 4);\n');
  expect([...context.seen.changed]).toEqual([]);
});

test('a preview of many places shows the first ones', async () => {
  const { codemod } = await workspace({ 'a.ts': 'swap(1, 2);\n'.repeat(30) });
  const { output } = await codemod(SWAP);
  expect(output).toMatch(/^Would rewrite 30 places in 1 of 1 files\.\na\.ts: 30\n/);
  expect(output).toMatch(/a\.ts:12\n- swap\(1, 2\)\n\+ swap\(2, 1\)\n\[… 18 more places …\]$/);
});

test('apply rewrites every language at once and notes what the agent has changed', async () => {
  const before: Files = {
    'a.ts': 'const x: number = swap(1, 2);\n',
    'b.tsx': 'const b = <p>{swap(1, 2)}</p>;\n',
    'c.js': 'swap(1, 2)\n',
    'd.py': 'x = swap(1, 2)\n',
    'e.go': 'package e\n\nfunc f() { swap(1, 2) }\n',
    'f.rs': 'fn f() { swap(1, 2); }\n',
    'deep/G.java': 'class G { void f() { swap(1, 2); } }\n',
  };
  const { codemod, text, context, root } = await workspace(before);
  const { ok, output } = await codemod({ ...SWAP, apply: true });
  expect(ok).toBe(true);
  expect(output).toMatch(/^Rewrote 7 places in 7 of 7 files\.\na\.ts: 1\n/);
  for (const [path, content] of Object.entries(before))
    expect(await text(path)).toBe((content as string).replace('1, 2', '2, 1'));
  const paths = Object.keys(before).map((path) => join(root, path));
  expect([...context.seen.changed].sort()).toEqual(paths.sort());
});

test('a file keeps its mode', async () => {
  const { codemod, root } = await workspace({ 'a.py': 'swap(1, 2)\n' });
  execFileSync('chmod', ['755', join(root, 'a.py')]);
  await codemod({ ...SWAP, apply: true });
  expect(execFileSync('stat', ['-c', '%a', join(root, 'a.py')], { encoding: 'utf8' }).trim()).toBe('755');
});

test.each([
  [
    'several nodes keep what stands between them',
    'f(a,  /* b */ b,\n  c)',
    'f($$$ARGS)',
    'g($$$ARGS)',
    'g(a,  /* b */ b,\n  c)',
  ],
  ['no node at all', 'f()', 'f($$$ARGS)', 'g(1, $$$ARGS)', 'g(1, )'],
  ['of nested matches the outermost', 'f(f(1))', 'f($A)', 'g($A)', 'g(f(1))'],
  ['matches side by side', 'f(1);f(2);', 'f($A)', 'g($A)', 'g(1);g(2);'],
  ['one name twice', 'f(1); f(2)', 'f($A)', '$A + $A', '1 + 1; 2 + 2'],
  ['a text that looks like a replacement pattern', "f('$&$1')", 'f($A)', 'g($A)', "g('$&$1')"],
  ['nothing in its place', 'f(1);g()', 'f($A);', '', 'g()'],
  ['a name that the pattern must see twice', 'f(1, 1); f(1, 2)', 'f($A, $A)', 'g($A)', 'g(1); f(1, 2)'],
  [
    'what follows characters of several bytes',
    "s = 'é日😀'; /* 😀 */ f('😀é'); f(2)",
    'f($A)',
    'g($A)',
    "s = 'é日😀'; /* 😀 */ g('😀é'); g(2)",
  ],
  ['what follows a byte order mark', '\ufefff(1)', 'f($A)', 'g($A)', '\ufeffg(1)'],
  ['a file with CRLF', 'f(1);\r\nf(\r\n  2);\r\n', 'f($A)', 'g(\n$A)', 'g(\r\n1);\r\ng(\r\n2);\r\n'],
  [
    'further lines indented like the first',
    'if (x) {\n\t\tf(1);\n}',
    'f($A);',
    'a();\n\nb($A);',
    'if (x) {\n\t\ta();\n\n\t\tb(1);\n}',
  ],
])('rewriting takes %s', async (_, text, pattern, rewrite, expected) => {
  expect(await rewritten('TypeScript', text, pattern, rewrite)).toBe(expected);
});

test('a block of Python stays one', async () => {
  const text = "def f():\n    # 😀\n    go(1)\n    return 'é'\n";
  expect(await rewritten('python', text, 'go($A)', 'if ready:\n    go($A)')).toBe(
    "def f():\n    # 😀\n    if ready:\n        go(1)\n    return 'é'\n",
  );
});

test.each(['TypeScript', 'python', 'go', 'rust', 'java'])(
  'in %s what stands around the matches stays, whatever it is',
  async (language) => {
    const part = fc.constantFrom('f(', 'f(1)', ')', ',', '"', '\n', '\r\n', '😀', 'é', ' ', '/*', '#');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(part, fc.string())), async (parts) => {
        const text = parts.join('');
        const done = await rewriteText(text, language, 'f($$$ARGS)', '\0here\0');
        if ('problem' in done) throw new Error(done.problem);
        const around = done.text.split('\0here\0');
        const restored = around.map((piece, index) => piece + (done.changes[index]?.before ?? '')).join('');
        expect(restored).toBe(text);
      }),
    );
  },
);

test('a file that is not UTF-8 and a binary file stay byte for byte', async () => {
  const latin = Buffer.from("s = 'caf\xe9'; swap(1, 2);\n", 'latin1');
  const binary = Buffer.from('swap(1, 2);\n\0\n');
  const { codemod, root, text } = await workspace({ 'latin.js': latin, 'binary.js': binary });
  const left = {
    ok: false,
    output: 'Nothing was changed. Left alone: latin.js (not UTF-8).',
  };
  expect(await codemod({ ...SWAP, apply: true })).toEqual(left);
  expect(await codemod(SWAP)).toEqual(left);
  await writeFile(join(root, 'good.js'), 'swap(1, 2);');
  expect((await codemod({ ...SWAP, apply: true })).output).toBe(
    'Rewrote 1 places in 1 of 3 files.\nLeft alone: latin.js (not UTF-8).\ngood.js: 1',
  );
  expect(await text('good.js')).toBe('swap(2, 1);');
  expect(await readFile(join(root, 'latin.js'))).toEqual(latin);
  expect(await readFile(join(root, 'binary.js'))).toEqual(binary);
});

test('a pattern that is no code in any language of the files is refused', async () => {
  const { codemod } = await workspace({ 'a.ts': 'a;\n' });
  const refused = (output: RegExp) => ({ ok: false, output: expect.stringMatching(output) });
  expect(await codemod({ pattern: 'a b c', rewrite: '' })).toEqual(
    refused(/^The pattern is no code of TypeScript: Multiple AST nodes are detected\..*`a b c`\.$/),
  );
  expect(await codemod({ pattern: ' ', rewrite: '' })).toEqual(
    refused(/^The pattern is no code of TypeScript/),
  );
});

test('a pattern that is code in one language only is used there', async () => {
  const { codemod, text } = await workspace({
    'a.go': 'package a\n',
    'b.py': 'b\n',
    'c.rs': 'fn f() { go(1); }\n',
  });
  const statement = { pattern: 'go($A);', rewrite: 'run($A);' };
  expect(await codemod({ ...statement, apply: true })).toEqual({
    ok: true,
    output: 'Rewrote 1 places in 1 of 3 files.\nc.rs: 1',
  });
  expect(await text('c.rs')).toBe('fn f() { run(1); }\n');
  expect((await codemod(statement)).output).toMatch(
    /^The pattern occurs in none of 3 files\.\nThe pattern is no code of go: .*\nThe pattern is no code of python: /,
  );
});

test('a name in the rewrite that the pattern does not have is refused', async () => {
  const { codemod, text } = await workspace({ 'a.ts': 'f(1);\n' });
  const refused = (name: string) => ({
    ok: false,
    output: `The rewrite has ${name}, and the pattern does not. Nothing was changed.`,
  });
  expect(await codemod({ pattern: 'f($A)', rewrite: 'g($B)', apply: true })).toEqual(refused('$B'));
  expect(await codemod({ pattern: 'f($$$A)', rewrite: 'g($A)', apply: true })).toEqual(refused('$A'));
  expect(await text('a.ts')).toBe('f(1);\n');
});

test('a pattern that occurs nowhere, and files that are none, are told apart', async () => {
  const { codemod } = await workspace({ 'a.ts': 'f(1);\n', 'b.txt': 'swap(1, 2)' });
  expect(await codemod(SWAP)).toEqual({ ok: true, output: 'The pattern occurs in none of 1 files.' });
  expect(await codemod({ ...SWAP, glob: '*.txt' })).toEqual({
    ok: false,
    output: 'No file like *.txt is in a language that can be rewritten.',
  });
});

test.each([
  ['*.ts', ['a.ts', 'src/b.ts']],
  ['src/**', ['src/b.ts', 'src/c.js']],
  ['./src/*.{js,py}', ['src/c.js']],
])('the glob %s chooses the files', async (glob, chosen) => {
  const code = 'swap(1, 2)\n';
  const { codemod, text } = await workspace({ 'a.ts': code, 'src/b.ts': code, 'src/c.js': code });
  await codemod({ ...SWAP, glob, apply: true });
  for (const path of ['a.ts', 'src/b.ts', 'src/c.js'])
    expect(await text(path)).toBe(chosen.includes(path) ? 'swap(2, 1)\n' : code);
});

test('files that may not be changed, or that somebody has changed since they were read, are left alone', async () => {
  const code = 'swap(1, 2)\n';
  const asked: string[] = [];
  const allows = {
    write: (path: string) => asked.push(path) > 0 && !path.endsWith('locked.ts'),
    fetch: () => false,
  };
  const files = { 'a.ts': code, 'locked.ts': code, 'theirs.ts': code };
  const { codemod, text, context, root } = await workspace(files, { allows });
  context.seen.see(join(root, 'theirs.ts'));
  await writeFile(join(root, 'theirs.ts'), `${code}theirs()\n`);
  expect((await codemod({ ...SWAP, apply: true })).output).toBe(
    'Rewrote 1 places in 1 of 3 files.\n' +
      'Left alone: locked.ts (it may not be changed), theirs.ts (it has changed since you read it).\na.ts: 1',
  );
  expect(asked).toEqual(['a.ts', 'locked.ts', 'theirs.ts'].map((path) => join(root, path)));
  expect(await text('locked.ts')).toBe(code);
  expect(await text('theirs.ts')).toBe(`${code}theirs()\n`);
});

test('ignored files, links and files that are gone stay as they are', async () => {
  const code = 'swap(1, 2)\n';
  const outside = temporaryFolder();
  await writeFile(join(outside, 'out.ts'), code);
  await mkdir(join(outside, 'folder'));
  await writeFile(join(outside, 'folder', 'in.ts'), code);
  const repository = createRepository([{ message: 'a', files: { 'gone.ts': code } }]);
  const files = { '.gitignore': 'dist/\n', 'dist/a.ts': code, 'a.ts': code };
  const { codemod, text, root } = await workspace(files, {}, repository.path);
  execFileSync('rm', [join(root, 'gone.ts')]);
  await symlink(join(outside, 'out.ts'), join(root, 'link.ts'));
  await symlink(join(outside, 'folder'), join(root, 'folder'));
  await symlink('a.ts', join(root, 'same.ts'));
  expect((await codemod({ ...SWAP, apply: true })).output).toMatch(/^Rewrote 1 places in 1 of /);
  expect(await text('a.ts')).toBe('swap(2, 1)\n');
  expect(await text('dist/a.ts')).toBe(code);
  expect(await readFile(join(outside, 'out.ts'), 'utf8')).toBe(code);
  expect(await readFile(join(outside, 'folder', 'in.ts'), 'utf8')).toBe(code);
});

test('outside a repository all files are rewritten but those of packages, and links are not followed', async () => {
  const code = 'swap(1, 2)\n';
  const outside = temporaryFolder();
  await writeFile(join(outside, 'out.ts'), code);
  const files = { 'a/b.ts': code, 'node_modules/p/c.ts': code };
  const { codemod, text, root } = await workspace(files, {}, temporaryFolder());
  await symlink(outside, join(root, 'folder'));
  await symlink(join(outside, 'out.ts'), join(root, 'link.ts'));
  execFileSync('mkfifo', [join(root, 'pipe.ts')]);
  expect((await codemod({ ...SWAP, apply: true })).output).toMatch(
    /^Rewrote 1 places in 1 of .*\na\/b\.ts: 1$/,
  );
  expect(await text('node_modules/p/c.ts')).toBe(code);
  expect(await readFile(join(outside, 'out.ts'), 'utf8')).toBe(code);
});

test('work that was stopped rewrites nothing more', async () => {
  const { codemod, text } = await workspace({ 'a.ts': 'swap(1, 2)\n' }, { signal: AbortSignal.abort() });
  expect((await codemod({ ...SWAP, apply: true })).ok).toBe(false);
  expect(await text('a.ts')).toBe('swap(1, 2)\n');
});
