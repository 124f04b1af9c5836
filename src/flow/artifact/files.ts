import { lstat, mkdir, readFile, realpath, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MEDIA, type MediaType } from '../../agent/index.ts';
import { WorkspaceFiles } from '../../sandbox/index.ts';
import type { ArtifactWritten, TodoItem } from '../../thread/index.ts';
import type { Workflow } from '../workflow.ts';
import { ticked, unticked } from './task-list.ts';

/** Where the artifacts of a workspace lie, to be committed and read without Kino. */
export const ARTIFACTS = '.kino/artifacts';

/** An image in a text that is another artifact of the thread. */
const REFERENCE = /(!\[[^\]\n]*\]\()artifact:([a-z0-9][a-z0-9-]{0,63})(\))/g;

type Kept = Pick<ArtifactWritten, 'artifact' | 'text' | 'file' | 'mediaType'>;

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
  written: Kept,
  others: ReadonlyMap<string, string> = new Map(),
): Promise<string | undefined> {
  try {
    const content = await contentOf(written, others);
    if (content === undefined) return undefined;
    const path = pathOf(group, written);
    await (await placeIn(root)).write(path, content);
    return join(ARTIFACTS, path);
  } catch {
    return undefined;
  }
}

/**
 * Removes the file of an artifact, where it still holds one of the versions; with it the folder, where that is empty then.
 *
 * @returns the path in the workspace, and whether it is gone; undefined where there is no such file
 */
export async function dropFile(
  root: string,
  group: string,
  versions: readonly Kept[],
  others: ReadonlyMap<string, string>,
): Promise<{ path: string; isGone: boolean } | undefined> {
  const within = pathOf(group, versions.at(-1)!);
  const path = join(ARTIFACTS, within);
  try {
    const files = await placeIn(root);
    const held = await files.read(within);
    if (!(await isOneOf(held, versions, others))) return { path, isGone: false };
    await files.remove(within);
    await rmdir(dirname(await files.resolve(within))).catch(() => {});
    return { path, isGone: true };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : { path, isGone: false };
  }
}

/**
 * Ticks what an agent has done in the file of an artifact, where that still holds one of the versions and not what somebody
 * made of it. What is ticked already, by whomever, stays so. Never throws.
 */
export async function tickFile(
  root: string,
  group: string,
  versions: readonly Kept[],
  others: ReadonlyMap<string, string>,
  todos: readonly TodoItem[],
): Promise<void> {
  const latest = versions.at(-1)!;
  if (latest.text === undefined || latest.mediaType !== 'text/markdown') return;
  const within = pathOf(group, latest);
  try {
    const files = await placeIn(root);
    const held = await files.read(within);
    const before = held.toString('utf8');
    const text = ticked(before, todos);
    if (text !== before && (await isOneOf(held, versions, others))) await files.write(within, text);
  } catch {
    // It is gone, or may not be written: the thread has it.
  }
}

/** Whether a file holds one of the versions, whatever is ticked in it. */
async function isOneOf(
  held: Buffer,
  versions: readonly Kept[],
  others: ReadonlyMap<string, string>,
): Promise<boolean> {
  const known = versions.flatMap((written) => [contentOf(written, others), contentOf(written, new Map())]);
  const plain = unticked(held.toString('utf8'));
  return (await Promise.all(known)).some(
    (content) =>
      content !== undefined &&
      (held.equals(Buffer.from(content)) || (typeof content === 'string' && unticked(content) === plain)),
  );
}

function pathOf(group: string, { artifact, mediaType }: Kept): string {
  return `${group}/${fileName(artifact, mediaType)}`;
}

/**
 * The folder of a workspace's artifacts, with every way out of it closed: it is written to by Kino itself, and the agents
 * that work in the workspace may put links there.
 */
async function placeIn(root: string): Promise<WorkspaceFiles> {
  const place = join(await realpath(root), ARTIFACTS);
  const above = dirname(place);
  const isLink = (await lstat(above).catch(() => undefined))?.isSymbolicLink();
  if (!isLink) await mkdir(place, { recursive: true });
  if ((await realpath(place)) !== place) throw new Error(`${place} leads elsewhere.`);
  return new WorkspaceFiles(place, place, { isReal: true });
}

function fileName(name: string, type: string): string {
  return `${name}.${MEDIA[type as MediaType] ?? 'md'}`;
}

async function contentOf(
  { text, file }: Kept,
  others: ReadonlyMap<string, string>,
): Promise<string | Buffer | undefined> {
  if (text === undefined) return file === undefined ? undefined : readFile(file);
  const linked = text.replace(REFERENCE, (whole, before: string, name: string, after: string) => {
    const type = others.get(name);
    return type === undefined ? whole : `${before}${fileName(name, type)}${after}`;
  });
  return linked.endsWith('\n') ? linked : `${linked}\n`;
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

/**
 * The name of a flow's folder, branch and group of artifacts. Agents of its phases read it, so it tells what the flow is
 * about only where every phase may know.
 */
export function groupOfFlow({
  workflow,
  title,
  id,
}: {
  workflow: Workflow;
  title: string;
  id: string;
}): string {
  const isOpen = workflow.phases.every(({ reads }) => reads.includes('request'));
  return groupOf(isOpen ? title : workflow.name, id);
}
