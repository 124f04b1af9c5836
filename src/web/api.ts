import { hc } from 'hono/client';
import type { App } from '../server/index.ts';

const KEPT = 'kino-key';

/** The key of pages: it comes behind the `#` of the address that was opened, and is this page's alone from then on. */
export const key = (() => {
  const given = /^#([\w-]{40,})$/.exec(location.hash)?.[1];
  if (given !== undefined) {
    localStorage.setItem(KEPT, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return given ?? localStorage.getItem(KEPT) ?? '';
})();

export const { api } = hc<App>('/', { headers: { 'x-kino-key': key } });

/** What the server said against a request, in one sentence. */
export class ApiError extends Error {
  override name = 'ApiError';
  /** Absent where no server answered. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** The body of an answer. @throws ApiError with what the server says */
export async function read<T>(
  answer: Promise<{ ok: boolean; status: number; json(): Promise<T> }>,
): Promise<T> {
  const response = await answer.catch(() => {
    throw new ApiError('The server does not answer.');
  });
  if (response.ok) return response.json();
  const said = (await response.json().catch(() => ({}))) as { error?: string };
  throw new ApiError(said.error ?? `The server answered ${response.status}.`, response.status);
}

/** The file of an artifact. @throws ApiError */
export async function readFile(thread: string, name: string, version?: number): Promise<Blob> {
  const query = version === undefined ? {} : { version: String(version) };
  const response = await api.threads[':id'].artifacts[':name'].file.$get({
    param: { id: thread, name },
    query,
  });
  if (!response.ok) throw new ApiError('There is no such file.', response.status);
  return response.blob();
}
