import { UsageError } from '../exit.ts';
import { clientOf, type Remote, RemoteError, read } from './client.ts';

/** The thread of an id, its beginning or end. @throws UsageError @throws RemoteError */
export async function threadOf(remote: Remote, part: string): Promise<string> {
  const { threads } = await read(clientOf(remote).board.$get());
  const found = threads.filter(({ id }) => id === part || id.startsWith(part) || id.endsWith(part));
  const exact = found.find(({ id }) => id === part);
  if (exact || found.length === 1) return idIn((exact ?? found[0]!).id);
  throw new UsageError(
    found.length === 0
      ? `The server has no thread ${part}.`
      : `${part} may be any of ${found.length} threads.`,
  );
}

/** An id, which may become a part of a path. @throws RemoteError */
function idIn(id: string): string {
  if (!/^[0-9a-z]{1,64}$/.test(id)) throw new RemoteError('What answers there is no server of Kino.');
  return id;
}

/** The flow that is meant: by its id, or the newest of the server. @throws UsageError @throws RemoteError */
export async function flowOf(remote: Remote, part: string | undefined): Promise<string> {
  if (part !== undefined) return threadOf(remote, part);
  const { threads } = await read(clientOf(remote).board.$get());
  const [newest] = threads.filter(({ kind }) => kind === 'flow').sort((a, b) => b.startedAt - a.startedAt);
  if (newest) return idIn(newest.id);
  throw new UsageError('The server has no flow; `kino remote flow start "…" --folder …` begins one.');
}
