import { hc } from 'hono/client';
import type { App } from '../server/index.ts';

export const { api } = hc<App>('/');

/** What the server said against a request, in one sentence. */
export class ApiError extends Error {
  override name = 'ApiError';
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
  throw new ApiError(said.error ?? `The server answered ${response.status}.`);
}
