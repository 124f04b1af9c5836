import { readdir, readFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { KnownSecret } from '../thread/index.ts';

/** Names of variables whose values are shown to nobody. */
const SECRET_NAME = /pass|secret|token|key|credential|auth|cookie|session|dsn|private/i;
/** Shorter values stand in too many texts for another reason. */
const MIN_LENGTH = 8;
const SETTING = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/gm;

/**
 * What this machine knows to be secret: variables, the settings in some folders; and where its person is at home.
 *
 * @param folders the workspace, and the repository that it belongs to, which outlives it
 */
export async function knownSecrets(folders: readonly string[]): Promise<KnownSecret[]> {
  const found: KnownSecret[] = [];
  const add = (kind: string, text: string | undefined) => {
    if (text !== undefined && text.length >= MIN_LENGTH) found.push({ kind, text });
  };
  for (const [name, value] of Object.entries(process.env)) if (SECRET_NAME.test(name)) add(name, value);
  for (const text of (await Promise.all(folders.map(settingsIn))).flat())
    for (const [, name = '', double, single, bare] of text.matchAll(SETTING))
      add(name, double ?? single ?? bare);
  const home = homedir();
  if (home.length > 1) found.push({ kind: 'home folder', text: home, instead: '~' });
  for (const folder of folders)
    if (folder.length > 1) found.push({ kind: 'workspace', text: folder, instead: '.' });
  const { username } = userInfo();
  if (username.length >= MIN_LENGTH) found.push({ kind: 'user', text: username, instead: 'user' });
  if (hostname().length >= MIN_LENGTH) found.push({ kind: 'machine', text: hostname(), instead: 'host' });
  return found;
}

/** Files that hold settings for one machine alone. */
async function settingsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter(
    (name) => /^\.env(?:\..+)?$/.test(name) && !/example|sample|template/.test(name),
  );
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
}
