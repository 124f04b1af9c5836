import { readdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
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
const OPEN_FILES = 16;
const SETTING = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/;
/** Of a value that goes on over lines, so many. */
const MAX_LINES = 500;
const MAX_FILES = 1_000;

/** There is more than can be looked through, so that nobody knows what must not be told. */
export class TooManySettingsError extends Error {
  override name = 'TooManySettingsError';
  constructor(folder: string) {
    super(
      `${folder} has more than ${MAX_FILES} files of settings; what is secret in them cannot all be known.`,
    );
  }
}

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
    for (const [name, value] of settingsOf(text)) add(name, value);
  const home = homedir();
  if (home.length > 1) found.push({ kind: 'home folder', text: home, instead: '~' });
  for (const folder of folders)
    if (folder.length > 1) found.push({ kind: 'workspace', text: folder, instead: '.' });
  const { username } = userInfo();
  if (username.length >= MIN_LENGTH) found.push({ kind: 'user', text: username, instead: 'user' });
  if (hostname().length >= MIN_LENGTH) found.push({ kind: 'machine', text: hostname(), instead: 'host' });
  return found;
}

/** The settings in a text; a quoted value may go on over lines. */
function settingsOf(text: string): [name: string, value: string][] {
  const lines = text.split(/\r?\n/);
  const found: [string, string][] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, name, rest = ''] = SETTING.exec(lines[at]!) ?? [];
    if (name === undefined) continue;
    const quote = /^["']/.exec(rest)?.[0];
    if (quote === undefined) {
      found.push([name, rest.trim()]);
      continue;
    }
    let value = rest.slice(1);
    for (let more = 0; !value.includes(quote) && more < MAX_LINES && at + 1 < lines.length; more++)
      value += `\n${lines[++at]}`;
    found.push([name, value.slice(0, value.includes(quote) ? value.indexOf(quote) : undefined)]);
  }
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
  if (found.length > MAX_FILES) throw new TooManySettingsError(folder);
  const limit = pLimit(OPEN_FILES);
  return Promise.all(found.map((path) => limit(() => readRegular(path).catch(() => ''))));
}
