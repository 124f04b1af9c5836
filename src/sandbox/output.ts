import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * Collects the output of a command within a bound: the first and the last bytes stay in memory; where there is
 * more, everything goes to a file. A disk that fills up costs the file, never the command.
 */
export class OutputCollector {
  readonly #half: number;
  readonly #file: string | undefined;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;
  #fd: number | undefined;
  #fileFailed = false;

  /** @param followed write the file from the first byte on */
  constructor(maxBytes: number, file?: string, followed = false) {
    this.#half = Math.max(1, Math.floor(maxBytes / 2));
    this.#file = file;
    if (followed) this.#open();
  }

  get bytes(): number {
    return this.#total;
  }

  /** The file with the complete output, if output was cut and the file could be written. */
  get outputFile(): string | undefined {
    return this.#fd !== undefined && !this.#fileFailed && this.#cut > 0 ? this.#file : undefined;
  }

  get #cut(): number {
    return this.#total - this.#headBytes - this.#tailBytes;
  }

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    if (this.#fd !== undefined) this.#toFile(chunk);
    let rest = chunk;
    if (this.#headBytes < this.#half) {
      const part = rest.subarray(0, this.#half - this.#headBytes);
      this.#head.push(Buffer.from(part));
      this.#headBytes += part.length;
      rest = rest.subarray(part.length);
    }
    if (rest.length === 0) return;
    if (this.#fd === undefined && this.#tailBytes + rest.length > this.#half) this.#open(rest);
    this.#tail.push(Buffer.from(rest.length > this.#half ? rest.subarray(-this.#half) : rest));
    this.#tailBytes += this.#tail.at(-1)!.length;
    this.#trim();
  }

  #trim(): void {
    let excess = this.#tailBytes - this.#half;
    while (excess > 0) {
      const first = this.#tail[0]!;
      if (first.length <= excess) {
        this.#tail.shift();
        this.#tailBytes -= first.length;
        excess -= first.length;
      } else {
        this.#tail[0] = first.subarray(excess);
        this.#tailBytes -= excess;
        excess = 0;
      }
    }
  }

  /** Opens the file at the moment something is about to be lost; all so far is still in memory then. */
  #open(rest: Buffer = Buffer.alloc(0)): void {
    if (this.#file === undefined || this.#fileFailed) return;
    try {
      this.#fd = openSync(this.#file, 'w', 0o600);
    } catch {
      this.#fileFailed = true;
      return;
    }
    for (const part of [...this.#head, ...this.#tail, rest]) this.#toFile(part);
  }

  #toFile(chunk: Buffer): void {
    if (this.#fileFailed) return;
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd!, chunk, at);
    } catch {
      this.#fileFailed = true;
    }
  }

  /** The text as it is shown. Bytes that are no UTF-8 become the replacement character. */
  finish(): string {
    if (this.#fd !== undefined) closeSync(this.#fd);
    const head = Buffer.concat(this.#head).toString('utf8');
    const tail = Buffer.concat(this.#tail).toString('utf8');
    if (this.#cut === 0) return Buffer.concat([...this.#head, ...this.#tail]).toString('utf8');
    return `${head}\n[… ${this.#cut} bytes cut …]\n${tail}`;
  }
}
