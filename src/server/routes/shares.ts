import { Hono } from 'hono';
import { z } from 'zod';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { sharedContent } from '../share/content.ts';
import { policyOf, sharePage } from '../share/share-page.ts';
import { Shares } from '../share/shares.ts';
import { body } from './validated.ts';

const shareSchema = z.strictObject({
  artifact: z.string().min(1).optional(),
  /** Further words that are to be shown to nobody. */
  hide: z.array(z.string().min(1).max(1_000)).max(100).default([]),
  /** How long a link is good for. */
  days: z.int().min(1).max(365).default(7),
});

/** Threads and artifacts for others: looked through for secrets, as a file or as a link. */
export function shareRoutes({ store }: Server) {
  const shares = new Shares();
  const collect = (thread: string, { artifact, hide }: z.output<typeof shareSchema>) =>
    sharedContent(store, { thread, hide, ...(artifact !== undefined && { artifact }) });
  return new Hono()
    .post('/threads/:id/share/preview', body(shareSchema), async (context) => {
      const { content, scrubbed } = await collect(context.req.param('id'), context.req.valid('json'));
      return context.json({ scrubbed, events: content.events.length, artifacts: content.artifacts.length });
    })
    .post('/threads/:id/share/file', body(shareSchema), async (context) => {
      const { content } = await collect(context.req.param('id'), context.req.valid('json'));
      return context.body(await sharePage(content), 200, {
        'content-type': 'text/html; charset=utf-8',
        'content-disposition': 'attachment; filename="shared.html"',
      });
    })
    .post('/threads/:id/share/link', body(shareSchema), async (context) => {
      const thread = context.req.param('id');
      const { artifact, days, ...given } = context.req.valid('json');
      const { content } = await collect(thread, { ...given, days, artifact });
      const about = { title: content.title, thread, ...(artifact !== undefined && { artifact }) };
      const { id: share, token, expiresAt } = await shares.add(await sharePage(content), about, days);
      return context.json({ path: `/shared/${token}`, share, expiresAt }, 201);
    })
    .get('/shares', async (context) => context.json({ shares: await shares.list() }))
    .delete('/shares/:share', async (context) => {
      if (!(await shares.revoke(context.req.param('share'))))
        throw new RequestError(404, 'There is no such link.');
      return context.json({ ok: true });
    });
}

/** What a link leads to: for whoever has it, and in no origin of ours. */
export function sharedPages() {
  const shares = new Shares();
  return new Hono().get('/shared/:token', async (context) => {
    const page = await shares.page(context.req.param('token'));
    if (page === undefined) throw new RequestError(404, 'There is nothing there, or no longer.');
    context.header('content-security-policy', `sandbox allow-scripts allow-downloads; ${policyOf(page)}`);
    context.header('cache-control', 'no-store');
    context.header('x-robots-tag', 'noindex');
    return context.html(page);
  });
}
