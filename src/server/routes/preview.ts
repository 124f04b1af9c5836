import { Hono } from 'hono';
import { z } from 'zod';
import { devServersOf } from '../../project/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { body } from './validated.ts';

const startSchema = z.discriminatedUnion('serve', [
  /** A command of the workspace. */
  z.strictObject({ serve: z.literal('command'), command: z.string().trim().min(1).max(2_000) }),
  /** Its pages as they lie there. */
  z.strictObject({ serve: z.literal('pages') }),
  /** What a background job of the agent listens on. */
  z.strictObject({ serve: z.literal('job'), port: z.int().min(1).max(65_535) }),
]);

/** The app that a thread works on, shown beside it. */
export function previewRoutes({ store, live, previews }: Server) {
  const folderOf = async (id: string) => {
    const [started] = await store.read(id, 1, 1);
    if (started?.type !== 'thread.started' || started.workspace === undefined)
      throw new RequestError(404, 'It has no workspace.');
    return started.workspace;
  };
  return new Hono()
    .get('/threads/:id/preview', async (context) => {
      const id = context.req.param('id');
      const preview = await previews.state(id);
      const [suggestions, jobs] = await Promise.all([devServersOf(await folderOf(id)), live.listening(id)]);
      const found = jobs.map(({ job, port }) => ({ command: job.command, port }));
      return context.json({ preview: preview ?? null, suggestions, found });
    })
    .post('/threads/:id/preview', body(startSchema), async (context) => {
      const id = context.req.param('id');
      const given = context.req.valid('json');
      if (given.serve === 'job') {
        const found = (await live.listening(id)).find(({ port }) => port === given.port);
        if (!found)
          throw new RequestError(409, `No background job of it listens on port ${given.port} any more.`);
        await previews.show(id, found.job, found.port);
      } else
        await previews.start(id, await folderOf(id), given.serve === 'command' ? given.command : undefined);
      return context.json({ ok: true }, 201);
    })
    .delete('/threads/:id/preview', async (context) => {
      await previews.stop(context.req.param('id'));
      return context.json({ ok: true });
    });
}
