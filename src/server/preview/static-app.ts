import { rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { extname, join, relative } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Ports, temporaryFolder, WorkspaceFiles } from '../../sandbox/index.ts';

/** Folders that a page without a server may lie in, the likeliest first. */
const FOLDERS = ['.', 'public', 'dist', 'build', 'site', 'docs'];
const TYPES: Record<string, string> = {
  ...{ '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8' },
  ...{ '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8' },
  ...{ '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg' },
  ...{ '.jpeg': 'image/jpeg', '.gif': 'image/gif', '.webp': 'image/webp', '.ico': 'image/x-icon' },
  ...{ '.woff2': 'font/woff2', '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8' },
  ...{
    '.mp4': 'video/mp4',
    '.webm': 'video/webm',
    '.mp3': 'audio/mpeg',
    '.webmanifest': 'application/manifest+json',
  },
};

/** Serves the pages of a workspace that need no server of their own; undefined where it has none. */
export async function serveStatic(root: string): Promise<(Ports & { port: number }) | undefined> {
  for (const folder of FOLDERS) {
    const files = new WorkspaceFiles(root);
    const index = await files.open(`${folder}/index.html`).catch(() => undefined);
    if (!index) continue;
    await index.close();
    return listen(files, folder);
  }
  return undefined;
}

/** On a socket that this user alone can reach: on a port whoever knows a name for this machine could ask. */
async function listen(files: WorkspaceFiles, folder: string): Promise<Ports & { port: number }> {
  const server: Server = createServer((request, response) => {
    answer(files, folder, request.url ?? '/', response).catch(() => response.destroy());
  });
  const place = await temporaryFolder('pages');
  const socket = join(place, 'socket');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  server.unref();
  return {
    port: 80,
    connect: () =>
      new Promise<Duplex>((resolve, reject) => {
        const connection = connect(socket);
        connection.once('error', reject);
        connection.once('connect', () => resolve(connection));
      }),
    listening: async () => [80],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(place, { recursive: true, force: true });
    },
  };
}

async function answer(
  files: WorkspaceFiles,
  folder: string,
  url: string,
  response: ServerResponse,
): Promise<void> {
  const nothing = () =>
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing there.\n');
  if (!URL.canParse(url, 'http://localhost')) return void nothing();
  const { pathname } = new URL(url, 'http://localhost');
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return void nothing();
  }
  const wanted = `${folder}${path}${path.endsWith('/') ? 'index.html' : ''}`;
  const content = await readShown(files, wanted).catch(() => undefined);
  if (!content) return void nothing();
  response
    .writeHead(200, {
      'content-type': TYPES[extname(wanted).toLowerCase()] ?? 'application/octet-stream',
      'cache-control': 'no-store',
    })
    .end(content);
}

/** Settings and secrets are in files with a dot before their name, and a link may lead to one. */
async function readShown(files: WorkspaceFiles, wanted: string): Promise<Buffer | undefined> {
  const isHidden = (path: string) => path.split('/').some((part) => /^\.(?!\.?$)/.test(part));
  const [root, real] = await Promise.all([files.resolve('.'), files.resolve(wanted)]);
  return isHidden(wanted) || isHidden(relative(root, real)) ? undefined : files.read(real);
}
