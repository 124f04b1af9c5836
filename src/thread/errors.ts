/** No thread has this id. */
export class ThreadNotFoundError extends Error {
  override name = 'ThreadNotFoundError';
  readonly id: string;
  constructor(id: string) {
    super(`There is no thread ${id}; \`kino threads list\` shows those that exist.`);
    this.id = id;
  }
}

/** The beginning of an id that fits several threads. */
export class AmbiguousThreadError extends Error {
  override name = 'AmbiguousThreadError';
  readonly candidates: string[];
  constructor(id: string, candidates: string[]) {
    super(`${id} fits several threads (${candidates.slice(0, 5).join(', ')}); write more of the id.`);
    this.candidates = candidates;
  }
}

/** The database was written by a Kino whose schema this one does not know. */
export class DatabaseTooNewError extends Error {
  override name = 'DatabaseTooNewError';
  readonly path: string;
  constructor(path: string, found: number, known: number) {
    super(
      `The thread database ${path} was made by a newer Kino (schema ${found}, this one knows ${known}): ` +
        'update Kino, or set KINO_HOME to another folder.',
    );
    this.path = path;
  }
}

/** The store cannot be opened or written: a full disk, no permission, a damaged file. */
export class StoreWriteError extends Error {
  override name = 'StoreWriteError';
  readonly path: string;
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`The thread database ${path} cannot be used: ${reason}. Nothing of this step was written.`, {
      cause,
    });
    this.path = path;
  }
}
