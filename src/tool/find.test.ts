import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { openSandbox } from '../sandbox/index.ts';
import { findTool } from './find.ts';
import type { ToolResult } from './tool.ts';

type Input = Parameters<typeof findTool.run>[0];

const FILES = {
  'src/invoice.ts': [
    'import { round } from "./money";',
    '',
    'export function totalOfInvoice(lines) {',
    '  return round(lines.reduce((sum, line) => sum + line.price, 0));',
    '}',
    '',
  ].join('\n'),
  'src/money.ts': '/** Rounds an amount of money to cents. */\nexport const round = (amount) => amount;\n',
  'src/login/session.ts': 'export class LoginSession {\n  expire() {}\n}\n',
  'docs/colours.md': 'Green is for trees.\n',
};

/** The tool at work in a folder. */
async function finder(root: string, cwd = root): Promise<(input: Input) => Promise<ToolResult>> {
  const sandbox = await openSandbox('danger-full-access', { root, cwd });
  onTestFinished(() => sandbox.dispose());
  const signal = new AbortController().signal;
  const context = { sandbox, signal, newOutputFile: () => join(root, 'never'), ...toolState() };
  return (input) => findTool.run(input, context);
}

const paths = ({ output }: ToolResult) =>
  output
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => line.replace(' (stands out)', ''));

const NO_COMMIT = { ok: false, output: 'There is no commit to search here; use grep and glob.' };

test('the file that a text is about comes first, with the lines that matter', async () => {
  const find = await finder(createRepository([{ message: 'a', files: FILES }]).path);
  const found = await find({ text: 'The total of an invoice is wrong' });
  expect(found.ok).toBe(true);
  expect(found.output).toMatch(/^src\/invoice\.ts.*\n {2}3: export function totalOfInvoice\(lines\) \{$/m);
  expect(paths(found)[0]).toBe('src/invoice.ts');
});

test('a symbol leads to its file, which stands out', async () => {
  const find = await finder(createRepository([{ message: 'a', files: FILES }]).path);
  const { output } = await find({ text: 'LoginSession', limit: 1 });
  expect(output).toBe('src/login/session.ts (stands out)\n  1: export class LoginSession {');
});

test('at most so many files are named', async () => {
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}.ts`, `invoice(${i})\n`]));
  const find = await finder(createRepository([{ message: 'a', files }]).path);
  expect(paths(await find({ text: 'invoice' }))).toHaveLength(8);
  expect(paths(await find({ text: 'invoice', limit: 3 }))).toHaveLength(3);
});

test('a long line is cut', async () => {
  const find = await finder(
    createRepository([{ message: 'a', files: { 'a.ts': `invoice(${'x'.repeat(1_000)})\n` } }]).path,
  );
  const { output } = await find({ text: 'invoice' });
  expect(output.split('\n')[1]).toHaveLength('  1: '.length + 160);
});

test('files that are gone from the folder are left out', async () => {
  const { path } = createRepository([{ message: 'a', files: FILES }]);
  rmSync(join(path, 'src/invoice.ts'));
  const find = await finder(path);
  const found = paths(await find({ text: 'round the total of an invoice' }));
  expect(found[0]).toBe('src/money.ts');
  expect(found).not.toContain('src/invoice.ts');
});

test('a new commit is seen by the next call', async () => {
  const repository = createRepository([{ message: 'a', files: FILES }]);
  const find = await finder(repository.path);
  const question = { text: 'zebra crossing' };
  expect(await find(question)).toEqual({
    ok: true,
    output: 'Nothing that is committed speaks of that; try grep.',
  });
  repository.commit({ message: 'b', files: { 'zebra.ts': 'export class ZebraCrossing {}\n' } });
  expect(paths(await find(question))).toEqual(['zebra.ts']);
});

test('paths are relative to the working folder, and name nothing outside the workspace', async () => {
  const other = { 'web/invoice.ts': 'invoice();\n' };
  const { path } = createRepository([{ message: 'a', files: { ...FILES, ...other } }]);
  const question = { text: 'invoice' };
  const below = paths(await (await finder(path, join(path, 'src')))(question));
  expect(below.slice(0, 2).sort()).toEqual(['../web/invoice.ts', 'invoice.ts']);
  const part = paths(await (await finder(join(path, 'src')))(question));
  expect(part[0]).toBe('invoice.ts');
  expect(part.filter((name) => name.startsWith('..'))).toEqual([]);
});

test('a workspace that is reached by a link is searched as well', async () => {
  const link = join(temporaryFolder(), 'link');
  symlinkSync(createRepository([{ message: 'a', files: FILES }]).path, link);
  const find = await finder(link);
  expect(paths(await find({ text: 'LoginSession', limit: 1 }))).toEqual(['src/login/session.ts']);
});

test('more repositories than are kept in memory are searched one after the other', async () => {
  const find = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      finder(createRepository([{ message: 'a', files: { [`f${i}.ts`]: `invoice(${i})\n` } }]).path),
    ),
  );
  for (const round of [1, 2]) {
    const found = await Promise.all(find.map((one) => one({ text: `invoice ${round}` })));
    expect(found.map(paths)).toEqual(find.map((_, i) => [`f${i}.ts`]));
  }
});

test('a folder without a commit to search says what to do instead', async () => {
  const question = { text: 'invoice' };
  const noRepository = await finder(temporaryFolder());
  expect(await noRepository(question)).toEqual(NO_COMMIT);
  const noCommit = await finder(createRepository().path);
  expect(await noCommit(question)).toEqual(NO_COMMIT);
});

test.each([
  ['that is no reference', 'nonsense\n'],
  ['that is empty', ''],
  ['that leads to a missing commit', `${'1'.repeat(40)}\n`],
  ['that leads to a missing branch', 'ref: refs/heads/gone\n'],
])('a HEAD %s is told, not thrown', async (_, head) => {
  const { path } = createRepository([{ message: 'a', files: FILES }]);
  writeFileSync(join(path, '.git/HEAD'), head);
  const find = await finder(path);
  expect(await find({ text: 'invoice' })).toEqual(NO_COMMIT);
});

test('a repository that git cannot read is told, not thrown', async () => {
  const { path } = createRepository([{ message: 'a', files: FILES }]);
  const tree = execFileSync('git', ['rev-parse', 'HEAD^{tree}'], { cwd: path, encoding: 'utf8' }).trim();
  rmSync(join(path, '.git/objects', tree.slice(0, 2), tree.slice(2)));
  const find = await finder(path);
  expect(await find({ text: 'invoice' })).toEqual({
    ok: false,
    output: expect.stringMatching(
      /^The repository cannot be searched \(git ls-tree failed.*\); use grep and glob\.$/,
    ),
  });
});

test('nothing is written to the repository', async () => {
  const { path, git } = createRepository([{ message: 'a', files: FILES }]);
  mkdirSync(join(path, 'empty'));
  const before = readdirSync(path, { recursive: true }).sort();
  const find = await finder(path);
  await find({ text: 'invoice' });
  expect(readdirSync(path, { recursive: true }).sort()).toEqual(before);
  expect(git('status', '--porcelain')).toBe('');
});
