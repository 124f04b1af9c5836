/**
 * Repositories on which the weights are learned, and others on which the finder is measured; nothing of the second
 * list was looked at while learning. Clones of them lie in a folder that the person names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const TUNING = [
  'honojs/hono',
  'pallets/click',
  'spf13/cobra',
  'google/gson',
  'fastify/fastify',
  'encode/httpx',
  'sharkdp/bat',
  'jqlang/jq',
  'mockito/mockito',
  'gin-gonic/gin',
  'psf/requests',
];

export const HELD_OUT = [
  'redis/redis',
  'scrapy/scrapy',
  'colinhacks/zod',
  'vitejs/vite',
  'BurntSushi/ripgrep',
  'clap-rs/clap',
  'caddyserver/caddy',
  'sphinx-doc/sphinx',
];

/** The clones of a list below a folder, as `owner/name`, `owner+name/repo` or `name`. */
export function clonesIn(folder: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const found = [name, `${name.replace('/', '+')}/repo`, name.slice(name.indexOf('/') + 1)].find((path) =>
      existsSync(join(folder, path)),
    );
    if (found === undefined) console.error(`  ${name} is not in ${folder}; left out`);
    return found === undefined ? [] : [join(folder, found)];
  });
}
