import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { App } from '../src/cli/tui/app.ts';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { kino } from './support/cli.ts';
import { type Script, startModelServer, type Turn } from './support/model-server.ts';
import { Screen } from './support/screen.ts';
import { temporaryFolder } from './support/temporary.ts';
import { eventsOf } from './support/threads.ts';

function folderWith(files: Record<string, string>): string {
  const cwd = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, path, '..'), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  return cwd;
}

async function run(
  cwd: string,
  script: Script,
  { prompt = 'do it', flags = [] as string[], command = ['run'] } = {},
) {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const result = await kino([...command, prompt, ...model, '--output', 'json', ...flags], { cwd });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  return { ...result, ...JSON.parse(result.stdout), requests: server.requests };
}

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });
const sent = (requests: { body: Record<string, unknown> }[], at = -1) =>
  JSON.stringify(requests.at(at)?.body);
const node = (code: string) => [process.execPath, '-e', code];

test('hooks of a trusted repository block a call, comment on a result and send the agent on', async () => {
  const hooks = {
    beforeTool: [{ command: node("console.log('no tabs'); process.exit(2)"), tools: 'bash(touch *)' }],
    afterTool: [
      {
        command: node(
          "let s='';process.stdin.on('data',d=>s+=d).on('end',()=>{const e=JSON.parse(s);console.log(e.tool+' said '+e.output.trim());process.exit(2)})",
        ),
        tools: 'bash(echo *)',
      },
    ],
    stop: [
      {
        command: node(
          "const f='asked';const fs=require('fs');if(fs.existsSync(f))process.exit(0);fs.writeFileSync(f,'');console.log('Run the tests.');process.exit(2)",
        ),
      },
    ],
  };
  const cwd = folderWith({ '.kino/config.json': JSON.stringify({ hooks }) });
  const script = [bash('touch x'), bash('echo hello'), { text: 'Done.' }, { text: 'Tests ran.' }];
  const untrusted = await run(cwd, script, { flags: ['--mode', 'auto'] });
  expect(untrusted.answer).toBe('Done.');
  expect(existsSync(join(cwd, 'x'))).toBe(true);
  await kino(['trust'], { cwd });
  const done = await run(cwd, script);
  expect(done.answer).toBe('Tests ran.');
  expect(sent(done.requests)).toContain('Not run: a hook said: no tabs');
  expect(sent(done.requests)).toContain('[a hook says: bash said hello]');
  expect(sent(done.requests)).toContain('Run the tests.');
  const ran = (await eventsOf(done.thread)).filter((event) => event.type === 'hook.ran');
  expect(ran.map(({ event, outcome }) => [event, outcome])).toEqual([
    ['beforeTool', 'blocked'],
    ['afterTool', 'blocked'],
    ['stop', 'blocked'],
    ['stop', 'passed'],
  ]);
});

test('a hook that cannot run lets nothing pass that it guards, and one that hangs is ended', async () => {
  const hooks = {
    beforeTool: [{ command: ['no-such-guard'], tools: 'edit' }],
    afterTool: [{ command: node('setInterval(() => {}, 1000)'), timeout: 0.3 }],
  };
  const cwd = folderWith({ '.kino/config.json': JSON.stringify({ hooks }) });
  await kino(['trust'], { cwd });
  const script = [
    { calls: [{ name: 'write', args: { path: 'a', content: 'a' } }] },
    bash('true'),
    { text: 'ok' },
  ];
  const done = await run(cwd, script);
  expect(done.status).toBe('done');
  expect(existsSync(join(cwd, 'a'))).toBe(false);
  const ran = (await eventsOf(done.thread)).filter((event) => event.type === 'hook.ran');
  expect(ran).toMatchObject([
    { event: 'beforeTool', outcome: 'blocked' },
    { event: 'afterTool', outcome: 'failed', output: 'it took more than 0.3 s' },
  ]);
});

test('a command of the repository is what its file says, with its arguments, once the folder is trusted', async () => {
  const cwd = folderWith({
    '.claude/commands/git/commit.md':
      '---\ndescription: commit\nargument-hint: "[style]"\n---\nCommit in the style $1, then $2. All: $ARGUMENTS',
    '.kino/commands/plain.md': 'Do the plain thing. Never run !`touch pwned`.',
    '.kino/commands/broken.md': '---\n: [\n---\nx',
  });
  const untrusted = await run(cwd, [{ text: 'ok' }], { prompt: '/git:commit short' });
  expect(sent(untrusted.requests)).toContain('/git:commit short');
  await kino(['trust'], { cwd });
  const done = await run(cwd, [{ text: 'ok' }], { prompt: '/git:commit short "push it"' });
  expect(sent(done.requests)).toContain('Commit in the style short, then push it. All: short ');
  const plain = await run(cwd, [{ text: 'ok' }], { prompt: '/plain and more' });
  expect(sent(plain.requests)).toContain('Do the plain thing. Never run !`touch pwned`.\\n\\nand more');
  expect(existsSync(join(cwd, 'pwned'))).toBe(false);
});

test('what the person approves is remembered, told to later sessions, listed and removed', async () => {
  const cwd = folderWith({});
  const remember = { calls: [{ name: 'remember', args: { fact: 'Tests run with make check.' } }] };
  const server = await startModelServer([remember, { text: 'ok' }]);
  onTestFinished(() => server.close());
  const store = new SqliteThreadStore(join(process.env.KINO_HOME!, 'kino.db'));
  const screen = new Screen();
  const flags = {
    model: 'openai-compatible/scripted',
    baseUrl: `${server.url}/v1`,
    cwd,
    mode: 'bypass' as const,
  };
  const ended = new App({ flags, store, terminal: screen, prompt: 'learn' }).run();
  await screen.shows('it would be kept for later sessions');
  screen.type('y');
  await screen.shows(/done · 2 steps/);
  screen.type('\x03');
  screen.type('\x03');
  await ended;
  store.close();
  const later = await run(cwd, [{ text: 'ok' }]);
  expect(sent(later.requests)).toContain('Tests run with make check.');
  expect(sent(later.requests)).not.toContain('"remember"');
  const listed = JSON.parse((await kino(['memory', 'list', '--json'], { cwd })).stdout);
  expect(listed).toMatchObject([
    { text: 'Tests run with make check.', project: cwd, at: expect.stringMatching(/^20/) },
  ]);
  expect((await kino(['memory', 'remove', listed[0].id], { cwd })).code).toBe(0);
  expect((await kino(['memory'], { cwd })).stdout).toBe('Nothing is remembered.\n');
});

const NOTES =
  '## Goal\nShip it.\n## Decisions\nUse B.\n## Tried\nA failed at a.ts:3.\n## Next step\nWrite b.ts.';

test('a handoff is written, can be changed, and a fresh session starts from it', async () => {
  const cwd = folderWith({ 'a.ts': 'one\ntwo\n' });
  const first = await run(cwd, [
    { calls: [{ name: 'read', args: { path: 'a.ts', offset: 1, limit: 2 } }] },
    { text: 'Half way.' },
  ]);
  const file = join(cwd, 'notes.md');
  const written = await run(cwd, [{ text: NOTES }], {
    command: ['handoff'],
    prompt: first.thread,
    flags: ['--out', file],
  });
  expect(written.file).toBe(file);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('Write b.ts.');
  expect(text).toContain('- a.ts (lines 1-2)');
  expect(text).toContain('> do it');
  writeFileSync(file, text.replace('Use B.', 'Use C.'));
  const next = await run(cwd, [{ text: 'On it.' }], {
    command: ['handoff', '--start', file],
    prompt: 'go on',
  });
  expect(next.thread).not.toBe(first.thread);
  expect(sent(next.requests)).toContain('Use C.');
  expect(sent(next.requests)).not.toContain('Half way.');
  const digest = await kino(['handoff', first.thread, '--digest', '--out', file], { cwd });
  expect(digest.code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('Half way.');
});
