import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type CommitSpec, createRepository, type TestRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

const PARSER = 'export function parseDate(text: string) {\n  return new Date(text);\n}\n';
const HISTORY: CommitSpec[] = [
  {
    message: 'Start of the project',
    files: { 'src/date.ts': PARSER, 'src/zone.ts': 'export const zone = 0;\n' },
  },
  { message: 'Parse a date with a time zone behind it', files: { 'src/date.ts': `${PARSER}// zones\n` } },
  {
    message: 'Let the zone of a date be given in hours',
    files: { 'src/zone.ts': 'export const zone = 1;\n' },
  },
];

interface Mined {
  repository: string;
  file: string;
  funnel: { commits: number; dropped: { reason: string; count: number }[]; tasks: number };
}

/** One JSON document is on standard output, and nothing else. */
async function json<T>(args: string[], cwd: string): Promise<{ value: T; stderr: string }> {
  const { code, stdout, stderr } = await kino([...args, '--json'], { cwd });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { value: JSON.parse(stdout) as T, stderr };
}

/** Mines, finds and evaluates the finder. */
async function work(path: string): Promise<{ mined: Mined; stderr: string; found: string[] }> {
  const { value: mined, stderr } = await json<Mined>(['mine', 'localize'], path);
  const found = await json<{ path: string; score: number; lines: unknown[] }[]>(
    ['find', 'parse a date'],
    path,
  );
  const report = await json<{ rollouts: { reward: number | null }[] }>(
    ['eval', 'localize', '--agent', 'finder', '--new'],
    path,
  );
  expect(report.value.rollouts).toHaveLength(mined.funnel.tasks);
  for (const { reward } of report.value.rollouts) expect(reward).toEqual(expect.any(Number));
  return { mined, stderr, found: found.value.map((file) => file.path) };
}

const REPOSITORIES: [string, number, (repository: TestRepository) => void][] = [
  ['a detached HEAD', 2, ({ git }) => void git('checkout', '--quiet', '--detach', 'HEAD')],
  [
    'a submodule',
    2,
    ({ git, commit }) => {
      const other = createRepository(HISTORY);
      git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other.path, 'src/sub');
      commit({ message: 'Take the other project in as a submodule' });
    },
  ],
  [
    'a symbolic link out of the tree',
    3,
    ({ path, commit }) => {
      symlinkSync('/etc/passwd', join(path, 'src', 'link.ts'));
      symlinkSync('nowhere', join(path, 'src', 'dangling.ts'));
      commit({ message: 'Parse a date and link to what is outside', files: { 'src/date.ts': PARSER } });
    },
  ],
  [
    'a name that is not UTF-8',
    3,
    ({ path, commit }) => {
      const name = Buffer.concat([Buffer.from(`${path}/src/caf`), Buffer.from([0xe9]), Buffer.from('.ts')]);
      writeFileSync(name, PARSER);
      commit({ message: 'Parse a date in the café as well', files: { 'src/date.ts': PARSER } });
      writeFileSync(name, `${PARSER}// more`);
      commit({ message: 'Parse a date in the café only there' });
    },
  ],
  [
    'names with spaces, quotes and line ends',
    3,
    ({ commit }) => {
      commit({ message: 'Strange names', files: { 'src/a “b"\n\tc.ts': PARSER } });
      commit({
        message: 'Parse a date in files of strange names',
        files: { 'src/a “b"\n\tc.ts': `${PARSER}//` },
      });
    },
  ],
  [
    'a file of 100 MB',
    3,
    ({ path, commit }) => {
      writeFileSync(join(path, 'src', 'zeros.ts'), '');
      truncateSync(join(path, 'src', 'zeros.ts'), 100 * 1024 * 1024);
      commit({ message: 'Parse a date and add zeros', files: { 'src/date.ts': PARSER } });
    },
  ],
  [
    'a commit of 5,000 files',
    2,
    ({ commit }) => {
      const files = Array.from({ length: 5_000 }, (_, i) => [`src/many/${i}.ts`, `export const n = ${i};\n`]);
      commit({ message: 'Add very many files at one time', files: Object.fromEntries(files) });
    },
  ],
];

test.each(REPOSITORIES)('%s: mine, find and eval work', async (_, tasks, prepare) => {
  const repository = createRepository(HISTORY);
  prepare(repository);
  const { mined, stderr, found } = await work(repository.path);
  expect(stderr).toBe('');
  expect(mined.funnel.tasks).toBe(tasks);
  expect(mined.file).toBe(join(repository.path, '.kino', 'environments', 'localize.jsonl'));
  const dropped = mined.funnel.dropped.reduce((sum, { count }) => sum + count, 0);
  expect(dropped + tasks).toBe(mined.funnel.commits);
  expect(found).toContain('src/date.ts');
  // What was mined is no change of the repository.
  expect(repository.git('status', '--porcelain', '--', '.kino')).toBe('');
});

test('a shallow clone gives what tasks it can, with a warning', async () => {
  const { path, git } = createRepository(HISTORY);
  const clone = join(temporaryFolder(), 'clone');
  git('clone', '--quiet', '--depth', '2', `file://${path}`, clone);
  const { mined, stderr, found } = await work(clone);
  expect(mined.funnel).toMatchObject({ commits: 2, tasks: 1 });
  expect(stderr).toMatch(/^kino: The history is shallow; [^\n]+\n$/);
  expect(found).toContain('src/date.ts');
});

test('a bare repository and a folder of a repository work too', async () => {
  const { path, git } = createRepository(HISTORY);
  const folder = temporaryFolder();
  git('clone', '--quiet', '--bare', path, join(folder, 'project.git'));
  const bare = await json<Mined>(['mine', 'localize', 'project.git'], folder);
  expect(bare.value.file).toBe(join(folder, '.kino', 'environments', 'project-localize.jsonl'));
  const inside = await json<Mined>(['mine', 'localize'], join(path, 'src'));
  expect(inside.value.file).toBe(join(path, '.kino', 'environments', 'localize.jsonl'));
  expect(inside.value.funnel).toEqual(bare.value.funnel);
});

test('--json prints one document for each command that has it', async () => {
  const { path, git } = createRepository(HISTORY);
  await json<Mined>(['mine', 'localize'], path);
  const explained = await json<{ commit: string; task: object }>(
    ['mine', 'localize', '--explain', 'HEAD'],
    path,
  );
  expect(explained.value).toMatchObject({
    commit: git('rev-parse', 'HEAD').trim(),
    task: expect.any(Object),
  });
  const evaluate = ['eval', 'localize', '--agent', 'oracle', '--agent', 'nop'];
  const { value: report } = await json<{ experiment: string; agents: object[] }>(evaluate, path);
  expect(report).toMatchObject({ status: 'done', agents: [{ agent: 'oracle' }, { agent: 'nop' }] });
  const compared = await json<object[]>(['compare', 'latest:oracle', 'latest:nop'], path);
  expect(compared.value).toHaveLength(1);
  const listed = await json<{ id: string }[]>(['threads', 'list', '--parent', report.experiment], path);
  expect(listed.value).toHaveLength(4);
  const shown = await json<{ events: { seq: number }[] }>(['threads', 'show', listed.value[0]!.id], path);
  expect(shown.value.events.map(({ seq }) => seq)).toEqual(shown.value.events.map((_, index) => index + 1));
  const doctor = await json<{ ok: boolean; checks: { name: string }[] }>(['doctor'], path);
  expect(doctor.value.ok).toBe(true);
  expect(doctor.value.checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['node', 'git', 'bubblewrap']),
  );
});

test('doctor says what is broken, how to mend it, and exits with 1', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'config.json'), '{"modle": "x"}');
  const env = { KINO_HOME: home, PATH: temporaryFolder() };
  const { code, stdout, stderr } = await kino(['doctor'], { env });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(/✗ git .*not found\n\s+Install it/);
  expect(stdout).toMatch(/✗ configuration .*"modle"/);
  expect(stdout).toMatch(/– bubblewrap /);
});
