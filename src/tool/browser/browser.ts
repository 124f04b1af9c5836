import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { type Contained, containProgram, temporaryFolder } from '../../sandbox/index.ts';
import { findChromium } from './find-chromium.ts';
import { Recorder } from './recorder.ts';

export interface BrowserOptions {
  /** The workspace: what the browser may read. */
  root: string;
  /** In a sandbox of its own. */
  contained: boolean;
  /** Which hosts pages may come from and reach. */
  allows(host: string): boolean;
  /** Connects to a port that a command of the workspace listens on. */
  local(port: number): Promise<Duplex>;
}

/** What a browser leaves when it is closed. */
export interface BrowserRecords {
  /** WebM. */
  video?: Buffer;
  /** Playwright's trace, a ZIP archive. */
  trace?: Buffer;
}

/** There is no browser, or it does not start. */
export class BrowserError extends Error {
  override name = 'BrowserError';
}

/** The script that Playwright takes for the browser. What it starts comes in variables. */
const WRAPPER = '#!/bin/sh\nexec "$KINO_NODE" --disable-warning=ExperimentalWarning "$KINO_LAUNCHER" "$@"\n';
const FLAGS = [
  ...[
    '--proxy-bypass-list=<-loopback>',
    '--disable-quic',
    '--no-first-run',
    '--disable-sync',
    '--disable-gpu',
  ],
  ...['--disable-background-networking', '--disable-component-update', '--disable-domain-reliability'],
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
];
const MAX_PROBLEMS = 40;
const TIMEOUT_MS = 15_000;
/** Each step of ending may take so long. */
const CLOSE_MS = 5_000;

/** One page of the system's Chromium, in a profile and a sandbox of its own, recorded. Started when it is first used. */
export class Browser {
  readonly recorder = new Recorder();
  readonly #options: BrowserOptions;
  readonly #problems: string[] = [];
  #closed: Promise<BrowserRecords> | undefined;
  #opened: Promise<{ context: BrowserContext; page: Page; contained: Contained; folder: string }> | undefined;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  /** @throws BrowserError */
  async page(): Promise<Page> {
    if (this.#closed) throw new BrowserError('The browser was closed.');
    this.#opened ??= this.#open();
    return (await this.#opened).page;
  }

  /** Errors of the console, of scripts and of requests since this was last asked. */
  takeProblems(): string[] {
    return this.#problems.splice(0);
  }

  async #open() {
    const chromium = findChromium();
    if (chromium === undefined) throw new BrowserError('There is no Chromium on this machine.');
    const { root, contained: isContained, allows, local } = this.#options;
    const folder = await temporaryFolder('browser');
    const [profile, home] = [join(folder, 'profile'), join(folder, 'home')];
    await Promise.all([mkdir(profile), mkdir(home)]);
    const wrapper = join(folder, 'browser');
    await writeFile(wrapper, WRAPPER);
    await chmod(wrapper, 0o700);
    const contained = await containProgram({
      ...{ program: chromium, contained: isContained, root, writable: [profile, home] },
      ...{ network: { allows, local }, keep: 2 },
    });
    try {
      const playwright = await import('playwright-core');
      const context = await playwright.chromium.launchPersistentContext(profile, {
        executablePath: wrapper,
        args: [...FLAGS, `--proxy-server=http://127.0.0.1:${contained.proxyPort}`],
        env: {
          ...{ PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, KINO_NODE: process.execPath },
          ...{ KINO_LAUNCHER: launcher(), KINO_BROWSER: JSON.stringify(contained.argv) },
        },
        viewport: { width: 1280, height: 800 },
        // It is contained already, as a whole; root could not have it otherwise.
        chromiumSandbox: false,
        acceptDownloads: false,
        // Kino ends what it has begun in its own order.
        ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
        timeout: 30_000,
      });
      context.setDefaultTimeout(TIMEOUT_MS);
      await context.tracing.start({ screenshots: true, snapshots: true });
      const page = context.pages()[0] ?? (await context.newPage());
      this.#watch(page);
      return { context, page, contained, folder };
    } catch (error) {
      await contained.dispose();
      await rm(folder, { recursive: true, force: true });
      throw new BrowserError(`The browser does not start: ${(error as Error).message.split('\n', 1)[0]}`);
    }
  }

  #watch(page: Page): void {
    const note = (text: string) => {
      if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(text.slice(0, 400));
    };
    page.on('console', (message) => {
      const type = message.type();
      if (type === 'error' || type === 'warning') note(`console ${type}: ${message.text()}`);
    });
    page.on('pageerror', ({ message }) => note(`script error: ${message}`));
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      if (why !== 'net::ERR_ABORTED') note(`request failed: ${request.method()} ${request.url()} (${why})`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400)
        note(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
    // Nobody is there to answer them.
    page.on('dialog', (dialog) => {
      note(`dialog (${dialog.type()}): ${dialog.message()}`);
      void dialog.accept().catch(() => {});
    });
    page.on('popup', (popup) => void popup.close().catch(() => {}));
  }

  /** Ends it, whatever its page is at. @returns what it recorded */
  close(): Promise<BrowserRecords> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<BrowserRecords> {
    const opened = await this.#opened?.catch(() => undefined);
    if (!opened) return {};
    const { context, contained, folder } = opened;
    try {
      const file = join(folder, 'trace.zip');
      // A page that never rests answers nothing any more.
      const traced = await within(
        CLOSE_MS,
        context.tracing.stop({ path: file }).then(() => true),
      );
      const trace = traced ? await readFile(file).catch(() => undefined) : undefined;
      const video = this.recorder.video();
      return { ...(video && { video }), ...(trace && { trace }) };
    } finally {
      await within(CLOSE_MS, context.close());
      await contained.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** What work gives, or nothing where it takes too long or fails. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}

function launcher(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./launcher.${extension}`, import.meta.url));
}
