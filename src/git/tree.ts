import { gitBytes, streamGit } from './git.ts';
import type { Repository } from './repository.ts';

/** A file of a commit's tree. */
export interface TreeFile {
  path: string;
  /** The id of its content. */
  blob: string;
  /** Bytes. */
  size: number;
  executable: boolean;
}

/**
 * The regular files of a commit, in git's order. Symbolic links, submodules, and names that are not UTF-8
 * are left out: nothing that Kino reads or asks for can be one of them.
 */
export async function listTree(repository: Repository, commit: string): Promise<TreeFile[]> {
  const output = await gitBytes(repository.path, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit]);
  const files: TreeFile[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0, at);
    const entry = output.toString('utf8', at, end === -1 ? output.length : end);
    at = (end === -1 ? output.length : end) + 1;
    const tab = entry.indexOf('\t');
    const [mode = '', type, blob = '', size = ''] = entry.slice(0, tab).split(/ +/);
    const path = entry.slice(tab + 1);
    if (type !== 'blob' || mode === '120000' || path.includes('\ufffd')) continue;
    // A partial clone answers `-` where it does not hold the content.
    files.push({
      path,
      blob,
      size: /^\d+$/.test(size) ? Number(size) : Number.POSITIVE_INFINITY,
      executable: mode === '100755',
    });
  }
  return files;
}

/**
 * The contents of many blobs in the order asked for, with one git process.
 * A blob that the repository does not hold yields `undefined`.
 */
export async function* readBlobs(
  repository: Repository,
  blobs: readonly string[],
): AsyncGenerator<{ blob: string; content: Buffer | undefined }> {
  if (blobs.length === 0) return;
  const reader = new ByteReader(
    streamGit(repository.path, ['cat-file', '--batch'], { input: `${blobs.join('\n')}\n` }),
  );
  try {
    for (const blob of blobs) {
      const header = (await reader.line()).split(' ');
      if (header[1] === 'missing') {
        yield { blob, content: undefined };
        continue;
      }
      const content = await reader.bytes(Number(header[2]));
      await reader.bytes(1);
      yield { blob, content };
    }
  } finally {
    await reader.close();
  }
}

/** Lines and counted bytes from a stream of chunks. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Ends the source; without it, a git whose answers nobody takes any more would wait for ever. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done) throw new Error('git cat-file ended before its answer was complete');
    return next.value;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(10, this.#at);
      if (end !== -1) {
        const line = this.#held.toString('utf8', this.#at, end);
        this.#at = end + 1;
        return line;
      }
      this.#held = Buffer.concat([this.#held.subarray(this.#at), await this.#more()]);
      this.#at = 0;
    }
  }

  async bytes(count: number): Promise<Buffer> {
    if (this.#held.length - this.#at < count) {
      const parts = [this.#held.subarray(this.#at)];
      let have = parts[0]!.length;
      while (have < count) {
        const chunk = await this.#more();
        parts.push(chunk);
        have += chunk.length;
      }
      this.#held = Buffer.concat(parts);
      this.#at = 0;
    }
    const bytes = this.#held.subarray(this.#at, this.#at + count);
    this.#at += count;
    return bytes;
  }
}
