import { changingSteps, openSnapshots } from '../../agent/index.ts';
import { gitBytes } from '../../git/index.ts';
import { WorkspaceFiles } from '../../sandbox/index.ts';
import type { StoredEvent, ThreadStore } from '../../thread/index.ts';
import { changeOfFile } from '../change.ts';
import { attribute, type Rewrite } from './attribute.ts';

/** A step of an agent that made a part of a change, and what it was asked then. */
export interface Origin {
  thread: string;
  title: string;
  agent?: string;
  model?: string;
  /** The flow, or the thread, that this one is a part of. */
  parent?: string;
  step: number;
  /** The number of the event with which the step began. */
  seq: number;
  /** What the person had asked last before the step. */
  prompt: string;
  /** How many lines of the hunk are its. */
  lines: number;
}

/** Threads that are looked through for those of a workspace. */
const MAX_THREADS = 2_000;
/** Longer files are not followed. */
const MAX_BYTES = 1024 * 1024;

/**
 * Who made each hunk of a file: every step of every thread that worked in the workspace is followed, line by line, by the
 * snapshots around it. Lines that nobody's step made (a person's, say) count for nobody.
 *
 * @returns by hunk, who made most of it first
 */
export async function originsOf(
  store: ThreadStore,
  root: string,
  base: string,
  path: string,
): Promise<Record<string, Origin[]>> {
  const file = await changeOfFile(root, base, path);
  if (!file) return {};
  const before = file.from ?? path;
  const [first, now] = await Promise.all([
    gitBytes(root, ['show', `${base}:${before}`]).catch(() => Buffer.alloc(0)),
    readIn(root, path),
  ]);
  if (first.length > MAX_BYTES || now.length > MAX_BYTES) return {};
  const rewrites = await rewritesOf(store, root, new Set([before, path]));
  const { added, removed } = attribute(linesOf(first), rewrites, linesOf(now));
  return Object.fromEntries(
    file.hunks.map(({ id, lines }) => {
      const counts = new Map<StepOf, number>();
      for (const line of lines) {
        const by =
          line.kind === 'added'
            ? added[line.new! - 1]
            : line.kind === 'removed'
              ? removed.get(line.old! - 1)
              : undefined;
        if (by) counts.set(by, (counts.get(by) ?? 0) + 1);
      }
      const origins = [...counts].map(([step, count]) => ({ ...originFrom(step), lines: count }));
      return [id, origins.sort((a, b) => b.lines - a.lines)];
    }),
  );
}

interface StepOf {
  thread: string;
  events: readonly StoredEvent[];
  step: number;
}

/** Every recorded change of a file under one of its names, in the order in which they were made. */
async function rewritesOf(
  store: ThreadStore,
  root: string,
  paths: ReadonlySet<string>,
): Promise<Rewrite<StepOf>[]> {
  const threads = (await store.board({ limit: MAX_THREADS })).filter(
    ({ kind, activity }) => kind === 'session' && activity.workspace === root,
  );
  const found: (Rewrite<StepOf> & { at: number })[] = [];
  for (const { id } of threads) {
    const events = await store.read(id);
    const steps = changingSteps(events).filter(({ after }) => after !== undefined);
    if (steps.length === 0) continue;
    const snapshots = await openSnapshots(root, id);
    const text = async (blob: string | undefined) =>
      blob === undefined ? [] : linesOf(await snapshots.content(blob));
    for (const { step, before, after } of steps) {
      const changes = await snapshots.changes(before, after!).catch(() => []);
      const own = changes.filter(({ path }) => paths.has(path));
      if (own.length === 0) continue;
      // A move is two changes: the old name goes, the new one comes.
      const was = own.find(({ before: one }) => one)?.before?.blob;
      const is = own.find(({ after: one }) => one)?.after?.blob;
      const made = events.findLast((event) => event.type === 'checkpoint.made' && event.step === step);
      found.push({
        ...{ by: { thread: id, events, step }, at: made?.at ?? 0 },
        ...{ before: await text(was), after: await text(is) },
      });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

function originFrom({ thread, events, step }: StepOf): Omit<Origin, 'lines'> {
  const started = events.find((event) => event.type === 'thread.started');
  const at = events.findIndex((event) => 'step' in event && event.step === step);
  const prompt = events
    .slice(0, Math.max(0, at))
    .findLast((event) => event.type === 'user.message' && event.from !== 'kino');
  return {
    ...{ thread, step, seq: events[at]?.seq ?? 1, title: started?.title ?? thread },
    prompt: prompt?.type === 'user.message' ? prompt.text : '',
    ...(started?.agent !== undefined && { agent: started.agent }),
    ...(started?.model !== undefined && { model: started.model }),
    ...(started?.parent !== undefined && { parent: started.parent }),
  };
}

async function readIn(root: string, path: string): Promise<Buffer> {
  return new WorkspaceFiles(root).read(path).catch(() => Buffer.alloc(0));
}

function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
