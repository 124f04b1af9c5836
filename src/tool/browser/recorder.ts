import type { CDPSession, Page } from 'playwright-core';
import { type Frame, webmOf } from './webm.ts';

const INTERVAL_MS = 250;
const PICTURE_MS = 2_000;
/** A recording has so many pictures and bytes at most; what comes later is left out. */
const MAX_FRAMES = 1_200;
const MAX_BYTES = 48 * 1024 * 1024;

/** Takes pictures of a page while something is done in it, and makes a video of them. */
export class Recorder {
  readonly #frames: Frame[] = [];
  #bytes = 0;
  #since: number | undefined;
  #session: Promise<CDPSession> | undefined;
  #busy = 0;
  #loop: Promise<void> = Promise.resolve();
  #last: Buffer | undefined;

  /** Records while work is done, and what it leads to. */
  async during<T>(page: Page, work: () => Promise<T>): Promise<T> {
    if (this.#busy++ === 0) this.#loop = this.#record(page);
    try {
      return await work();
    } finally {
      if (--this.#busy === 0) {
        await this.#loop;
        await this.#picture(page);
      }
    }
  }

  async #record(page: Page): Promise<void> {
    while (this.#busy > 0) {
      await this.#picture(page);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }

  async #picture(page: Page): Promise<void> {
    if (this.#frames.length >= MAX_FRAMES || this.#bytes >= MAX_BYTES) return;
    try {
      this.#session ??= page.context().newCDPSession(page);
      const session = await this.#session;
      const taken = session.send('Page.captureScreenshot', {
        ...{ format: 'webp', quality: 60, optimizeForSpeed: true },
      });
      taken.catch(() => {});
      const { data } = await Promise.race([taken, tooLate()]);
      const webp = Buffer.from(data, 'base64');
      const now = performance.now();
      this.#since ??= now;
      // What looks the same need not be there twice.
      if (this.#last?.equals(webp)) return;
      this.#last = webp;
      this.#bytes += webp.length;
      this.#frames.push({ webp, atMs: now - this.#since });
    } catch {
      // A page that is just going away has no picture.
    }
  }

  /** The recording; undefined where nothing was seen. */
  video(): Buffer | undefined {
    const end = this.#since === undefined ? 0 : performance.now() - this.#since;
    const last = this.#frames.at(-1)?.atMs ?? 0;
    return webmOf(this.#frames, Math.min(end, last + 1_000));
  }
}

/** A page that is too busy to be seen has no picture. */
function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('too late')), PICTURE_MS).unref();
  });
}
