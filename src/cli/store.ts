import { join } from 'node:path';
import { kinoHome } from '../config/index.ts';
import { SqliteThreadStore } from '../thread/index.ts';

/** The person's threads. @throws DatabaseTooNewError @throws StoreWriteError */
export function openStore(): SqliteThreadStore {
  return new SqliteThreadStore(join(kinoHome(), 'kino.db'));
}
