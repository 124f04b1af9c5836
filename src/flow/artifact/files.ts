import { readFile } from 'node:fs/promises';
import { MEDIA, type MediaType } from '../../agent/index.ts';
import { WorkspaceFiles } from '../../sandbox/index.ts';
import type { ArtifactWritten } from '../../thread/index.ts';

/** Where the artifacts of a workspace lie, to be committed and read without Kino. */
export const ARTIFACTS = '.kino/artifacts';

/** An image in a text that is another artifact of the thread. */
const REFERENCE = /(!\[[^\]\n]*\]\()artifact:([a-z0-9][a-z0-9-]{0,63})(\))/g;

/**
 * Keeps an artifact as a file of a workspace; the latest version is what the file holds. Where its text shows other
 * artifacts, the file names theirs.
 *
 * @param group the folder below `.kino/artifacts`
 * @param others the types of the other artifacts of the thread, by name
 * @returns the path in the workspace; undefined where it cannot be written, or would lead out of the workspace
 */
export async function keepAsFile(
  root: string,
  group: string,
  { artifact, text, file, mediaType }: Pick<ArtifactWritten, 'artifact' | 'text' | 'file' | 'mediaType'>,
  others: ReadonlyMap<string, string> = new Map(),
): Promise<string | undefined> {
  const named = (name: string, type: string) => `${name}.${MEDIA[type as MediaType] ?? 'md'}`;
  const path = `${ARTIFACTS}/${group}/${named(artifact, mediaType)}`;
  try {
    if (text !== undefined) {
      const linked = text.replace(REFERENCE, (whole, before: string, name: string, after: string) => {
        const type = others.get(name);
        return type === undefined ? whole : `${before}${named(name, type)}${after}`;
      });
      await new WorkspaceFiles(root).write(path, linked.endsWith('\n') ? linked : `${linked}\n`);
    } else if (file !== undefined) await new WorkspaceFiles(root).write(path, await readFile(file));
    else return undefined;
    return path;
  } catch {
    return undefined;
  }
}

/** A folder's name that tells what it is about, and is not that of another: words of a title, and an id. */
export function groupOf(title: string, id: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return `${words === '' ? '' : `${words}-`}${id.slice(-6)}`;
}
