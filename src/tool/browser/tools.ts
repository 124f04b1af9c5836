import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { limitText } from '../limit.ts';
import { failure, success, type Tool, type ToolContext, type ToolResult } from '../tool.ts';
import type { Browser } from './browser.ts';

const MAX_CHARS = 16_000;
const MAX_WIDTH = 2_560;
/** Of one step; Playwright's own limits are shorter, and do not hold for a page that never rests. */
const MAX_MS = 60_000;
const size = z.int().min(240).max(MAX_WIDTH);

const openInput = z.object({
  url: z.url({ protocol: /^https?$/ }),
  width: size.optional(),
  height: size.optional(),
});
const actInput = z.object({
  do: z.enum([
    'click',
    'fill',
    'press',
    'select',
    'hover',
    'check',
    'uncheck',
    'scroll',
    'wait',
    'back',
    'reload',
  ]),
  target: z.string().optional().describe('A ref of the page as it was last shown (e12), or a CSS selector'),
  text: z
    .string()
    .optional()
    .describe('What to fill in or select, the key to press, or the text to wait for'),
});
const lookInput = z.object({
  widths: z
    .array(size)
    .min(1)
    .max(6)
    .optional()
    .describe('Of the window, one picture each; default as it is'),
  whole: z.boolean().optional().describe('The whole page and not what is in view'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,50}$/)
    .optional()
    .describe('Show the pictures to the person as well, under this name'),
});

/** Shows a picture to the person, as an artifact. @returns how it is called */
export type KeepPicture = (name: string, title: string, png: Buffer) => Promise<string>;

/** Tools that drive one page of a browser. What it may reach its sandbox decides, so that no call needs permission. */
export function browserTools(browser: Browser, keep: KeepPicture): Tool[] {
  const opening: Tool<z.infer<typeof openInput>> = {
    name: 'browser_open',
    kind: 'think',
    description:
      'Open an address in the browser and read the page. localhost is what commands of this workspace listen on; other hosts must be allowed.',
    input: openInput,
    access: () => ({}),
    run: ({ url, width, height }, context) =>
      told(browser, context, async (page) => {
        if (width !== undefined || height !== undefined) {
          const now = page.viewportSize() ?? { width: 1280, height: 800 };
          await page.setViewportSize({ width: width ?? now.width, height: height ?? now.height });
        }
        const response = await page.goto(url, { waitUntil: 'load' });
        if (response && response.status() === 403 && !isLoopback(new URL(url).hostname))
          throw new Error((await response.text()).slice(0, 300));
      }),
  };
  const acting: Tool<z.infer<typeof actInput>> = {
    name: 'browser_act',
    kind: 'think',
    description:
      'Do something in the page, and read what it is then, with errors of the console and the network.',
    input: actInput,
    access: () => ({}),
    run: (input, context) => told(browser, context, (page) => act(page, input)),
  };
  const looking: Tool<z.infer<typeof lookInput>> = {
    name: 'browser_look',
    kind: 'think',
    description: 'See the page as a picture, at several widths where that matters.',
    input: lookInput,
    access: () => ({}),
    run: (input, context) => bounded(browser, context, () => look(browser, keep, input, context)),
  };
  return [opening, acting, looking] as Tool[];
}

async function act(page: Page, { do: what, target, text }: z.infer<typeof actInput>): Promise<void> {
  const place = () => {
    if (target === undefined) throw new Error(`${what} needs a target.`);
    return page.locator(/^(?:f\d+)?e\d+$/.test(target) ? `aria-ref=${target}` : target);
  };
  const words = () => {
    if (text === undefined) throw new Error(`${what} needs a text.`);
    return text;
  };
  switch (what) {
    case 'click':
      return place().click();
    case 'fill':
      return place().fill(words());
    case 'press':
      return target === undefined ? page.keyboard.press(words()) : place().press(words());
    case 'select':
      return void (await place().selectOption(words()));
    case 'hover':
      return place().hover();
    case 'check':
      return place().check();
    case 'uncheck':
      return place().uncheck();
    case 'scroll':
      return target === undefined ? page.mouse.wheel(0, 600) : place().scrollIntoViewIfNeeded();
    case 'wait':
      return page.getByText(words()).first().waitFor();
    case 'back':
      return void (await page.goBack());
    case 'reload':
      return void (await page.reload());
  }
}

/** Does something in the page, recorded, and tells what the page is then. */
function told(
  browser: Browser,
  context: ToolContext,
  work: (page: Page) => Promise<void>,
): Promise<ToolResult> {
  return bounded(browser, context, () => read(browser, work));
}

/** A page can be at something for ever: then the browser is ended, and with it whatever waits for the page. */
async function bounded(
  browser: Browser,
  { signal }: Pick<ToolContext, 'signal'>,
  work: () => Promise<ToolResult>,
): Promise<ToolResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]);
  const { promise, resolve } = Promise.withResolvers<ToolResult>();
  const end = () => {
    void browser.close();
    resolve(
      failure(
        signal.aborted
          ? 'It was stopped.'
          : `The page was at it for ${MAX_MS / 1000} s; the browser is closed.`,
      ),
    );
  };
  if (limit.aborted) end();
  else limit.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    limit.removeEventListener('abort', end);
  }
}

async function read(browser: Browser, work: (page: Page) => Promise<void>): Promise<ToolResult> {
  try {
    const page = await browser.page();
    await browser.recorder.during(page, async () => {
      await work(page);
      // What it sets off is part of it; a page that never rests is not waited for.
      await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => {});
    });
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    const head = `${page.url()} "${await page.title()}" at ${width}×${height}`;
    const shown = limitText(await page.ariaSnapshot({ mode: 'ai' }), MAX_CHARS);
    return success([head, shown, problemsText(browser)].filter((part) => part !== '').join('\n\n'));
  } catch (error) {
    return failure([explained(error), problemsText(browser)].filter((part) => part !== '').join('\n\n'));
  }
}

async function look(
  browser: Browser,
  keep: KeepPicture,
  { widths, whole = false, name }: z.infer<typeof lookInput>,
  { newOutputFile }: ToolContext,
): Promise<ToolResult> {
  try {
    const page = await browser.page();
    const before = page.viewportSize() ?? { width: 1280, height: 800 };
    const images: NonNullable<ToolResult['images']> = [];
    const notes: string[] = [];
    for (const width of widths ?? [before.width]) {
      if (width !== before.width || images.length > 0) {
        await page.setViewportSize({ width, height: before.height });
        await page.waitForTimeout(150);
      }
      const png = await page.screenshot({ fullPage: whole, animations: 'disabled' });
      const file = newOutputFile();
      await writeFile(file, png, { mode: 0o600 });
      images.push({ mediaType: 'image/png', file, bytes: png.length });
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      notes.push(
        `${width} px wide${Number(wide) > width ? `: the page is wider than the window (${wide} px)` : ''}`,
      );
      if (name !== undefined) {
        const own = widths === undefined ? name : `${name}-${width}`;
        notes.push(`shown to the person as artifact:${await keep(own, `${page.url()} at ${width} px`, png)}`);
      }
    }
    if (widths) await page.setViewportSize(before);
    return { ...success([...notes, problemsText(browser)].filter((part) => part !== '').join('\n')), images };
  } catch (error) {
    return failure(explained(error));
  }
}

function problemsText(browser: Browser): string {
  const problems = browser.takeProblems();
  return problems.length === 0 ? '' : `Problems:\n${problems.map((problem) => `- ${problem}`).join('\n')}`;
}

/** Playwright explains at length, with colours. */
function explained(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\u001b\[[0-9;]*m/g, '').slice(0, 1_500);
}

function isLoopback(host: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:.+\.)?localhost)$/.test(host);
}
