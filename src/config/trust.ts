import { createHash } from 'node:crypto';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, updateJson } from './json-file.ts';
import { readRegular } from './read-regular.ts';

const trustSchema = z.strictObject({
  folders: z.record(
    z.string(),
    z.strictObject({
      at: z.string(),
      /** Every folder below as well. */
      below: z.boolean().optional(),
      /** The repository's configuration as it was when the person trusted it. */
      config: z.string().optional(),
    }),
  ),
});
type TrustFile = z.infer<typeof trustSchema>;

/** `changed`: the folder was trusted, and its configuration is another one now. */
export type Trust = 'trusted' | 'untrusted' | 'changed';

const fileOf = (home: string) => join(home, 'trust.json');

/**
 * Whether the person trusts a folder: what its repository configures may run programs and loosen rules.
 *
 * @param root absolute and real
 * @throws ConfigError
 */
export async function trustOf(root: string, home: string = kinoHome()): Promise<Trust> {
  const { folders } = await readTrust(home);
  const own = folders[root];
  if (own) return own.config === (await configHash(root)) ? 'trusted' : 'changed';
  const around = Object.entries(folders).some(
    ([path, { below }]) => below && root.startsWith(path.replace(/[/\\]$/, '') + sep),
  );
  // Somebody's repository below a trusted folder may have brought a configuration that nobody has seen.
  return around && (await configHash(root)) === undefined ? 'trusted' : 'untrusted';
}

/** Trusts a folder as it now is. */
export async function trustFolder(
  root: string,
  { below = false } = {},
  home: string = kinoHome(),
): Promise<void> {
  const config = await configHash(root);
  const entry = {
    at: new Date().toISOString(),
    ...(below && { below }),
    ...(config !== undefined && { config }),
  };
  await updateJson(fileOf(home), trustSchema, (file) => ({
    value: { folders: { ...file?.folders, [root]: entry } },
    result: undefined,
  }));
}

/** @returns whether it was trusted */
export async function forgetTrust(root: string, home: string = kinoHome()): Promise<boolean> {
  return updateJson(fileOf(home), trustSchema, (file) => {
    const { [root]: was, ...folders } = file?.folders ?? {};
    return { value: { folders }, result: was !== undefined };
  });
}

export async function trustedFolders(
  home: string = kinoHome(),
): Promise<{ path: string; at: string; below: boolean }[]> {
  const { folders } = await readTrust(home);
  return Object.entries(folders).map(([path, { at, below = false }]) => ({ path, at, below }));
}

async function readTrust(home: string): Promise<TrustFile> {
  return (await readJson(fileOf(home), trustSchema)) ?? { folders: {} };
}

async function configHash(root: string): Promise<string | undefined> {
  const text = await readRegular(join(root, '.kino', 'config.json')).catch(() => undefined);
  return text && createHash('sha256').update(text).digest('hex');
}
