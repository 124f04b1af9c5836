import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { App } from '../src/cli/tui/app.ts';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { kino } from './support/cli.ts';
import { type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { Screen } from './support/screen.ts';
import { temporaryFolder } from './support/temporary.ts';

interface Setup {
  cwd?: string;
  thread?: string;
  screen?: Screen;
  mode?: 'manual' | 'auto' | 'plan';
}

async function open(
  script: Script,
  { cwd = temporaryFolder(), thread, screen = new Screen(), mode = 'auto' }: Setup = {},
) {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  const store = new SqliteThreadStore(join(process.env.KINO_HOME!, 'kino.db'));
  const flags = { model: 'openai-compatible/scripted', baseUrl: `${server.url}/v1`, cwd, mode };
  const app = new App({ flags, store, terminal: screen, ...(thread !== undefined && { thread }) });
  const ended = app.run();
  onTestFinished(async () => {
    screen.type('\x03');
    screen.type('\x03');
    await ended;
    store.close();
  });
  await screen.shows('/help');
  return { screen, cwd, requests: server.requests, store, ended };
}

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });
const sent = (requests: { body: Record<string, unknown> }[], at = -1) =>
  JSON.stringify(requests.at(at)?.body);

test('a prompt is answered as it streams, with calls, diffs, the window and the end', async () => {
  const { screen, cwd } = await open([
    {
      text: 'I write **it**.',
      calls: [{ name: 'write', args: { path: 'a.txt', content: 'one\ntwo\n' } }],
      usage: { input: 5_000, output: 10 },
    },
    { text: 'All done.', pace: 5 },
  ]);
  screen.send('please');
  await screen.shows('All done.');
  await screen.shows(/done · 2 steps/);
  expect(screen.text()).toContain('> please');
  expect(screen.text()).toMatch(/I write it\./);
  expect(screen.text()).toMatch(/● write a\.txt\n {2}\+ one\n {2}\+ two/);
  expect(screen.text()).toMatch(/\d+ % of 128k/);
  expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
});

test('the person is asked where they are, and their answer holds as far as they say', async () => {
  const script = [
    bash('npm run x'),
    bash('npm run x -- y'),
    bash('touch no'),
    bash('touch other'),
    { text: 'ok' },
  ];
  const { screen, cwd, requests } = await open(script, { mode: 'manual' });
  screen.send('go');
  await screen.shows('Yes, and bash(npm run x *) for this session');
  screen.type('\x1b[B');
  screen.type('\r');
  await screen.shows('bash touch no');
  screen.type('n');
  await screen.shows('bash touch other');
  screen.type('s');
  await screen.shows('What instead?');
  screen.send('use make');
  await screen.shows(/done · 5 steps/);
  expect(existsSync(join(cwd, 'no'))).toBe(false);
  expect(sent(requests)).toContain('the person refused it and says: use make');
});

test('while the agent works, enter steers and tab queues', async () => {
  const { screen, requests, cwd } = await open([
    bash('until [ -f go ]; do sleep 0.02; done'),
    bash('true'),
    { text: 'First.' },
    { text: 'Second.' },
  ]);
  screen.send('go');
  await screen.shows('● bash until');
  for (const letter of 'afterwards') screen.type(letter);
  screen.type('\t');
  await screen.shows('1 queued');
  screen.send('hurry');
  writeFileSync(join(cwd, 'go'), '');
  await screen.shows('Second.');
  expect(sent(requests, 1)).toContain('hurry');
  expect(sent(requests, 2)).not.toContain('afterwards');
  expect(sent(requests, 3)).toContain('afterwards');
});

test('esc stops the step and keeps the session; ctrl+c twice leaves', async () => {
  const { screen, ended, requests } = await open([bash('sleep 60'), { text: 'Here I am.' }]);
  screen.send('go');
  await screen.shows('● bash sleep');
  screen.type('\x1b');
  await screen.shows('It was stopped.');
  screen.send('still there?');
  await screen.shows('Here I am.');
  expect(sent(requests)).toContain('[stopped]');
  screen.type('\x03');
  await screen.shows('ctrl+c again leaves');
  screen.type('\x03');
  await ended;
  expect(screen.isStopped).toBe(true);
});

test('a session is gone on with from the list, and earlier prompts are found', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a' } }]);
  const first = await open([{ text: 'The answer is 42.' }], { cwd });
  first.screen.send('what is the answer');
  await first.screen.shows(/done · 1 step/);
  const { screen, requests } = await open([{ text: 'As I said.' }], { cwd });
  screen.type('\x12');
  await screen.shows('Earlier prompts');
  for (const letter of 'answer') screen.type(letter);
  screen.type('\r');
  await screen.shows(/what is the answer/);
  screen.type('\x03');
  screen.send('/resume');
  await screen.shows('Sessions');
  screen.type('\r');
  await screen.shows('The answer is 42.');
  screen.send('say it again');
  await screen.shows('As I said.');
  expect(sent(requests)).toContain('The answer is 42.');
});

test('commands answer; what is unknown is said', async () => {
  const { screen, cwd } = await open([bash('echo b > b'), { text: 'ok' }]);
  screen.send('/nonsense');
  await screen.shows('There is no command /nonsense');
  screen.send('/mode plan');
  await screen.shows('plan: looks, and changes nothing');
  screen.send('/mode auto');
  screen.send('go');
  await screen.shows(/done · 2 steps/);
  screen.send('/context');
  await screen.shows(/conversation +\d+/);
  screen.send('/undo');
  await screen.shows('took back: b');
  expect(existsSync(join(cwd, 'b'))).toBe(false);
});

test('what agents print cannot steer the terminal, and narrow or resized screens are no trouble', async () => {
  const evil = `a\u001b]0;owned\u0007b \u001b[2Jc ${'漢字🙂'.repeat(40)}`;
  const { screen } = await open(
    [{ text: evil, calls: bash(`printf '\\033[2J%s' "${'wide '.repeat(60)}"`).calls! }, { text: 'End.' }],
    {
      screen: new Screen(30, 12),
    },
  );
  screen.send('go');
  await screen.shows('End.');
  screen.resize(200, 50);
  screen.resize(12, 5);
  screen.resize(100, 40);
  await screen.shows('End.');
  expect(screen.text()).toContain('a\ufffd]0;owned\ufffdb');
});

test('sub-agents show who works, with which model, on what, and how it ended', async () => {
  const script: Script = ({ body }) => {
    const system = JSON.stringify((body.messages as unknown[])[0]);
    if (system.includes('You find code')) return { text: 'Found.', pace: 20 };
    return JSON.stringify(body).includes('Found.')
      ? { text: 'Thanks.' }
      : { calls: [{ name: 'agent', args: { agent: 'finder', task: 'Look for it' } }] };
  };
  const { screen } = await open(script);
  screen.send('go');
  await screen.shows(/finder openai-compatible\/scripted Look for it/);
  await screen.shows(/done, 1 steps/);
  await screen.shows('Thanks.');
});

test('without a terminal the session goes line by line', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'x'));
  writeFileSync(join(cwd, 'x/f'), 'f');
  const server = await startModelServer([bash('touch made'), { text: 'Made it.' }]);
  onTestFinished(() => server.close());
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const { code, stdout, stderr } = await kino(['chat', ...model], {
    cwd,
    input: 'make it\ny\n/help\n/quit\n',
  });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('bash touch made');
  expect(stdout).toContain('Made it.');
  expect(stdout).toContain('/resume');
  expect(existsSync(join(cwd, 'made'))).toBe(true);
});
