import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from 'hono';
import { RequestError } from './errors.ts';

/** What Vite has built. */
const FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

/** @throws RequestError for what is no encoding */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new RequestError(404, 'There is nothing there.');
  }
}

/** A file of the manager; every address that is no file is the page itself, which knows what to show there. */
export async function page(
  context: Context,
  asked = context.req.path,
  status: 200 | 401 = 200,
): Promise<Response> {
  const path = normalize(decoded(asked));
  if (path.startsWith('/api/')) throw new RequestError(404, 'There is nothing there.');
  const isAsset = path.startsWith('/assets/') || TYPES[extname(path)] !== undefined;
  const file = isAsset ? join(FOLDER, path) : join(FOLDER, 'index.html');
  if (!file.startsWith(FOLDER)) throw new RequestError(404, 'There is nothing there.');
  const content = await readFile(file).catch(() => undefined);
  if (!content) {
    if (isAsset) throw new RequestError(404, 'There is nothing there.');
    return context.text('The manager is not built: run `npm run build:web` in the checkout.', 404);
  }
  return context.body(new Uint8Array(content), status, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    // Names of assets change with what is in them.
    ...(path.startsWith('/assets/') && { 'cache-control': 'public, max-age=31536000, immutable' }),
  });
}
