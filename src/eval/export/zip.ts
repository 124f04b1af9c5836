import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

const STORED = 0;
const DEFLATED = 8;
/** Names are UTF-8. */
const UTF8_FLAG = 0x0800;
/** What a reader must know: 2.0 for deflate, 4.5 for the 64-bit records. */
const VERSION = 20;
const VERSION_64 = 45;
/** 1 January 1980, the first day that the format knows: equal content gives equal archives. */
const DOS_DATE = 0x21;
/** Less is stored as it is: deflate would not make it smaller. */
const MIN_DEFLATE_BYTES = 64;
const FLUSH_BYTES = 1 << 20;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

interface Entry {
  name: Buffer;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  offset: number;
}

/** An entry that a zip archive of this writer cannot hold. */
export class ZipEntryError extends Error {
  override name = 'ZipEntryError';
  readonly entry: string;
  constructor(entry: string, reason: string) {
    super(`${entry} cannot be put into a zip archive: ${reason}.`);
    this.entry = entry;
  }
}

/**
 * Writes a zip archive entry by entry, so that only one is in memory (PKWARE's APPNOTE 6.3.10; the 64-bit end records
 * where there are more than 65,535 entries or 4 GiB). Entries have no time, so the same ones make the same bytes.
 *
 *     await using zip = await ZipWriter.create(path);
 *     await zip.add('a.json', '{}');
 *     await zip.finish();
 */
export class ZipWriter implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #entries: Entry[] = [];
  readonly #names = new Set<string>();
  #pending: Buffer[] = [];
  /** Bytes so far, and those of them that are in the file. */
  #offset = 0;
  #written = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws the file system's error, EEXIST where there is such a file already */
  static async create(path: string): Promise<ZipWriter> {
    return new ZipWriter(await open(path, 'wx'));
  }

  /**
   * @param name a relative path with `/`; refused where it is in the archive already or leads out of it
   * @throws ZipEntryError
   */
  async add(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(content as Uint8Array);
    const path = Buffer.from(name);
    if (this.#names.has(name)) throw new ZipEntryError(name, 'it is in there already');
    if (/^\/|\\|\0|(^|\/)\.{0,2}(\/|$)/.test(name) || path.length > MAX_16)
      throw new ZipEntryError(name, 'its name is no relative path');
    if (bytes.length >= MAX_32) throw new ZipEntryError(name, 'it has 4 GiB or more');
    this.#names.add(name);
    const deflated = bytes.length < MIN_DEFLATE_BYTES ? bytes : await deflate(bytes);
    const smaller = deflated.length < bytes.length;
    const data = smaller ? deflated : bytes;
    const entry: Entry = {
      name: path,
      method: smaller ? DEFLATED : STORED,
      crc: crc32(bytes),
      compressed: data.length,
      size: bytes.length,
      offset: this.#offset,
    };
    this.#entries.push(entry);
    await this.#write([localHeader(entry), entry.name, data]);
  }

  /** Writes the archive's directory. Without it there is no archive. */
  async finish(): Promise<void> {
    const start = this.#offset;
    const directory = this.#entries.flatMap((entry) => {
      const wide = entry.offset >= MAX_32;
      return [centralHeader(entry, wide), entry.name, ...(wide ? [wideOffset(entry.offset)] : [])];
    });
    await this.#write(directory);
    await this.#write(endRecords(this.#entries.length, start, this.#offset - start));
    await this.#flush();
    await this.#file.close();
  }

  async #write(parts: readonly Buffer[]): Promise<void> {
    for (const part of parts) {
      this.#pending.push(part);
      this.#offset += part.length;
    }
    if (this.#offset - this.#written >= FLUSH_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#file.appendFile(Buffer.concat(this.#pending));
    this.#pending = [];
    this.#written = this.#offset;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Closing twice is no error.
    await this.#file.close();
  }
}

/** The fields that a local and a central header have in common, from the flags on. */
function common({ method, crc, compressed, size, name }: Entry, extra: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16LE(UTF8_FLAG, 0);
  bytes.writeUInt16LE(method, 2);
  bytes.writeUInt16LE(DOS_DATE, 6);
  bytes.writeUInt32LE(crc, 8);
  bytes.writeUInt32LE(compressed, 12);
  bytes.writeUInt32LE(size, 16);
  bytes.writeUInt16LE(name.length, 20);
  bytes.writeUInt16LE(extra, 22);
  return bytes;
}

function localHeader(entry: Entry): Buffer {
  return Buffer.concat([numbers(['u32', 0x04034b50], ['u16', VERSION]), common(entry, 0)]);
}

function centralHeader(entry: Entry, wide: boolean): Buffer {
  const version = wide ? VERSION_64 : VERSION;
  return Buffer.concat([
    numbers(['u32', 0x02014b50], ['u16', version], ['u16', version]),
    common(entry, wide ? 12 : 0),
    // No comment, the first disk, no attributes.
    Buffer.alloc(10),
    numbers(['u32', Math.min(entry.offset, MAX_32)]),
  ]);
}

function wideOffset(offset: number): Buffer {
  return numbers(['u16', 0x0001], ['u16', 8], ['u64', offset]);
}

function endRecords(entries: number, start: number, size: number): Buffer[] {
  const end = numbers(
    ['u32', 0x06054b50],
    ['u32', 0],
    ['u16', Math.min(entries, MAX_16)],
    ['u16', Math.min(entries, MAX_16)],
    ['u32', Math.min(size, MAX_32)],
    ['u32', Math.min(start, MAX_32)],
    ['u16', 0],
  );
  if (entries < MAX_16 && size < MAX_32 && start < MAX_32) return [end];
  const end64 = numbers(
    ['u32', 0x06064b50],
    ['u64', 44],
    ['u16', VERSION_64],
    ['u16', VERSION_64],
    ['u64', 0],
    ['u64', entries],
    ['u64', entries],
    ['u64', size],
    ['u64', start],
  );
  const locator = numbers(['u32', 0x07064b50], ['u32', 0], ['u64', start + size], ['u32', 1]);
  return [end64, locator, end];
}

function numbers(...fields: [size: 'u16' | 'u32' | 'u64', value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(Number(size.slice(1)) / 8);
      if (size === 'u16') bytes.writeUInt16LE(value);
      else if (size === 'u32') bytes.writeUInt32LE(value);
      else bytes.writeBigUInt64LE(BigInt(value));
      return bytes;
    }),
  );
}
