/**
 * Takes the pictures of the manager for the documents: `node scripts/manager-picture.ts` writes docs/manager.png and
 * docs/tour.png. The threads are made up, the pages and the change are real.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { SqliteThreadStore, type ThreadEvent } from '../src/thread/index.ts';
import { FLAGS } from '../test/support/browser-flags.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'kino-picture-'));
const home = join(folder, 'home');
const store = new SqliteThreadStore(join(home, 'kino.db'));

interface About {
  kind?: 'session' | 'flow';
  parent?: string;
  agent?: string;
  workspace?: string;
}
const started = (title: string, repository: string, model: string, more: About = {}): ThreadEvent => ({
  ...{
    type: 'thread.started',
    kind: 'session',
    title,
    agent: 'kino',
    model,
    repository: `/srv/${repository}`,
  },
  ...{ kino: '0', host: hostname(), pid: process.pid, base: 'HEAD' },
  ...more,
});
const thought = (costUsd: number, used: number, step = 1): ThreadEvent[] => [
  {
    ...{ type: 'context.measured', step, window: 200_000, smartZone: 80_000, used },
    parts: { system: 0, instructions: 0, tools: 0, files: 0, results: 0, conversation: 0 },
  },
  {
    ...{ type: 'assistant.message', step, text: 'I look.', toolCalls: [], finish: 'tool-calls' },
    ...{ usage: {}, durationMs: 900, costUsd },
  },
];
const edits = (path: string, step = 1): ThreadEvent => ({
  ...{ type: 'tool.started', step, callId: `c${step}`, tool: 'edit' },
  input: { path },
});
const ended = (status: 'done' | 'interrupted', reason: string, minutes: number): ThreadEvent => ({
  ...{ type: 'thread.ended', status, reason, answer: '', steps: 2, usage: {}, durationMs: minutes * 60_000 },
});

/** A change that is worth a tour. */
function shop(): string {
  const path = join(folder, 'shop');
  mkdirSync(join(path, 'src'), { recursive: true });
  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  };
  write({
    'src/cart.ts':
      "import type { Item } from './item.ts';\n\nexport function total(items: readonly Item[]): number {\n  return items.map((item) => item.price).reduce((a, b) => a + b);\n}\n",
    'src/item.ts': 'export interface Item {\n  name: string;\n  price: number;\n}\n',
    'src/cart.test.ts':
      "import { total } from './cart.ts';\n\ntest('adds up', () => expect(total([{ name: 'a', price: 2 }])).toBe(2));\n",
  });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: path });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'Carts');
  write({
    'src/money.ts':
      '/** Cents, rounded once. */\nexport function inCents(amount: number): number {\n  return Math.round(amount * 100);\n}\n\nexport function inWords(cents: number): string {\n  return `$${(cents / 100).toFixed(2)}`;\n}\n',
    'src/cart.ts':
      "import type { Item } from './item.ts';\nimport { inCents } from './money.ts';\n\nexport function total(items: readonly Item[], discount = 0): number {\n  const sum = items.reduce((all, item) => all + inCents(item.price), 0);\n  // @ts-ignore\n  return Math.round(sum * (1 - discount));\n}\n",
    'src/cart.test.ts':
      "import { total } from './cart.ts';\n\ntest('adds up', () => expect(total([{ name: 'a', price: 2 }])).toBe(200));\n\ntest('an empty cart costs nothing', () => {\n  total([]);\n});\n",
  });
  return path;
}

const SONNET = 'anthropic/claude-sonnet-4-5';
await store.append('rename', [
  started('Rename Session to Workspace everywhere', 'api', 'ollama/qwen3'),
  ...thought(0, 22_000),
  ended('done', 'The agent answered.', 4),
]);
await store.append('discounts', [
  started('Round discounts once, at the end', 'shop', SONNET, { workspace: shop() }),
  ...thought(0.2, 30_000),
  ...thought(0.11, 52_000, 2),
  ended('done', 'The agent answered.', 11),
  {
    type: 'validators.ran',
    commit: 'HEAD',
    results: [
      { name: 'tests', command: 'npm test', result: 'failed', output: '1 failed', durationMs: 2_000 },
    ],
  } as unknown as ThreadEvent,
]);
await store.append('stream', [
  started('Move the importer to streams', 'api', 'openai/gpt-5'),
  ...thought(0.4, 60_000),
  ...thought(0.4, 104_000, 2),
  edits('src/import.ts'),
]);
await store.append('faster', [
  started('Faster import of large files', 'api', 'google/gemini-3-pro'),
  ...thought(0.2, 38_000),
  edits('src/import.ts'),
]);
await store.append('uploads', [started('Retry uploads that break off', 'shop', SONNET, { kind: 'flow' })]);
for (const [id, phase] of [
  ['u1', 'research'],
  ['u2', 'plan'],
] as const) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  await store.append(id, [
    started(`${phase}: Retry uploads that break off`, 'shop', SONNET, { parent: 'uploads' }),
    ...thought(0.21, 24_000),
    ended('done', 'The agent answered.', 3),
  ]);
}
await store.append('uploads', [
  { ...ended('interrupted', 'plan waits for your approval.', 6), awaits: 'approval' } as ThreadEvent,
]);
await store.append('publish', [
  started('Publish the client under its new name', 'client', SONNET),
  ...thought(0.08, 18_000),
  {
    ...{ type: 'permission.requested', step: 1, callId: 'p', request: 'request1', tool: 'bash' },
    ...{ input: { command: 'npm publish --access public' }, reason: 'no rule allows it' },
  } as unknown as ThreadEvent,
]);

const child = spawn(process.execPath, [join(ROOT, 'bin/kino.js'), 'serve', '--port', '0', '--json'], {
  env: { ...process.env, KINO_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
try {
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('\n')) break;
  }
  const { url, origin } = JSON.parse(said) as { url: string; origin: string };
  const page = await browser.newPage({ viewport: { width: 1120, height: 900 } });
  await page.goto(url);
  await page.getByText('Publish the client').waitFor();
  await page.screenshot({ path: join(ROOT, 'docs/manager.png') });
  await page.goto(`${origin}/changes/discounts`);
  await page
    .getByRole('button', { name: /money\.ts/ })
    .first()
    .waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  // Colours come when nothing moves any more.
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(ROOT, 'docs/tour.png') });
} finally {
  await browser.close();
  child.kill('SIGKILL');
  store.close();
  rmSync(folder, { recursive: true, force: true });
}
