import { type BigIntStats, statSync } from 'node:fs';

/**
 * The files that an agent has read or written, each as it was then, so that an edit of a file that somebody else has
 * changed since is refused. Paths are real and absolute.
 */
export class SeenFiles {
  readonly #stamps = new Map<string, string>();
  readonly #changed = new Set<string>();

  /** The agent knows the file as it now is. Call it before reading, so that a change while reading counts as one. */
  see(path: string): void {
    const stamp = stampOf(path);
    if (stamp !== undefined) this.#stamps.set(path, stamp);
  }

  /** `unseen`: never read; `changed`: touched since; `known`: as it was read. */
  state(path: string): 'unseen' | 'changed' | 'known' {
    const known = this.#stamps.get(path);
    if (known === undefined) return 'unseen';
    return known === stampOf(path) ? 'known' : 'changed';
  }

  /** The agent has changed the file, and knows it. */
  change(path: string): void {
    this.see(path);
    this.#changed.add(path);
  }

  /** The files that the agent has changed by its tools for files. */
  get changed(): ReadonlySet<string> {
    return this.#changed;
  }
}

function stampOf(path: string): string | undefined {
  const found: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
}
