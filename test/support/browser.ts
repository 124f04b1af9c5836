import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { FLAGS } from './browser-flags.ts';
import type { Served } from './serving.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** A browser for the tests of a file, and no page of one test in another; undefined where there is none. */
export function sharedBrowser(): () => Browser | undefined {
  let browser: Browser | undefined;
  beforeAll(async () => {
    for (const executablePath of CHROMIUM)
      browser ??= await chromium.launch({ executablePath, args: FLAGS }).catch(() => undefined);
    if (!browser) console.warn('not run: there is no Chromium');
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
  });
  return () => browser;
}

/** A page that is let in, and that says what went wrong in it. */
export async function openPage(
  browser: Browser,
  { url }: Pick<Served, 'url'>,
  options: { width?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<{ page: Page; problems: string[] }> {
  const { width = 1200, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url);
  return { page, problems };
}

/** What axe finds serious or critical on a page. */
export async function violations(page: Page): Promise<string[]> {
  // The policy of the page lets no script in; a debugger's is none of the page's.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression:
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | '))))",
    awaitPromise: true,
    returnByValue: true,
  });
  return JSON.parse(result.value as string);
}
