import { diffArrays } from 'diff';
import { changingSteps, openSnapshots } from '../../agent/index.ts';
import { gitBytes } from '../../git/index.ts';
import type { StoredEvent } from '../../thread/index.ts';

/** What became of the lines that a thread wrote. */
export interface KeptLines {
  added: number;
  /** Those that stand in the same file of the repository's current commit. */
  kept: number;
}

const MAX_FILES = 400;
const MAX_BYTES = 1024 * 1024;
const MAX_EDITS = 20_000;

/**
 * Counts the lines that a thread added, from before its first change to after its last, and how many of them stand in the
 * same file of the repository's HEAD. Blank lines and brackets alone count for nothing: they stand everywhere.
 *
 * @returns undefined where its workspace or repository is gone, or it changed nothing
 */
export async function keptLines(
  thread: string,
  events: readonly StoredEvent[],
): Promise<KeptLines | undefined> {
  const started = events.find((event) => event.type === 'thread.started');
  const steps = changingSteps(events).filter(({ after }) => after !== undefined);
  const { workspace, repository } = started ?? {};
  if (workspace === undefined || repository === undefined || steps.length === 0) return undefined;
  try {
    const snapshots = await openSnapshots(workspace, thread);
    const changes = await snapshots.changes(steps[0]!.before, steps.at(-1)!.after!);
    const total = { added: 0, kept: 0 };
    for (const { path, before, after } of changes.slice(0, MAX_FILES)) {
      if (!after) continue;
      const content = (blob: string | undefined) =>
        blob === undefined ? undefined : snapshots.content(blob);
      const [was, is, now] = await Promise.all([
        content(before?.blob),
        content(after.blob),
        gitBytes(repository, ['show', `HEAD:${path}`]).catch(() => Buffer.alloc(0)),
      ]);
      const added = addedLines(linesOf(was), linesOf(is));
      total.added += added.length;
      total.kept += standing(added, linesOf(now));
    }
    return total.added === 0 ? undefined : total;
  } catch {
    return undefined;
  }
}

/** Lines with words that are in the second text and not in the first. */
function addedLines(before: readonly string[], after: readonly string[]): string[] {
  const parts = diffArrays([...before], [...after], { maxEditLength: MAX_EDITS }) ?? [
    { added: true, value: [...after] },
  ];
  return parts.flatMap(({ added, value }) => (added ? value : [])).filter((line) => /\w/.test(line));
}

/** How many of some lines a text has, each as often as it is there. */
function standing(lines: readonly string[], text: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of text) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
  let count = 0;
  for (const line of lines) {
    const there = left.get(line.trim()) ?? 0;
    if (there === 0) continue;
    left.set(line.trim(), there - 1);
    count++;
  }
  return count;
}

function linesOf(bytes: Buffer | undefined): string[] {
  if (!bytes || bytes.length === 0 || bytes.length > MAX_BYTES || bytes.includes(0)) return [];
  return bytes.toString('utf8').replace(/\n$/, '').split('\n');
}
