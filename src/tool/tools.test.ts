import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { openSandbox } from '../sandbox/index.ts';
import { bashTool } from './bash.ts';
import { editTool } from './edit.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { CORE_TOOLS } from './index.ts';
import { jobsTool } from './jobs.ts';
import { readTool } from './read.ts';
import { inputSchemaOf, type Tool, type ToolContext, type ToolResult } from './tool.ts';
import { writeTool } from './write.ts';

type Files = Record<string, string | Buffer>;

/** A workspace in a new folder, and tools at work in it. */
async function workspace(files: Files = {}, root = temporaryFolder()) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const sandbox = await openSandbox('danger-full-access', { root });
  onTestFinished(() => sandbox.dispose());
  const outputs = temporaryFolder();
  const context: ToolContext = {
    sandbox,
    signal: new AbortController().signal,
    newOutputFile: () => join(outputs, 'output'),
    ...toolState(),
  };
  const use = <Input>(tool: Tool<Input>, input: Input): Promise<ToolResult> => tool.run(input, context);
  return { root, use, text: (path: string) => readFile(join(root, path), 'utf8') };
}

const ok = (output: string): ToolResult => ({ ok: true, output });
const failed = (output: string | RegExp) => ({
  ok: false,
  output: typeof output === 'string' ? output : expect.stringMatching(output),
});
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\tline ${from + i}`).join('\n');

test('each tool describes its input as a small JSON Schema', () => {
  for (const tool of CORE_TOOLS) {
    const schema = inputSchemaOf(tool);
    expect(schema).toMatchObject({ type: 'object', properties: expect.any(Object) });
    expect(JSON.stringify(schema)).not.toMatch(/\$schema|additionalProperties|9007199254740991/);
  }
});

const LINES = Array.from({ length: 3_000 }, (_, i) => `line ${i + 1}\n`).join('');

test.each([
  [
    'from the beginning, as far as one call may',
    {},
    `${numbered(1, 2_000)}\n[… more lines follow; read on with offset 2001 …]`,
  ],
  [
    'a range',
    { offset: 10, limit: 2 },
    `${numbered(10, 11)}\n[… more lines follow; read on with offset 12 …]`,
  ],
  ['up to the end', { offset: 2_999 }, numbered(2_999, 3_000)],
  ['exactly up to the end', { offset: 2_999, limit: 2 }, numbered(2_999, 3_000)],
])('read gives %s', async (_, range, expected) => {
  const { use } = await workspace({ 'a.txt': LINES });
  expect(await use(readTool, { path: 'a.txt', ...range })).toEqual(ok(expected));
});

test.each([
  ['an empty file', '', {}, ok('f is empty.')],
  ['a place past the end', 'a\nb\n', { offset: 3 }, failed('f has only 2 lines.')],
  ['a last line without its end', 'a\nb', {}, ok('1\ta\n2\tb')],
  ['lines that end in CRLF', 'a\r\nb\r\n', {}, ok('1\ta\n2\tb')],
  ['line separators that git does not count', 'a\rb\u2028c\nd\n', {}, ok('1\ta\rb\u2028c\n2\td')],
  ['a long line', `${'x'.repeat(5_000)}\nb\n`, {}, ok(`1\t${'x'.repeat(2_000)}[… 3000 more]\n2\tb`)],
  ['a binary file', 'a\0b', {}, failed('f is a binary file of 3 bytes.')],
])('read of %s', async (_, content, range, expected) => {
  const { use } = await workspace({ f: content });
  expect(await use(readTool, { path: 'f', ...range })).toEqual(expected);
});

test('read says what a path is that is no text file of the workspace', async () => {
  const { use, root } = await workspace({ 'folder/f': 'x' });
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await use(readTool, { path: 'folder' })).toEqual(failed('folder is a folder; use glob to list it.'));
  expect(await use(readTool, { path: 'no' })).toEqual(failed('There is no file no.'));
  expect(await use(readTool, { path: 'folder/f/g' })).toEqual(
    failed('A part of folder/f/g is a file, not a folder.'),
  );
  expect(await use(readTool, { path: 'pipe' })).toEqual(failed('pipe is no regular file.'));
  expect(await use(readTool, { path: '../x' })).toEqual(failed('../x lies outside the workspace.'));
  expect(await use(readTool, { path: '/etc/passwd' })).toEqual(
    failed('/etc/passwd lies outside the workspace.'),
  );
});

test('read never holds more of a file than it shows', async () => {
  const { use, root } = await workspace({ 'big.txt': LINES });
  // 600 MiB without a line end: more than a string can be.
  await truncate(join(root, 'big.txt'), 600 * 1024 * 1024);
  await appendFile(join(root, 'big.txt'), '\nlast\n');
  expect((await use(readTool, { path: 'big.txt', limit: 1 })).output).toMatch(/^1\tline 1\n/);
  const before = process.resourceUsage().maxRSS;
  const { output } = await use(readTool, { path: 'big.txt', offset: 3_001 });
  expect(output).toMatch(/^3001\t\0{2000}\[… \d+ more\]\n3002\tlast$/);
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(150);
});

test('edit replaces the one place, or all of them', async () => {
  const { use, text } = await workspace({ f: 'one two\none\ntwo\n' });
  expect(await use(editTool, { path: 'f', old: 'one\ntwo', new: 'three' })).toEqual(
    ok('Edited f at line 2.'),
  );
  expect(await text('f')).toBe('one two\nthree\n');
  const several = await use(editTool, { path: 'f', old: 't', new: 'T' });
  expect(several).toEqual(failed(/^The text occurs 2 times in f \(lines 1, 2\)\. Nothing was changed/));
  expect(await use(editTool, { path: 'f', old: 't', new: 'T', all: true })).toEqual(
    ok('Edited f in 2 places.'),
  );
  expect(await text('f')).toBe('one Two\nThree\n');
  expect(await use(editTool, { path: 'f', old: 'one', new: 'one' })).toEqual(failed(/equals the old/));
});

test('edit shows what is there when the text is not', async () => {
  const content = 'function f() {\n\treturn 1;\n}\n';
  const { use, text } = await workspace({ f: content });
  const near = await use(editTool, { path: 'f', old: '  return 1;\n}', new: 'x' });
  expect(near).toEqual(failed(/It differs in white space only, at line 2\..*\n\treturn 1;\n\}\n$/));
  const first = await use(editTool, { path: 'f', old: 'return 1;\nother', new: 'x' });
  expect(first).toEqual(failed(/Only its first line occurs, at line 2/));
  expect(await use(editTool, { path: 'f', old: 'absent', new: 'x' })).toEqual(
    failed(/read the file again\.$/),
  );
  expect(await use(editTool, { path: 'f', old: '    ', new: 'x' })).toEqual(failed(/^That white space/));
  expect(await text('f')).toBe(content);
});

test('edit takes both texts literally', async () => {
  const { use, text } = await workspace({ f: 'a.c abc (x)\n' });
  await use(editTool, { path: 'f', old: 'a.c', new: "$& $1 $$ $` $' \\n" });
  expect(await text('f')).toBe("$& $1 $$ $` $' \\n abc (x)\n");
});

test('edit leaves alone what is no UTF-8 text, and what is not in the workspace', async () => {
  const latin = Buffer.from('caf\xe9 bar', 'latin1');
  const { use, root } = await workspace({ latin, binary: 'a\0bar' });
  expect(await use(editTool, { path: 'latin', old: 'bar', new: 'x' })).toEqual(
    failed('latin is not UTF-8; edit it with bash.'),
  );
  expect(await use(editTool, { path: 'binary', old: 'bar', new: 'x' })).toEqual(
    failed('binary is a binary file.'),
  );
  expect(await use(editTool, { path: 'no', old: 'bar', new: 'x' })).toEqual(failed('There is no file no.'));
  expect(await use(editTool, { path: '../no', old: 'bar', new: 'x' })).toEqual(
    failed(/outside the workspace/),
  );
  expect(await readFile(join(root, 'latin'))).toEqual(latin);
});

test('edit keeps the line ends of a file', async () => {
  const { use, text } = await workspace({ dos: '\ufeffa\r\nb\r\nc\r\n', mixed: 'a\r\nb\nc\n' });
  await use(editTool, { path: 'dos', old: 'b', new: 'B' });
  expect(await text('dos')).toBe('\ufeffa\r\nB\r\nc\r\n');
  expect(await use(editTool, { path: 'dos', old: 'a\nB', new: '1\n2' })).toEqual(ok('Edited dos at line 1.'));
  expect(await text('dos')).toBe('\ufeff1\r\n2\r\nc\r\n');
  await use(editTool, { path: 'mixed', old: 'b\nc', new: 'B\nC' });
  expect(await text('mixed')).toBe('a\r\nB\nC\n');
});

test('what somebody else changed since it was read is neither edited nor replaced', async () => {
  const { use, root, text } = await workspace({ f: 'one\n' });
  await use(readTool, { path: 'f' });
  await writeFile(join(root, 'f'), 'one\ntwo\n');
  expect(await use(editTool, { path: 'f', old: 'one', new: '1' })).toEqual(
    failed('f has changed since you read it. Nothing was changed: read it again.'),
  );
  expect(await use(writeTool, { path: 'f', content: 'x' })).toEqual(
    failed('f has changed since you read it. Nothing was written: read it again.'),
  );
  expect(await text('f')).toBe('one\ntwo\n');
  await use(readTool, { path: 'f' });
  expect((await use(editTool, { path: 'f', old: 'one', new: '1' })).ok).toBe(true);
  // Its own edit is no change by somebody else.
  expect((await use(editTool, { path: 'f', old: 'two', new: '2' })).ok).toBe(true);
});

test('several edits are made in order, all or none', async () => {
  const { use, text } = await workspace({ f: 'a b c\n' });
  const edits = [
    { old: 'a', new: 'x' },
    { old: 'x b', new: 'y' },
  ];
  expect(await use(editTool, { path: 'f', edits })).toEqual(ok('Edited f in 2 places.'));
  expect(await text('f')).toBe('y c\n');
  expect(
    await use(editTool, {
      path: 'f',
      edits: [
        { old: 'y', new: 'z' },
        { old: 'no', new: '' },
      ],
    }),
  ).toEqual(failed(/^Edit 2 of 2: The text does not occur in f\./));
  expect(await text('f')).toBe('y c\n');
});

test('bash stays in the folder that it went to, and never remembers one outside', async () => {
  const { use } = await workspace({ 'a b/f': 'x' });
  expect(await use(bashTool, { command: 'cd "a b"' })).toEqual(ok('[now in a b]'));
  expect(await use(bashTool, { command: 'cat f; exit 3' })).toEqual(failed('x\n[exit code 3]'));
  expect((await use(bashTool, { command: 'cd /; pwd' })).output).toBe('/');
  expect((await use(bashTool, { command: 'basename "$PWD"' })).output).toBe('a b');
  expect((await use(bashTool, { command: 'rmdir x 2>/dev/null; cd ..; rm -r "a b"' })).output).toBe(
    '[now in .]',
  );
  expect((await use(bashTool, { command: 'ls' })).output).toBe('[no output]');
});

test('a job goes on while other calls run, is read piece by piece, and is ended', async () => {
  const { use } = await workspace({});
  const started = await use(bashTool, {
    command: 'echo one; read x < pipe; echo $x; sleep 60',
    background: true,
  });
  expect(started).toEqual(ok('Runs as job1; jobs reads or ends it.'));
  await use(bashTool, { command: 'mkfifo pipe 2>/dev/null; until [ -p pipe ]; do sleep 0.01; done' });
  expect((await use(jobsTool, {})).output).toMatch(/^job1 runs for \d+ s: echo one/);
  expect(await use(jobsTool, { job: 'job2' })).toEqual(failed('There is no job job2. Jobs: job1.'));
  const ended = await use(jobsTool, { job: 'job1', end: true });
  expect(ended.output).toMatch(/^\[job1 was ended\]\none/);
  expect((await use(jobsTool, { job: 'job1' })).output).toBe('[job1 was ended]\n[no new output]');
});

test('a job that ends by itself is waited for', async () => {
  const { use } = await workspace({});
  await use(bashTool, { command: 'sleep 0.2; echo done; exit 4', background: true });
  expect((await use(jobsTool, { job: 'job1', wait: 30 })).output).toBe('[job1 ended with 4]\ndone');
});

test('read shows an image, and the text of a PDF', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const { use } = await workspace({
    'a.txt': png,
    'b.pdf': onePagePdf('Hello PDF'),
    'c.pdf': '%PDF-1.4 nonsense',
  });
  const shown = await use(readTool, { path: 'a.txt' });
  expect(shown).toMatchObject({ ok: true, images: [{ mediaType: 'image/png', bytes: png.length }] });
  expect(await readFile(shown.images![0]!.file)).toEqual(png);
  expect(await use(readTool, { path: 'b.pdf' })).toEqual(ok('1\t[page 1]\n2\tHello PDF'));
  expect(await use(readTool, { path: 'c.pdf' })).toEqual(failed(/^The PDF cannot be read \(.*\)\.$/));
});

/** The smallest PDF that shows a text. */
function onePagePdf(text: string): string {
  const content = `BT /F1 24 Tf 10 100 Td (${text}) Tj ET`;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${content.length}>>stream\n${content}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ];
  let pdf = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = pdf.length;
    pdf += `${index + 1} 0 obj${object}endobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  return `${pdf}xref\n0 6\n0000000000 65535 f \n${table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n${pdf.length}\n%%EOF`;
}

test('write makes folders and files, and says how much it wrote', async () => {
  const { use, text, root } = await workspace({ 'a file': 'x' });
  expect(await use(writeTool, { path: 'new/folder/f', content: 'a\nb\n' })).toEqual(
    ok('Wrote new/folder/f (2 lines).'),
  );
  expect(await use(writeTool, { path: 'a file', content: '' })).toEqual(
    failed('a file exists and you have not read it. Nothing was written: read it first, or edit it.'),
  );
  await use(readTool, { path: 'a file' });
  expect(await use(writeTool, { path: 'a file', content: '' })).toEqual(ok('Wrote a file (0 lines).'));
  expect(await text('new/folder/f')).toBe('a\nb\n');
  expect(await text('a file')).toBe('');
  expect(await use(writeTool, { path: 'a file/f', content: 'x' })).toEqual(
    failed(/^A part of a file\/f is a file/),
  );
  expect(await use(writeTool, { path: 'a'.repeat(300), content: 'x' })).toEqual(
    failed(/^The path is too long/),
  );
  expect(await use(writeTool, { path: 'new', content: 'x' })).toEqual(
    failed('new is a folder; use glob to list it.'),
  );
  expect(await use(writeTool, { path: '../f', content: 'x' })).toEqual(
    failed('../f lies outside the workspace.'),
  );
  expect((await readdir(root)).sort()).toEqual(['a file', 'new']);
});

const TREE: Files = {
  '.gitignore': 'ignored/\n*.log\n',
  'a.ts': 'first\n',
  'src/b.ts': 'needle\n-dash\n',
  'src/deep/c.ts': 'Needle\n',
  'src/d.js': 'needle\n',
  'debug.log': 'needle\n',
  'ignored/e.ts': 'needle\n',
};

test.each([
  ['*.ts', 'a.ts\nsrc/b.ts\nsrc/deep/c.ts\nuntracked.ts'],
  ['src/*', 'src/b.ts\nsrc/d.js'],
  ['./src/**/*.ts', 'src/b.ts\nsrc/deep/c.ts'],
  ['*.{js,log}', 'src/d.js'],
  ['ignored/*', 'No file matches ignored/*.'],
  ['../*', 'No file matches ../*.'],
  ['[', 'No file matches [.'],
])('glob %s in a repository', async (pattern, expected) => {
  const repository = createRepository([{ message: 'one', files: { ...TREE, 'deleted.ts': 'x' } }]);
  const { use, root } = await workspace({ 'untracked.ts': '' }, repository.path);
  await rm(join(root, 'deleted.ts'));
  expect(await use(globTool, { pattern })).toEqual(ok(expected));
});

test.each([
  ['*.ts', 'a.ts\nignored/e.ts\nsrc/b.ts\nsrc/deep/c.ts'],
  ['**/*', '.gitignore\na.ts\ndebug.log\nignored/e.ts\nlink\nsrc/b.ts\nsrc/d.js\nsrc/deep/c.ts'],
  ['link/*', 'No file matches link/*.'],
  ['../*', 'No file matches ../*.'],
])('glob %s outside of git', async (pattern, expected) => {
  const { use, root } = await workspace({ ...TREE, 'node_modules/x/index.ts': '', '.git/x.ts': '' });
  await symlink(dirname(root), join(root, 'link'));
  expect(await use(globTool, { pattern })).toEqual(ok(expected));
});

test('glob shows 200 files and counts the rest', async () => {
  const files = Array.from({ length: 205 }, (_, i) => [`${1_000 + i}.txt`, ''] as const);
  const { use } = await workspace(Object.fromEntries(files));
  const { output } = await use(globTool, { pattern: '*.txt' });
  expect(output.split('\n')).toHaveLength(201);
  expect(output).toMatch(/^1000\.txt\n[\s\S]*\n1199\.txt\n\[… 5 more files match …\]$/);
});

/** Puts only these programs on the PATH. */
async function onlyOnPath(programs: readonly string[]): Promise<void> {
  const folder = temporaryFolder();
  const path = process.env.PATH ?? '';
  for (const program of programs) {
    for (const place of path.split(delimiter)) {
      const found = await open(join(place, program)).catch(() => undefined);
      if (found === undefined) continue;
      await found.close();
      await symlink(join(place, program), join(folder, program));
      break;
    }
  }
  process.env.PATH = folder;
  onTestFinished(() => {
    process.env.PATH = path;
  });
}

const SEARCHES: [string, Parameters<typeof grepTool.run>[0], ReturnType<typeof failed> | ToolResult][] = [
  ['a match', { pattern: 'n[e]+dle' }, ok('src/b.ts:1:needle\nsrc/d.js:1:needle')],
  ['either case', { pattern: 'NEEDLE', ignore_case: true, path: 'src/deep' }, ok('src/deep/c.ts:1:Needle')],
  ['no match', { pattern: 'absent' }, ok('No match.')],
  ['a pattern that is none', { pattern: '(' }, failed(/\(/)],
  ['a pattern like an option', { pattern: '-dash' }, ok('src/b.ts:2:-dash')],
  ['a glob', { pattern: 'needle', glob: '*.js' }, ok('src/d.js:1:needle')],
  ['a folder', { pattern: 'first|Needle', path: 'src' }, ok('src/deep/c.ts:1:Needle')],
  ['a file', { pattern: '.', path: 'a.ts' }, ok('a.ts:1:first')],
  ['a folder and a glob', { pattern: 'needle', path: 'src/', glob: '*.ts' }, ok('src/b.ts:1:needle')],
  ['a path outside', { pattern: 'x', path: '../..' }, failed('../.. lies outside the workspace.')],
];
const WITH = ['rg', 'git'].flatMap((program) =>
  SEARCHES.map(([what, input, expected]) => ({ program, what, input, expected })),
);

test.each(WITH)('grep for $what, by $program', async ({ program, input, expected }) => {
  const repository = createRepository([{ message: 'one', files: TREE }]);
  const { use } = await workspace({}, repository.path);
  await onlyOnPath([program]);
  expect(await use(grepTool, input)).toEqual(expected);
});

test.each(['rg', 'git'])('grep cuts long lines and many lines, by %s', async (program) => {
  const repository = createRepository();
  const long = `needle${'x'.repeat(1_000_000)}\n`;
  const { use } = await workspace({ 'long.txt': long, 'many.txt': 'hay\n'.repeat(500) }, repository.path);
  await onlyOnPath([program]);
  const { output } = await use(grepTool, { pattern: 'needle' });
  expect(output).toMatch(/^long\.txt:1:needlex+/);
  expect(output.length).toBeLessThan(2_100);
  const many = await use(grepTool, { pattern: 'hay' });
  expect(many.output.split('\n')).toHaveLength(201);
  expect(many.output).toMatch(/\[… 300 more matching lines; narrow the search …\]$/);
});

test('grep searches a folder that is no repository', async () => {
  const { use } = await workspace({ 'a b.txt': 'needle\n', '.hidden': 'needle\n' });
  expect(await use(grepTool, { pattern: 'needle' })).toEqual(ok('.hidden:1:needle\na b.txt:1:needle'));
  expect(await use(grepTool, { pattern: 'needle', path: 'no' })).toMatchObject({ ok: false });
});

test.each([
  ['output', 'echo out; echo err >&2', ok('out\nerr')],
  ['nothing to show', 'true', ok('[no output]')],
  ['a failure', 'echo why; exit 3', failed('why\n[exit code 3]')],
  ['a silent failure', 'false', failed('[exit code 1]')],
  ['a death by signal', 'kill -SEGV $$', failed('[ended by SIGSEGV]')],
])('bash shows %s', async (_, command, expected) => {
  const { use } = await workspace();
  expect(await use(bashTool, { command })).toEqual(expected);
});

test('bash kills a command after its time', async () => {
  const { use } = await workspace();
  const result = await use(bashTool, { command: 'echo begun; sleep 60', timeout: 1 });
  expect(result).toEqual(failed('begun\n[killed after 1 s]'));
});

test.each([
  ['that succeeds', 'seq 1 20000', true],
  ['that fails', 'seq 1 20000; exit 1', false],
])('bash keeps the long output of a command %s in a file', async (_, command, succeeds) => {
  const { use } = await workspace();
  const result = await use(bashTool, { command });
  expect(result.ok).toBe(succeeds);
  expect(result.output).toMatch(/^1\n2\n[\s\S]*\[… \d+ bytes cut …\]\n[\s\S]*20000(\n\[exit code 1\])?$/);
  expect(result.output.length).toBeLessThan(25_000);
  expect((await readFile(result.outputFile!, 'utf8')).split('\n')).toHaveLength(20_001);
});
