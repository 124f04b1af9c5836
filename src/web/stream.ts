import type { StreamMessage } from '../server/index.ts';

/** What a tab has: the board as of a revision, and threads up to a number each. */
export interface Have {
  revision: number;
  threads: [id: string, seq: number][];
}

/** What a tab is told. */
export type Told = { message: StreamMessage } | { connection: 'open' | 'lost' };

/**
 * The server's one event stream for any number of tabs: a browser opens no more than six connections to a server, and a
 * stream keeps one for good. It goes on from what the tab that has least has; what others have already they leave out.
 */
export class SharedStream<Tab> {
  readonly #tell: (tab: Tab, told: Told) => void;
  readonly #tabs = new Map<Tab, { revision: number; threads: Map<string, number> }>();
  #source: EventSource | undefined;
  #retry = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #key = '';

  constructor(tell: (tab: Tab, told: Told) => void) {
    this.#tell = tell;
  }

  /** Says what a tab has and wants to follow from there. */
  follow(tab: Tab, { revision, threads }: Have, key: string): void {
    this.#tabs.set(tab, { revision, threads: new Map(threads) });
    this.#key = key;
    this.#connect();
  }

  /** Only forgets what need not be followed any more. */
  leave(tab: Tab): void {
    this.#tabs.delete(tab);
    if (this.#tabs.size > 0) return;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    const { revision, threads } = least([...this.#tabs.values()]);
    const wanted = [...threads].map(([id, seq]) => `${id}:${seq}`).join(',');
    const source = new EventSource(`/api/stream?revision=${revision}&threads=${wanted}&key=${this.#key}`);
    this.#source = source;
    source.onopen = () => {
      this.#retry = 0;
      this.#tellAll({ connection: 'open' });
    };
    source.onerror = () => {
      // The browser would begin again where it began; we go on where we are.
      source.close();
      this.#tellAll({ connection: 'lost' });
      this.#timer = setTimeout(() => this.#connect(), retryDelay(this.#retry++));
    };
    source.onmessage = ({ data }) => this.#receive(JSON.parse(data as string) as StreamMessage);
  }

  #receive(message: StreamMessage): void {
    for (const [tab, has] of this.#tabs) {
      if (message.type === 'board') {
        if (message.revision <= has.revision) continue;
        has.revision = message.revision;
      } else {
        const seen = has.threads.get(message.thread);
        const last = message.events.at(-1)?.seq ?? 0;
        if (seen === undefined || last <= seen) continue;
        has.threads.set(message.thread, last);
      }
      this.#tell(tab, { message });
    }
  }

  #tellAll(told: Told): void {
    for (const tab of this.#tabs.keys()) this.#tell(tab, told);
  }
}

/** What all have: the oldest revision, and of each thread that somebody follows the lowest number. */
function least(tabs: readonly { revision: number; threads: ReadonlyMap<string, number> }[]) {
  const threads = new Map<string, number>();
  for (const tab of tabs)
    for (const [id, seq] of tab.threads) threads.set(id, Math.min(seq, threads.get(id) ?? seq));
  return { revision: Math.min(...tabs.map(({ revision }) => revision)), threads };
}

/** Milliseconds to wait before the next try. */
export function retryDelay(tries: number): number {
  return Math.min(10_000, 300 * 2 ** tries);
}
