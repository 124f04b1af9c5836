import { type Artifact, artifactsOf, latestOf } from '../flow/index.ts';
import type { ThreadStore } from '../thread/index.ts';
import type { Change } from './change.ts';

/** What it is called; every thread has at most one. */
const NAME = 'diff';
/** The rest of a larger one is not kept. */
const MAX_CHARS = 1024 * 1024;

/** A change as git would write it, for whoever reads it without Kino. */
export function diffText({ files }: Pick<Change, 'files'>): string {
  const signs = { added: '+', removed: '-', context: ' ' };
  const each = files.map(({ path, from = path, hunks, binary }) => {
    const body = hunks.map(({ heading, lines }) => {
      const [old, now] = [lines.find((line) => line.old)?.old ?? 0, lines.find((line) => line.new)?.new ?? 0];
      const count = (not: string) => lines.filter(({ kind }) => kind !== not).length;
      const text = lines.map(({ kind, text: line }) => `${signs[kind]}${line}`).join('\n');
      return `@@ -${old},${count('added')} +${now},${count('removed')} @@ ${heading}\n${text}`;
    });
    return [`diff --git a/${from} b/${path}`, ...(binary ? ['Binary files differ'] : body)].join('\n');
  });
  return `${each.join('\n')}\n`.slice(0, MAX_CHARS);
}

/** Keeps a thread's change as an artifact, a new version where it is another one than before: comments are on it. */
export async function keepDiff(store: ThreadStore, thread: string, change: Change): Promise<Artifact> {
  const find = async () =>
    artifactsOf(thread, await store.read(thread)).find(({ name, kind }) => name === NAME && kind === 'diff');
  const known = await find();
  const text = diffText(change);
  if (known && latestOf(known).text === text) return known;
  await store.append(thread, [
    {
      ...{ type: 'artifact.written', artifact: NAME, kind: 'diff', title: 'What changed' },
      ...{ version: (known ? latestOf(known).version : 0) + 1, mediaType: 'text/x-diff' },
      ...{ text, bytes: Buffer.byteLength(text) },
    },
  ]);
  return (await find())!;
}
