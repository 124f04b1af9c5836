import { chmod, lstat, mkdir, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { loadProjectConfig, trustOf, version } from '../config/index.ts';
import { resolveCommit, type Snapshots } from '../git/index.ts';
import { WorkspaceFiles } from '../sandbox/index.ts';
import { newId, type StoredEvent, type ThreadEvent, type ThreadStore } from '../thread/index.ts';
import { openSnapshots } from './checkpoints.ts';
import { workspaceAround } from './workspace-around.ts';
import { createWorktree } from './worktree.ts';

/** A thread that cannot be forked. */
export class ForkError extends Error {
  override name = 'ForkError';
}

export interface Fork {
  thread: string;
  /** The worktree that it goes on in. */
  workspace: string;
}

/** What belongs to the process that wrote it, or to the workspace that it was written for. */
const NOT_COPIED = /^(?:thread\.|checkpoint\.|files\.restored|assistant\.delta|hunk\.)/;

/**
 * Begins a thread with what another one holds up to an event, in a worktree of its own with the files as they were then.
 * Neither the other thread nor its workspace is touched.
 *
 * @param at the number of the last event that it shares; default all, with the files as they are
 * @throws ForkError @throws ThreadNotFoundError @throws WorktreeError
 */
export async function forkThread(store: ThreadStore, id: string, at?: number): Promise<Fork> {
  const events = await store.read(id);
  const started = events.find((event) => event.type === 'thread.started');
  if (started?.kind !== 'session') throw new ForkError(`${id} is no session; only those can be forked.`);
  if (started.agent !== 'kino')
    throw new ForkError(`${id} is the work of ${started.agent}; only Kino's own agent can go on from it.`);
  const { workspace, repository: origin = workspace } = started;
  if (workspace === undefined || origin === undefined || !isRepository(workspace))
    throw new ForkError(`The workspace of ${id} is no repository any more, so that no worktree can be made.`);
  const thread = newId();
  const shared = at === undefined ? events : events.filter(({ seq }) => seq <= at);
  const snapshots = await openSnapshots(workspace, thread);
  const tree = at === undefined ? await snapshots.take() : await treeAt(snapshots, events, at);
  const base = await resolveCommit({ path: workspace }, 'HEAD').catch(() => {
    throw new ForkError(`The repository of ${id} has no commit to start a worktree from.`);
  });
  const project = (await trustOf(origin)) === 'trusted' ? await loadProjectConfig(origin) : {};
  const name = `fork-${thread.slice(-6)}`;
  const { worktree } = await createWorktree(origin, name, project.worktree ?? {}, () => {}, base);
  await materialise(snapshots, `${base}^{tree}`, tree, worktree.path);
  const { seq: _, at: __, parent: ___, ...about } = started;
  const seq = shared.at(-1)?.seq ?? 0;
  await store.append(thread, [
    {
      ...about,
      ...{ title: `${started.title} (fork)`, workspace: worktree.path, base: started.base ?? base },
      ...{ forkedFrom: { thread: id, seq }, kino: version(), host: hostname(), pid: process.pid },
    },
    ...shared.filter(({ type }) => !NOT_COPIED.test(type)).map(copied),
    { type: 'user.message', from: 'kino', text: MOVED },
    {
      ...{ type: 'thread.ended', status: 'interrupted', answer: '', steps: 0, usage: {}, durationMs: 0 },
      reason: `A fork of ${id}; nothing was done in it yet.`,
    },
  ]);
  return { thread, workspace: worktree.path };
}

const MOVED =
  'From here on you work in a copy of the workspace. Absolute paths from before lead to the other one, which is no longer yours.';

/** An event as a thread has it that did not pay for it. */
function copied({ seq: _, at: __, ...event }: StoredEvent): ThreadEvent {
  return 'costUsd' in event ? { ...event, costUsd: 0 } : event;
}

function isRepository(folder: string): boolean {
  try {
    return workspaceAround(folder).isRepository;
  } catch {
    return false;
  }
}

/** The files as they were at an event: before the next step that changed some, otherwise as they are. */
async function treeAt(snapshots: Snapshots, events: readonly StoredEvent[], at: number): Promise<string> {
  const next = events.find(
    (event) => event.type === 'checkpoint.made' && event.moment === 'before' && event.seq > at,
  );
  return next?.type === 'checkpoint.made' ? next.tree : snapshots.take();
}

/** Makes a folder that is as one tree as another one. */
async function materialise(snapshots: Snapshots, from: string, to: string, folder: string): Promise<void> {
  const files = new WorkspaceFiles(folder);
  const changes = await snapshots.changes(from, to);
  // What is to go goes first: a file cannot come where a folder is.
  for (const { path, before } of changes) if (before) await rm(await placeOf(files, path), { force: true });
  for (const { path, after } of changes) {
    if (!after) continue;
    const content = await snapshots.content(after.blob);
    if (after.mode === '120000') {
      const place = await placeOf(files, path);
      await mkdir(dirname(place), { recursive: true });
      await symlink(content.toString('utf8'), place);
    } else {
      await files.write(path, content);
      if (after.mode === '100755') await chmod(await files.resolve(path), 0o755);
    }
  }
}

/** Where an entry itself is, not what it may lead to. */
async function placeOf(files: WorkspaceFiles, path: string): Promise<string> {
  const folder = await files.resolve(dirname(path));
  const place = `${folder}/${path.split('/').at(-1)}`;
  const found = await lstat(place).catch(() => undefined);
  if (found?.isDirectory()) throw new ForkError(`${path} is a folder in the new worktree.`);
  return place;
}
