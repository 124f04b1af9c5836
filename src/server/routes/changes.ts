import { Hono } from 'hono';
import { z } from 'zod';
import {
  acceptHunk,
  changeOf,
  decisionsOf,
  describe,
  lastValidation,
  openPullRequest,
  originsOf,
  rejectHunk,
  reopenHunk,
  validateThread,
} from '../../review/index.ts';
import type { ThreadStore } from '../../thread/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { body, query } from './validated.ts';

const path = z.string().min(1).max(4_096);
const hunk = z.string().regex(/^[0-9a-f]{12}$/, 'is no hunk');
const decisionSchema = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.enum(['accept', 'reject']), path, from: path.optional(), hunk }),
  z.strictObject({ decision: z.literal('reopen'), hunk }),
]);

/** What a thread has changed, in the order in which it is read, and what was decided about it. */
export function changeRoutes({ store }: Server) {
  return new Hono()
    .get('/threads/:id/changes', async (context) => {
      const { id, root, base } = await workspaceOf(store, context.req.param('id'));
      const [change, events, validation] = await Promise.all([
        changeOf(root, base),
        store.read(id),
        lastValidation(store, id),
      ]);
      const { accepted, rejected } = decisionsOf(events);
      return context.json({
        ...change,
        validation: validation ?? null,
        accepted: [...accepted],
        rejected: rejected.map(({ hunk: one, path: of }) => ({ hunk: one, path: of })),
      });
    })
    .get('/threads/:id/changes/origins', query(z.object({ path })), async (context) => {
      const { root, base } = await workspaceOf(store, context.req.param('id'));
      return context.json({ origins: await originsOf(store, root, base, context.req.valid('query').path) });
    })
    .post('/threads/:id/changes/decisions', body(decisionSchema), async (context) => {
      const { id, root, base } = await workspaceOf(store, context.req.param('id'));
      const given = context.req.valid('json');
      if (given.decision === 'reopen') await reopenHunk(store, id, root, given.hunk);
      else {
        const file = { path: given.path, ...(given.from !== undefined && { from: given.from }) };
        const decide = given.decision === 'accept' ? acceptHunk : rejectHunk;
        await decide({ store, thread: id, root, base, file, hunk: given.hunk });
      }
      return context.json({ ok: true });
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

async function workspaceOf(store: ThreadStore, id: string) {
  const [started] = await store.read(id, 1, 1);
  if (started?.type !== 'thread.started' || started.workspace === undefined)
    throw new RequestError(404, 'It has no workspace.');
  const { workspace: root, base = 'HEAD', repository: origin = root } = started;
  return { id, root, base, origin };
}
