import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import { type ModelServer, type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';
import { eventsOf } from './support/threads.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });
const write = (path: string, content: string): Turn => ({
  calls: [{ name: 'write', args: { path, content } }],
});
const DONE: Turn = { text: 'done' };

function folderWith(files: Record<string, string>): string {
  const cwd = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, path, '..'), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  return cwd;
}

/** Runs a session; `args` replace the command and the prompt. */
async function session(cwd: string, script: Script, flags: string[] = [], args = ['run', 'do it']) {
  await server?.close();
  server = await startModelServer(script);
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const result = await kino([...args, ...model, '--output', 'json', ...flags], { cwd });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  return { ...result, ...JSON.parse(result.stdout), requests: server.requests };
}

const text = (cwd: string, path: string) => readFileSync(join(cwd, path), 'utf8');

test('a folder that nobody trusts is looked at, not changed; trust lets the sandbox decide', async () => {
  const cwd = folderWith({ a: 'a\n' });
  const script = [bash('git --version; touch made'), bash('cat a'), write('b', 'b\n'), DONE];
  const careful = await session(cwd, script);
  expect(careful).toMatchObject({ code: 0, status: 'done' });
  expect(careful.denials).toMatchObject([{ tool: 'bash' }, { tool: 'write' }]);
  expect(existsSync(join(cwd, 'made'))).toBe(false);
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  expect((await eventsOf(careful.thread)).filter(({ type }) => type === 'permission.decided')).toMatchObject([
    { tool: 'bash', outcome: 'deny', by: 'nobody', reason: expect.stringContaining('mode manual') },
    { tool: 'write', outcome: 'deny', by: 'nobody' },
  ]);
  expect((await kino(['trust'], { cwd })).code).toBe(0);
  const trusted = await session(cwd, script);
  expect(trusted.denials).toEqual([]);
  expect(text(cwd, 'b')).toBe('b\n');
  expect(existsSync(join(cwd, 'made'))).toBe(true);
});

test('a configuration that changed since it was trusted counts no more until it is trusted again', async () => {
  const cwd = folderWith({ '.kino/config.json': '{"permissions": {"deny": ["bash(ls *)"]}}', a: 'a\n' });
  await kino(['trust'], { cwd });
  const first = await session(cwd, [bash('ls -l'), DONE]);
  expect(first.denials).toHaveLength(1);
  const told = (await eventsOf(first.thread)).find((event) => event.type === 'permission.decided');
  expect(told).toMatchObject({ by: 'rule', reason: 'the rule bash(ls *) (.kino/config.json)' });
  writeFileSync(join(cwd, '.kino/config.json'), '{"permissions": {"allow": ["bash"]}}');
  const second = await session(cwd, [bash('touch made'), DONE]);
  expect(second.denials).toHaveLength(1);
  await kino(['trust'], { cwd });
  expect((await session(cwd, [bash('touch made'), DONE])).denials).toEqual([]);
});

test.each(['--mode=auto', '--mode=bypass'])(
  'in %s the agent works, and its protected files are another matter',
  async (mode) => {
    const repository = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
    const cwd = repository.path;
    const done = await session(
      cwd,
      [
        write('.git/hooks/pre-commit', '#!/bin/sh\n'),
        bash('echo evil >> .git/config'),
        write('new', 'x\n'),
        DONE,
      ],
      [mode],
    );
    const free = mode === '--mode=bypass';
    expect(existsSync(join(cwd, '.git/hooks/pre-commit'))).toBe(free);
    expect(text(cwd, '.git/config').includes('evil')).toBe(free);
    expect(done.denials).toHaveLength(free ? 0 : 2);
    expect(text(cwd, 'new')).toBe('x\n');
  },
);

test('plan mode and the read-only sandbox change nothing', async () => {
  const cwd = folderWith({ a: 'a\n' });
  const script = [write('b', 'b'), bash('echo x > c'), bash('cat a | wc -l'), DONE];
  const plan = await session(cwd, script, ['--mode', 'plan']);
  expect(plan.denials).toHaveLength(2);
  const readOnly = await session(cwd, script, ['--mode', 'auto', '--sandbox', 'read-only']);
  expect(readOnly.denials).toEqual([]);
  expect(existsSync(join(cwd, 'b')) || existsSync(join(cwd, 'c'))).toBe(false);
  const outputs = (await eventsOf(readOnly.thread)).flatMap((event) =>
    event.type === 'tool.ended' ? [event.output] : [],
  );
  expect(outputs[0]).toBe('b was not written: the sandbox is read-only.');
});

test('undo takes back the last step that changed files, and keeps what the person did since', async () => {
  const repository = createRepository([
    { message: 'one', files: { a: 'a\n', b: 'b\n', '.gitignore': 'ignored\n' } },
  ]);
  const cwd = repository.path;
  // The person's own uncommitted work.
  writeFileSync(join(cwd, 'a'), 'mine\n');
  writeFileSync(join(cwd, 'untracked'), 'mine too\n');
  writeFileSync(join(cwd, 'ignored'), 'secret\n');
  const { thread } = await session(
    cwd,
    [
      bash('echo agent > a; echo agent > b; mkdir -p d/e; echo agent > d/e/f; rm untracked'),
      { calls: [{ name: 'edit', args: { path: 'ignored', old: 'secret', new: 'changed' } }] },
      bash('cat a'),
      DONE,
    ],
    ['--mode', 'auto'],
  );
  expect((await eventsOf(thread)).filter(({ type }) => type === 'checkpoint.made')).toHaveLength(4);
  const undone = await kino(['undo', '--json'], { cwd });
  expect(JSON.parse(undone.stdout)).toMatchObject({ steps: [2], restored: ['ignored'], kept: [] });
  expect(text(cwd, 'ignored')).toBe('secret\n');
  writeFileSync(join(cwd, 'b'), 'changed by the person since\n');
  const second = await kino(['undo'], { cwd });
  expect(second.code).toBe(0);
  expect(second.stdout).toContain('kept      b: it was changed since');
  expect(text(cwd, 'a')).toBe('mine\n');
  expect(text(cwd, 'untracked')).toBe('mine too\n');
  expect(text(cwd, 'b')).toBe('changed by the person since\n');
  expect(existsSync(join(cwd, 'd'))).toBe(false);
  const third = await kino(['undo'], { cwd });
  expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining('can be taken back') });
  // Git's own index and stash know nothing of all this.
  expect(repository.git('stash', 'list')).toBe('');
  expect(repository.git('diff', '--cached', '--name-only')).toBe('');
});

test('undo works outside git, and rewind takes the conversation back as well', async () => {
  const cwd = folderWith({ a: 'one\n' });
  const script = [bash('echo two > a'), bash('echo three > a; echo new > b'), DONE];
  const { thread } = await session(cwd, script, ['--mode', 'auto']);
  expect(text(cwd, 'a')).toBe('three\n');
  expect((await kino(['undo', '--list'], { cwd })).stdout).toBe('   1  a\n   2  a, b\n');
  const rewound = await kino(['rewind', '2'], { cwd });
  expect(rewound).toMatchObject({ code: 0, stderr: '' });
  expect(text(cwd, 'a')).toBe('two\n');
  expect(existsSync(join(cwd, 'b'))).toBe(false);
  expect((await kino(['rewind', '2'], { cwd })).stderr).toContain('has no step 2');
  const on = await session(cwd, [DONE], [], ['resume', thread, 'and now?']);
  const sent = JSON.stringify(on.requests[0].body);
  expect(sent).toContain('echo two');
  expect(sent).not.toContain('echo three');
  expect(sent).toContain('and now?');
});

test('a session goes on with what was said before, from its prefix on', async () => {
  const cwd = folderWith({ 'AGENTS.md': 'Be kind.', a: 'hello\n' });
  const first = await session(cwd, [
    { calls: [{ name: 'read', args: { path: 'a' } }] },
    { text: 'It says hello.' },
  ]);
  writeFileSync(join(cwd, 'AGENTS.md'), 'Be somebody else.');
  const before = JSON.stringify(first.requests[1].body.messages).slice(0, -1);
  const second = await session(cwd, [DONE], [], ['resume', first.thread, 'thanks']);
  const after = JSON.stringify(second.requests[0].body.messages);
  expect(after.startsWith(before)).toBe(true);
  expect(after).toContain('It says hello.');
  const whole = await kino(['resume', first.thread, '--model', 'ollama/x'], { cwd });
  expect(whole).toMatchObject({ code: 2, stderr: expect.stringContaining('is at its end') });
});
