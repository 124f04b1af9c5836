/// <reference lib="dom" />
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright-core';
import { SqliteThreadStore, type ThreadEvent } from '../src/thread/index.ts';
import { FLAGS } from '../test/support/browser-flags.ts';
import { KINO, percentile, ROOT, report, withFolder } from './support/measure.ts';

const THREADS = 500;
const EVENTS = 10_000;
const SWITCHES = 50;
const KEYS = 60;
const ARRIVALS = 40;
const DIFF_FILES = 565;
const DIFF_LINES = 54_000;
/** The manager in a real browser against the real server: 500 threads, two of them with 10,000 events. */
export async function bench(): Promise<void> {
  const web = join(ROOT, 'dist', 'web');
  const index = readFileSync(join(web, 'index.html'), 'utf8');
  const shell = ['index.html', ...[...index.matchAll(/"\/(assets\/[^"]+)"/g)].map(([, name]) => name!)];
  const bytes = shell.reduce((sum, name) => sum + gzipSync(readFileSync(join(web, name))).length, 0);
  report('shell, gzip', bytes / 1024, 'KiB', 200);
  await withFolder(async (home) => {
    const store = new SqliteThreadStore(join(home, 'kino.db'));
    for (let at = 0; at < THREADS; at++)
      await store.append(`t${at}`, [started(`Thread ${at}`), ...short(at)]);
    for (const id of ['long1', 'long2']) await store.append(id, [started(`The long ${id}`), ...long()]);
    await store.append('changed', [started('A large change', largeChange(join(home, 'repository')))]);
    const child = spawn(process.execPath, [KINO, 'serve', '--port', '0', '--json'], {
      env: { ...process.env, KINO_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { url, origin } = await addressOf(child.stdout);
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [...FLAGS, '--js-flags=--expose-gc', '--enable-precise-memory-info'],
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
      await page.goto(url);
      const paints: number[] = [];
      for (let run = 0; run < 5; run++) {
        await page.goto(`${origin}/`);
        await page.locator('main [aria-label="Over"] li').first().waitFor();
        paints.push(
          await page.evaluate(async () => {
            for (;;) {
              const [paint] = performance.getEntriesByName('first-contentful-paint');
              if (paint) return Math.max(paint.startTime, performance.now());
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          }),
        );
      }
      report('the board is there after a load, median', percentile(paints, 0.5), 'ms', 1000);
      await switches(page);
      await diff(page);
      await arrivals(page, store);
      await keystrokes(page, store);
    } finally {
      await browser.close();
      child.kill('SIGKILL');
      store.close();
    }
  });
}

/** Goes to an address as a link does, and measures until it has been painted. */
function goTo(page: Page, path: string, ready: string): Promise<number> {
  return page.evaluate(
    async ([to, selector]) => {
      const begun = performance.now();
      history.pushState(null, '', to);
      window.dispatchEvent(new PopStateEvent('popstate'));
      while (!document.querySelector(selector!)) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    },
    [path, ready] as const,
  );
}

async function switches(page: Page): Promise<void> {
  const [board, threads]: [number[], number[]] = [[], []];
  const heap = () =>
    page.evaluate(() => {
      const { gc, performance: own } = window as unknown as {
        gc(): void;
        performance: { memory: { usedJSHeapSize: number } };
      };
      gc();
      return own.memory.usedJSHeapSize / 1e6;
    });
  let before = 0;
  let nodes = 0;
  for (let at = 0; at < SWITCHES; at++) {
    const id = at % 2 === 0 ? 'long1' : 'long2';
    threads.push(await goTo(page, `/thread/${id}`, `[aria-label="What was said and done"] [data-index]`));
    nodes = Math.max(nodes, await page.evaluate(() => document.querySelectorAll('*').length));
    board.push(await goTo(page, '/', 'main [aria-label="Over"] li'));
    if (at === 5) before = await heap();
  }
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await page.waitForTimeout(100);
  nodes = Math.max(nodes, await page.evaluate(() => document.querySelectorAll('*').length));
  report(`board with ${THREADS} threads, p95`, percentile(board, 0.95), 'ms', 300);
  report(
    `thread of ${EVENTS.toLocaleString('en')} events, p95 of ${SWITCHES} switches`,
    percentile(threads, 0.95),
    'ms',
    100,
  );
  report(`heap after ${SWITCHES} switches over that after 5`, (await heap()) / before, 'times', 1.2);
  await goTo(page, '/changes/changed', '[aria-label="Tour of the change"] [data-index="20"]');
  nodes = Math.max(nodes, await page.evaluate(() => document.querySelectorAll('*').length));
  await goTo(page, '/', 'main [aria-label="Over"] li');
  report('DOM nodes at most, on the board, a thread and a diff', nodes, '', 1500);
}

/** A repository with a change of so many files that nobody has committed. @returns its folder */
function largeChange(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const run = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
  run('init', '-q');
  const lines = Math.ceil(DIFF_LINES / DIFF_FILES / 2);
  const write = (version: number) => {
    for (let file = 0; file < DIFF_FILES; file++)
      writeFileSync(
        join(folder, `f${file}.ts`),
        Array.from(
          { length: lines },
          (_, at) => `export const v${at} = ${version} * ${file} + ${at}; // a line of code\n`,
        ).join(''),
      );
  };
  write(1);
  run('add', '.');
  run('commit', '-qm', 'first');
  write(2);
  return folder;
}

async function diff(page: Page): Promise<void> {
  const opened: number[] = [];
  for (let run = 0; run < 3; run++) {
    opened.push(await goTo(page, '/changes/changed', '[aria-label="Tour of the change"] button'));
    if (run < 2) await goTo(page, '/', 'main [aria-label="Over"] li');
  }
  report(
    `a diff of ${DIFF_FILES} files and ${DIFF_LINES.toLocaleString('en')} lines opens, median`,
    percentile(opened, 0.5),
    'ms',
    1000,
  );
  const longest = await page.evaluate(async () => {
    let most = 0;
    const watch = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) most = Math.max(most, duration);
    });
    watch.observe({ entryTypes: ['longtask'] });
    const frame = document.querySelector('[aria-label="Tour of the change"]')!;
    for (let at = 0; at < 120; at++) {
      frame.scrollTop += 700 + at * 40;
      await new Promise(requestAnimationFrame);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return most;
  });
  report('the longest task while it scrolls', longest, 'ms', 50);
}

async function arrivals(page: Page, store: SqliteThreadStore): Promise<void> {
  await goTo(page, '/thread/long1', `[aria-label="What was said and done"] [data-index]`);
  const took: number[] = [];
  for (let at = 0; at < ARRIVALS; at++) {
    const mark = `arrival-${at}-`;
    const seen = page.evaluate(async (text) => {
      while (!document.body.textContent!.includes(text)) await new Promise(requestAnimationFrame);
      return Date.now();
    }, mark);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const emitted = Date.now();
    await store.append('long1', [{ type: 'warning', message: mark }]);
    took.push((await seen) - emitted);
  }
  report('an event of another process on the screen, p95', percentile(took, 0.95), 'ms', 100);
}

async function keystrokes(page: Page, store: SqliteThreadStore): Promise<void> {
  await goTo(page, '/thread/long2', `[aria-label="What was said and done"] [data-index]`);
  let streams = true;
  const streaming = ['long2', 't1', 't2'].map(async (id) => {
    for (let step = 20_000; streams; step++) {
      await store.append(id, [{ type: 'assistant.delta', step, channel: 'text', text: 'some words ' }]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  const took: number[] = [];
  await page.locator('textarea').focus();
  await page.evaluate(() => {
    const own = window as unknown as { took: number[] };
    own.took = [];
    document
      .querySelector('textarea')!
      .addEventListener('keydown', ({ timeStamp }) =>
        requestAnimationFrame(() => setTimeout(() => own.took.push(performance.now() - timeStamp))),
      );
  });
  for (let at = 0; at < KEYS; at++) await page.keyboard.press('a', { delay: 5 });
  took.push(...(await page.evaluate(() => (window as unknown as { took: number[] }).took)));
  streams = false;
  await Promise.all(streaming);
  report('a key to paint while three agents stream, p95', percentile(took, 0.95), 'ms', 50);
}

async function addressOf(stdout: NodeJS.ReadableStream): Promise<{ url: string; origin: string }> {
  let said = '';
  for await (const chunk of stdout) {
    said += String(chunk);
    try {
      return JSON.parse(said);
    } catch {
      // Not all of it is there yet.
    }
  }
  throw new Error('kino serve ended');
}

function started(title: string, workspace?: string): ThreadEvent {
  return {
    ...(workspace !== undefined && { workspace, base: 'HEAD' }),
    ...{ type: 'thread.started', kind: 'session', title, agent: 'kino', model: 'a/model' },
    ...{ repository: '/srv/repository', kino: '0', host: hostname(), pid: process.pid },
  };
}

function short(at: number): ThreadEvent[] {
  const usage = { inputTokens: 100, outputTokens: 10 };
  const status = (['done', 'failed', 'interrupted'] as const)[at % 3]!;
  return [
    { type: 'user.message', text: `Do the thing ${at}` },
    {
      type: 'context.measured',
      step: 1,
      window: 128_000,
      smartZone: 50_000,
      used: at * 200,
      parts: { system: 0, instructions: 0, tools: 0, files: 0, results: 0, conversation: 0 },
    },
    { type: 'thread.ended', status, reason: 'It ended.', answer: '', steps: 1, usage, durationMs: 1 },
  ];
}

function long(): ThreadEvent[] {
  const events: ThreadEvent[] = [];
  for (let step = 1; events.length < EVENTS; step++) {
    const callId = `c${step}`;
    events.push(
      {
        type: 'assistant.message',
        step,
        text: `Step ${step}: **look** at \`file${step}.ts\`, then go on.`,
        toolCalls: [],
        finish: 'tool-calls',
        usage: {},
        durationMs: 1,
      },
      { type: 'tool.started', step, callId, tool: 'read', input: { path: `src/file${step}.ts` } },
      {
        type: 'tool.ended',
        step,
        callId,
        tool: 'read',
        ok: true,
        output: 'const a = 1;\n'.repeat(30),
        durationMs: 1,
      },
    );
  }
  return events;
}
