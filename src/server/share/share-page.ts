import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServeError } from '../errors.ts';
import type { SharedContent } from './content.ts';

/** What Vite has built for pages that are shared. */
const FOLDER = fileURLToPath(new URL('../../../dist/share', import.meta.url));

/**
 * A page that needs nothing but itself: its policy lets it run the one script that it carries, and ask nobody for anything.
 *
 * @throws ServeError where the manager is not built
 */
export async function sharePage(content: SharedContent): Promise<string> {
  const [script, style] = await Promise.all(
    ['share.js', 'share.css'].map((name) => readFile(join(FOLDER, name), 'utf8')),
  ).catch(() => {
    throw new ServeError('The manager is not built: run `npm run build:web` in the checkout.');
  });
  // Nothing in a script or in data may end the element that it stands in.
  const code = script!.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const data = JSON.stringify(content).replaceAll('<', '\\u003c');
  const css = style!.replaceAll('</style', '<\\/style');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="content-security-policy" content="${sharePolicy(code, css)}">
<title>Kino</title>
<style>${css}</style>
</head>
<body>
<div id="root"></div>
<script type="application/json" id="content">${data}</script>
<script>${code}</script>
</body>
</html>
`;
}

function sharePolicy(script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data: blob:; media-src blob:; base-uri 'none'; form-action 'none'`;
}

/** The policy that a shared page states. */
export function policyOf(page: string): string {
  const stated = /<meta http-equiv="content-security-policy" content="([^"]*)">/.exec(page)?.[1];
  return stated ?? "default-src 'none'";
}
