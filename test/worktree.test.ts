import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

const CONFIG = {
  worktree: {
    setup: ['sh', '-c', 'echo "setting up $KINO_WORKTREE"; echo $KINO_PORT > port'],
    run: ['sh', '-c', 'echo runs at $KINO_PORT'],
    archive: ['sh', '-c', 'cp made "$KINO_ROOT/archived"'],
    include: ['.env', 'local/*.json'],
  },
};

function repository() {
  return createRepository([
    {
      message: 'one',
      files: {
        a: 'a\n',
        '.gitignore': '.env\nlocal/\nport\narchived\n',
        '.kino/config.json': JSON.stringify(CONFIG),
      },
    },
  ]);
}

async function run(cwd: string, script: Script, flags: string[]) {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const result = await kino(['run', 'do it', ...model, '--output', 'json', ...flags], { cwd });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  return { ...result, ...JSON.parse(result.stdout), requests: server.requests };
}

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });
const worktrees = async (cwd: string) =>
  JSON.parse((await kino(['worktree', 'list', '--json'], { cwd })).stdout);

test('agents work side by side in worktrees, set up with what git ignores and ports of their own', async () => {
  const repo = repository();
  const cwd = repo.path;
  repo.git('config', 'user.name', 'Ada');
  repo.git('config', 'user.email', 'ada@example.com');
  writeFileSync(join(cwd, '.env'), 'SECRET=1\n');
  await kino(['trust'], { cwd });
  const script = [
    bash('cat .env port; echo x > made; echo changed $KINO_WORKTREE > a; git add a && git commit -qm change'),
    { text: 'ok' },
  ];
  const [one, two] = await Promise.all([
    run(cwd, script, ['--worktree', 'one']),
    run(cwd, script, ['--worktree', 'two']),
  ]);
  expect(one.stderr + two.stderr).toContain('setting up one');
  expect(one.status).toBe('done');
  const made = await worktrees(cwd);
  expect(made.map(({ name, branch }: { name: string; branch: string }) => [name, branch]).sort()).toEqual([
    ['one', 'kino/one'],
    ['two', 'kino/two'],
  ]);
  expect(new Set(made.map(({ port }: { port: number }) => port)).size).toBe(2);
  const said = JSON.stringify(one.requests.at(-1).body);
  expect(said).toContain('SECRET=1');
  // The person's own files are as they were.
  expect(readFileSync(join(cwd, 'a'), 'utf8')).toBe('a\n');
  expect(repo.git('status', '--porcelain')).toBe('');
  expect(repo.git('log', '--oneline', 'kino/one')).toContain('change');
  expect((await kino(['worktree', 'run', 'one'], { cwd })).stderr).toMatch(/runs at 42\d+/);

  // The same name goes on where it was; a session is found from the repository as well.
  const again = await run(cwd, [bash('echo [$(cat made)]'), { text: 'ok' }], ['--worktree', 'one']);
  expect(JSON.stringify(again.requests.at(-1).body)).toContain('"[x]"');

  const refused = await kino(['worktree', 'remove', 'one'], { cwd });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('not committed (made') });
  const removed = await kino(['worktree', 'remove', 'one', '--force'], { cwd });
  expect(removed.stdout).toContain('kino/one stays: it has commits');
  expect(readFileSync(join(cwd, 'archived'), 'utf8')).toBe('x\n');
  expect(repo.git('log', '--oneline', 'kino/one')).toContain('change');
  expect(await worktrees(cwd)).toHaveLength(1);
});

test('what a stranger put into a repository has no work tree lead out of it, and runs nothing', async () => {
  const repo = repository();
  const cwd = repo.path;
  const outside = temporaryFolder();
  // Checked out, the link would lead the copy of the person's settings to where it points.
  symlinkSync(join(outside, 'taken'), join(cwd, '.env.local'));
  repo.git('add', '--force', '.env.local');
  repo.commit({ message: 'link', files: { '.gitattributes': 'a filter=evil\n' } });
  repo.git('config', 'filter.evil.smudge', `sh -c 'touch "${join(outside, 'ran')}"; cat'`);
  repo.git('config', 'filter.evil.clean', `sh -c 'touch "${join(outside, 'ran')}"; cat'`);
  rmSync(join(cwd, '.env.local'));
  writeFileSync(join(cwd, '.env.local'), 'SECRET=1\n');
  const { code } = await run(cwd, [{ text: 'ok' }], ['--worktree', 'one']);
  expect(code).toBe(0);
  await kino(['worktree', 'remove', 'one', '--force'], { cwd });
  expect(readdirSync(outside)).toEqual([]);

  const pointing = temporaryFolder();
  writeFileSync(join(pointing, '.git'), `gitdir: ${join(cwd, '.git')}\n`);
  const refused = await kino(['run', 'x', '--worktree', 'two'], { cwd: pointing });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('only points at a repository') });
});

test('in a folder that nobody trusts no script runs, and what cannot be made is said', async () => {
  const { path: cwd } = repository();
  const done = await run(cwd, [{ text: 'ok' }], ['--worktree', 'quiet']);
  const [{ path }] = await worktrees(cwd);
  expect(done.stderr).not.toContain('setting up');
  expect(existsSync(join(path, 'port'))).toBe(false);
  expect((await kino(['worktree', 'run', 'quiet'], { cwd })).code).toBe(2);
  expect((await kino(['worktree', 'remove', 'quiet'], { cwd })).stdout).toContain(
    'kino/quiet is gone as well',
  );
  const model = ['--model', 'ollama/x'];
  const bad = await kino(['run', 'x', ...model, '--worktree', '../evil'], { cwd });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('is no name for a worktree') });
  const none = await kino(['run', 'x', ...model, '--worktree', 'a'], { cwd: temporaryFolder() });
  expect(none.code).toBe(2);
});
