import { WorkspaceFiles } from '../../sandbox/index.ts';
import type { ArtifactWritten } from '../../thread/index.ts';

/** Where the artifacts of a workspace lie, to be committed and read without Kino. */
export const ARTIFACTS = '.kino/artifacts';

/**
 * Keeps the text of an artifact as a file of a workspace; the latest version is what the file holds.
 *
 * @param group the folder below `.kino/artifacts`
 * @returns the path in the workspace; undefined where it cannot be written, or would lead out of the workspace
 */
export async function keepAsFile(
  root: string,
  group: string,
  { artifact, text }: Pick<ArtifactWritten, 'artifact' | 'text'>,
): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const path = `${ARTIFACTS}/${group}/${artifact}.md`;
  return new WorkspaceFiles(root).write(path, text.endsWith('\n') ? text : `${text}\n`).then(
    () => path,
    () => undefined,
  );
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
