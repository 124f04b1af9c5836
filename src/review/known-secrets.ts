import { readdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { readRegular } from '../config/index.ts';
import type { KnownSecret } from '../thread/index.ts';

/** Names of variables whose values are shown to nobody. */
const SECRET_NAME = /pass|secret|token|key|credential|auth|cookie|session|dsn|private/i;
/** Shorter values stand in too many texts for another reason. */
const MIN_LENGTH = 8;
/** Of a value with several lines each is told alone, as texts may break or indent them. */
const MIN_LINE = 16;
/** Settings of the parts of a repository lie this deep at most; so many folders are looked through. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 5_000;
const SETTING = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/gm;

/**
 * What this machine knows to be secret: variables, the settings in some folders; and where its person is at home.
 *
 * @param folders the workspace, and the repository that it belongs to, which outlives it
 */
export async function knownSecrets(folders: readonly string[]): Promise<KnownSecret[]> {
  const found: KnownSecret[] = [];
  const add = (kind: string, text: string | undefined) => {
    if (text === undefined || text.length < MIN_LENGTH) return;
    found.push({ kind, text });
    const lines = text.split(/\r?\n|\\n/).map((line) => line.trim());
    if (lines.length > 1)
      for (const line of lines)
        if (line.length >= MIN_LINE && !line.startsWith('-----')) found.push({ kind, text: line });
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

/** Files that hold settings for one machine alone, of a folder and what is below it. */
async function settingsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  let folders = [folder];
  for (let depth = 0, seen = 0; depth <= MAX_DEPTH && folders.length > 0; depth++) {
    const looked = folders.slice(0, MAX_FOLDERS - seen);
    seen += looked.length;
    const entries = (
      await Promise.all(looked.map((path) => readdir(path, { withFileTypes: true }).catch(() => [])))
    ).flat();
    folders = [];
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        folders.push(path);
      else if (/^\.env(?:\..+)?$/.test(entry.name) && !/example|sample|template/.test(entry.name))
        found.push(path);
    }
  }
  return Promise.all(found.map((path) => readRegular(path).catch(() => '')));
}
