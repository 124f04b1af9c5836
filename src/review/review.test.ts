import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kino } from '../../test/support/cli.ts';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { changeOf } from './change.ts';
import { readDiff } from './diff.ts';

const BASE = {
  'src/store.ts': 'export function open() {\n  return 1;\n}\n',
  'src/api.ts': "import { open } from './store.ts';\nexport const api = open;\n",
  'src/app.ts':
    "import { api } from './api.ts';\nimport { open } from './store.ts';\nexport const app = [api, open];\n",
  'src/store.test.ts': "import { open } from './store.ts';\nopen();\n",
  'README.md': '# It\n',
  'package-lock.json': '{}\n',
};

test('foundations first, tests behind what they test, documents last, what a program wrote folded', async () => {
  const { path, commit } = createRepository([{ message: 'first', files: BASE }]);
  commit({
    message: 'second',
    files: Object.fromEntries(Object.entries(BASE).map(([file, text]) => [file, `${text}// more\n`])),
  });
  const { tour, files } = await changeOf(path, 'HEAD~', 'HEAD');
  expect(files).toHaveLength(6);
  expect(tour.stops.map(({ path: one }) => one)).toEqual([
    'src/store.ts',
    'src/store.test.ts',
    'src/api.ts',
    'src/app.ts',
    'README.md',
  ]);
  expect(tour.stops[0]!.why).toBe('2 changed files build on it: src/api.ts, src/app.ts.');
  expect(tour.stops[1]!.why).toBe('It tests src/store.ts.');
  expect(tour.stops[2]!.why).toBe('src/app.ts builds on it.');
  expect(tour.folded.map(({ path: one }) => one)).toEqual(['package-lock.json']);
});

test('whatever imports what, nothing comes before what it builds upon, and nothing is lost or twice', async () => {
  // Without circles: each module imports some of those before it.
  const modules = fc
    .integer({ min: 1, max: 8 })
    .chain((count) => fc.array(fc.array(fc.nat(count - 1)), { minLength: count, maxLength: count }));
  const { tourOf } = await import('./tour.ts');
  fc.assert(
    fc.property(modules, fc.infiniteStream(fc.nat(25)), (uses, letters) => {
      const names = uses.map((_, at) => `src/${String.fromCharCode(97 + letters.next().value!)}${at}.ts`);
      const texts = new Map(
        uses.map((own, at) => [
          names[at]!,
          own
            .filter((one) => one < at)
            .map((one) => `require('../${names[one]}');`)
            .join('\n'),
        ]),
      );
      const file = { status: 'changed', binary: false, hunks: [], added: 1, removed: 1 } as const;
      const { stops } = tourOf(
        names.map((path) => ({ path, ...file, hunks: [] })),
        (path) => texts.get(path),
      );
      const order = stops.map(({ path }) => path);
      expect([...order].sort()).toEqual([...names].sort());
      for (const [at, own] of uses.entries())
        for (const used of own)
          if (used < at) expect(order.indexOf(names[used]!)).toBeLessThan(order.indexOf(names[at]!));
    }),
  );
});

test('files as they are: new ones, moved ones, odd names, binaries, links; nothing is written', async () => {
  const { path, git } = createRepository([
    {
      message: 'first',
      files: {
        ...BASE,
        'old name.ts': 'export const a = 1;\nexport const b = 2;\n',
        'b.bin': Buffer.from([0, 1, 2]),
        'gone.ts': 'x\n',
      },
    },
  ]);
  const before = git('count-objects', '-v');
  writeFileSync(join(path, 'new "file"\n.ts'), 'const one = 1;\nconst two = 2;');
  writeFileSync(join(path, 'b.bin'), Buffer.from([0, 9]));
  writeFileSync(join(path, 'ümlaut.ts'), 'x\n');
  renameSync(join(path, 'old name.ts'), join(path, 'moved.ts'));
  rmSync(join(path, 'gone.ts'));
  symlinkSync('/etc/passwd', join(path, 'link.ts'));
  const { files } = await changeOf(path, 'HEAD');
  const at = (name: string) => files.find(({ path: one }) => one === name);
  expect(at('new "file"\n.ts')).toMatchObject({
    status: 'added',
    added: 2,
    hunks: [{ lines: [{ new: 1 }, { new: 2, text: 'const two = 2;' }] }],
  });
  expect(at('ümlaut.ts')).toMatchObject({ status: 'added', added: 1 });
  expect(at('b.bin')).toMatchObject({ binary: true, hunks: [] });
  expect(at('gone.ts')).toMatchObject({ status: 'deleted', removed: 1 });
  expect(JSON.stringify(files)).not.toContain('root:');
  expect(git('count-objects', '-v')).toBe(before);
  expect(git('status', '--porcelain')).toContain('moved.ts');
});

test('a repository whose configuration runs programs on its files runs none', async () => {
  const { path, git } = createRepository([
    { message: 'first', files: { 'a.txt': 'a\n', '.gitattributes': '* filter=evil diff=evil\n' } },
  ]);
  const proof = join(temporaryFolder(), 'proof');
  for (const key of [
    'filter.evil.clean',
    'filter.evil.process',
    'diff.evil.command',
    'diff.evil.textconv',
    'core.fsmonitor',
    'diff.external',
  ])
    git('config', key, `touch ${proof}; cat`);
  git('config', 'filter.evil.required', 'true');
  // By a name with an equals sign, by a file that is included, by one of worktrees alone, and of a repository inside.
  writeFileSync(
    join(path, '.gitattributes'),
    '* filter=evil diff=evil\n*.eq filter=a=b\n*.inc filter=inc\n*.wt filter=wt\n',
  );
  writeFileSync(
    join(path, '.git', 'evil.cfg'),
    `[filter "inc"]\n\tclean = touch ${proof}; cat\n[filter "a=b"]\n\tclean = touch ${proof}; cat\n`,
  );
  git('config', 'include.path', 'evil.cfg');
  git('config', 'extensions.worktreeConfig', 'true');
  writeFileSync(join(path, '.git', 'config.worktree'), `[filter "wt"]\n\tclean = touch ${proof}; cat\n`);
  for (const name of ['x.eq', 'x.inc', 'x.wt']) writeFileSync(join(path, name), 'one\n');
  const sub = createRepository(
    [{ message: 'inside', files: { 's.txt': 's\n', '.gitattributes': '* filter=evil\n' } }],
    join(path, 'sub'),
  );
  git(
    '-c',
    'filter.evil.clean=',
    '-c',
    'filter.evil.process=',
    '-c',
    'filter.evil.required=false',
    '-c',
    'filter.inc.clean=',
    '-c',
    'filter.wt.clean=',
    '-c',
    'core.fsmonitor=false',
    'add',
    'x.inc',
    'x.wt',
    'sub',
  );
  sub.git('config', 'filter.evil.clean', `touch ${proof}; cat`);
  writeFileSync(join(path, 'sub', 's.txt'), 't\n');
  for (const name of ['x.eq', 'x.inc', 'x.wt']) writeFileSync(join(path, name), 'two\n');
  rmSync(proof, { force: true });
  writeFileSync(join(path, 'a.txt'), 'b\n');
  const { files } = await changeOf(path, 'HEAD');
  expect(files.find(({ path: one }) => one === 'a.txt')).toMatchObject({ added: 1, removed: 1 });
  expect(existsSync(proof)).toBe(false);
});

test('what a change adds in slop is counted, less what it takes away', async () => {
  const { path, commit } = createRepository([
    { message: 'first', files: { 'src/a.ts': 'const a = b as any;\nconsole.log(a);\n' } },
  ]);
  const copied =
    'const first = 1;\nconst second = 2;\nconst third = 3;\nconst fourth = 4;\nconst fifth = 5;\nconst sixth = 6;\n';
  commit({
    message: 'second',
    files: {
      'src/a.ts': `// @ts-ignore\nconst x = y as any;\nconst z = y as any;\ntry { x(); } catch (e) {}\n${copied}// TODO later\n${copied}`,
      'src/a.test.ts': "import './a.ts';\ntest.skip('it', () => {});\n",
      'scripts/say.ts': "console.log('it is what it is for');\n",
    },
  });
  const { slop, tour } = await changeOf(path, 'HEAD~', 'HEAD');
  expect(slop).toEqual({
    suppression: 1,
    cast: 1,
    'skipped-test': 1,
    'empty-catch': 1,
    'debug-print': -1,
    todo: 1,
    duplicate: 1,
    'hollow-test': 0,
    'dead-code': 12,
  });
  expect(tour.stops[0]!.questions).toContain('Line 1 silences a check: // @ts-ignore');
});

test('a diff that git prints is read line by line, with its numbers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[ab+@\\-]{0,4}$/), { maxLength: 14 }),
      fc.array(fc.stringMatching(/^[ab+@\\-]{0,4}$/), { maxLength: 14 }),
      (before, after) => {
        const folder = temporaryFolder();
        mkdirSync(join(folder, 'x'));
        const text = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
        writeFileSync(join(folder, 'x/a'), text(before));
        writeFileSync(join(folder, 'x/b'), text(after));
        const printed = (() => {
          try {
            return execFileSync('git', ['diff', '--no-index', '--unified=50', 'x/a', 'x/b'], {
              cwd: folder,
              encoding: 'utf8',
            });
          } catch (error) {
            return (error as { stdout: string }).stdout;
          }
        })();
        const lines = readDiff(printed).flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines));
        if (printed === '') {
          expect(before).toEqual(after);
          return;
        }
        expect(lines.filter(({ kind }) => kind !== 'added').map(({ text: one }) => one)).toEqual(before);
        expect(lines.filter(({ kind }) => kind !== 'removed').map(({ text: one }) => one)).toEqual(after);
        expect(lines.flatMap(({ new: one }) => one ?? [])).toEqual(after.map((_, at) => at + 1));
      },
    ),
    { numRuns: 40 },
  );
});

test('from the command line', async () => {
  const { path } = createRepository([{ message: 'first', files: BASE }]);
  writeFileSync(
    join(path, 'src/api.ts'),
    "import { open } from './store.ts';\nexport const api = open as any;\n",
  );
  const { code, stdout } = await kino(['review'], { cwd: path });
  expect(code).toBe(0);
  expect(stdout).toContain('1 file, +1 −1; +1 looks away from types');
  expect(stdout).toContain('1. src/api.ts');
  expect(await kino(['review', 'nowhere..HEAD'], { cwd: path })).toMatchObject({ code: 2 });
});
