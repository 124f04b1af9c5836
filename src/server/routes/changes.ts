import { Hono } from 'hono';
import { z } from 'zod';
import { artifactsOf, type Comment, Flows, latestOf } from '../../flow/index.ts';
import { resolveCommit } from '../../git/index.ts';
import {
  acceptHunk,
  type Change,
  changeOf,
  decisionsOf,
  describe,
  diffText,
  guidedTour,
  keepDiff,
  keepTour,
  lastValidation,
  openPullRequest,
  originsOf,
  rejectHunk,
  reopenHunk,
  validateThread,
  withKeptTour,
} from '../../review/index.ts';
import type { StoredEvent, ThreadStore } from '../../thread/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { body, query } from './validated.ts';

const path = z.string().min(1).max(4_096);
const hunk = z.string().regex(/^[0-9a-f]{12}$/, 'is no hunk');
/** A comment on some lines of a change. */
const commentSchema = z.strictObject({
  path,
  side: z.enum(['old', 'new']),
  line: z.int().positive(),
  /** The lines, as they stand there. */
  quote: z.string().max(10_000),
  text: z.string().trim().min(1).max(100_000),
});
const decisionSchema = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.enum(['accept', 'reject']), path, from: path.optional(), hunk }),
  z.strictObject({ decision: z.literal('reopen'), hunk }),
]);

/** What it is compared with, where that is not what its work started from: any name of a commit, or two of them, `a..b`. */
const rangeSchema = z.object({ against: z.string().trim().min(1).max(200).optional() });

/** What a thread has changed, in the order in which it is read, and what was decided about it. */
export function changeRoutes({ store, live }: Server) {
  return new Hono()
    .get('/threads/:id/changes', query(rangeSchema), async (context) => {
      const { against } = context.req.valid('query');
      const { id, root, base, head } = await workspaceOf(store, context.req.param('id'), against);
      const [change, events, validation] = await Promise.all([
        changeOf(root, base, head),
        store.read(id),
        lastValidation(store, id),
      ]);
      const { accepted, rejected } = decisionsOf(events);
      const kept = artifactsOf(id, events).find(({ kind }) => kind === 'tour');
      const text = kept && latestOf(kept).text;
      return context.json({
        ...change,
        tour: text === undefined ? change.tour : withKeptTour(change.tour, text),
        isGuided: text !== undefined,
        /** Between two commits: nothing that could still be taken out of the files. */
        isPast: head !== undefined,
        validation: validation ?? null,
        comments: commentsOn(id, events, change),
        accepted: [...accepted],
        rejected: rejected.map(({ hunk: one, path: of }) => ({ hunk: one, path: of })),
      });
    })
    .get('/threads/:id/changes/origins', query(rangeSchema.extend({ path })), async (context) => {
      const { path: of, against } = context.req.valid('query');
      const { root, base } = await workspaceAsItIs(store, context.req.param('id'), against);
      return context.json({ origins: await originsOf(store, root, base, of) });
    })
    .post('/threads/:id/changes/decisions', query(rangeSchema), body(decisionSchema), async (context) => {
      const { against } = context.req.valid('query');
      const { id, root, base } = await workspaceAsItIs(store, context.req.param('id'), against);
      const given = context.req.valid('json');
      if (given.decision === 'reopen') await reopenHunk(store, id, root, given.hunk);
      else {
        const file = { path: given.path, ...(given.from !== undefined && { from: given.from }) };
        const decide = given.decision === 'accept' ? acceptHunk : rejectHunk;
        await decide({ store, thread: id, root, base, file, hunk: given.hunk });
      }
      return context.json({ ok: true });
    })
    .post('/threads/:id/changes/comments', query(rangeSchema), body(commentSchema), async (context) => {
      const { against } = context.req.valid('query');
      const { id, root, base } = await workspaceAsItIs(store, context.req.param('id'), against);
      const { text, quote, ...place } = context.req.valid('json');
      const diff = await keepDiff(store, id, await changeOf(root, base));
      const anchor = { kind: 'diff', before: '', after: '', text: quote, ...place } as const;
      return context.json({ comment: await new Flows(store).comment(diff, anchor, text) }, 201);
    })
    .post('/threads/:id/tour', async (context) => {
      const { id, root, base } = await workspaceOf(store, context.req.param('id'));
      const change = await changeOf(root, base);
      const tour = await guidedTour(await live.modelOf(id, root), change, context.req.raw.signal);
      await keepTour(store, id, tour);
      return context.json({ ok: true }, 201);
    })
    .post('/threads/:id/validate', async (context) => {
      const { id } = await workspaceOf(store, context.req.param('id'));
      return context.json({ results: await validateThread(store, id, context.req.raw.signal) });
    })
    .get('/threads/:id/description', async (context) => {
      const { id, root, base } = await workspaceOf(store, context.req.param('id'));
      return context.json(await describe(store, id, root, await changeOf(root, base)));
    })
    .post('/threads/:id/pull-request', async (context) => {
      const { id, root, base, origin } = await workspaceOf(store, context.req.param('id'));
      const description = await describe(store, id, root, await changeOf(root, base));
      return context.json({ url: await openPullRequest(root, origin, description) }, 201);
    });
}

/** What was said of a change, and what became of it: stale where the change no longer does what it is about. */
function commentsOn(id: string, events: readonly StoredEvent[], change: Change): Comment[] {
  const diff = artifactsOf(id, events).find(({ kind }) => kind === 'diff');
  if (!diff) return [];
  // As if the change as it is now were its latest version.
  const text = diffText(change);
  const latest = { ...latestOf(diff), text, bytes: text.length };
  const own = events.filter((event) => event.type !== 'artifact.written' || event.artifact !== diff.name);
  return artifactsOf(id, [latest, ...own])[0]?.comments ?? [];
}

/** @param against what it is compared with; default what its work started from @throws NoSuchCommitError */
async function workspaceOf(store: ThreadStore, id: string, against?: string) {
  const [started] = await store.read(id, 1, 1);
  if (started?.type !== 'thread.started' || started.workspace === undefined)
    throw new RequestError(404, 'It has no workspace.');
  const { workspace: root, repository: origin = root } = started;
  const [from = '', to, more] = against?.split('..') ?? [];
  if (more !== undefined || to?.startsWith('.'))
    throw new RequestError(400, 'Say one commit, or two with .. between them.');
  const commit = (name: string) => resolveCommit({ path: root }, name === '' ? 'HEAD' : name);
  const base = against === undefined ? (started.base ?? 'HEAD') : await commit(from);
  return { id, root, base, origin, ...(to !== undefined && { head: await commit(to) }) };
}

/** The workspace of which the files are looked at as they are. @throws RequestError where two commits are compared */
async function workspaceAsItIs(store: ThreadStore, id: string, against?: string) {
  const found = await workspaceOf(store, id, against);
  if (found.head !== undefined)
    throw new RequestError(409, 'Between two commits there is nothing to decide on: compare the files.');
  return found;
}
