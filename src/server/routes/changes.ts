import { Hono } from 'hono';
import { changeOf } from '../../review/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';

/** What a thread has changed, in the order in which it is read. */
export function changeRoutes({ store }: Server) {
  return new Hono().get('/threads/:id/changes', async (context) => {
    const [started] = await store.read(context.req.param('id'), 1, 1);
    if (started?.type !== 'thread.started' || started.workspace === undefined)
      throw new RequestError(404, 'It has no workspace.');
    return context.json(await changeOf(started.workspace, started.base ?? 'HEAD'));
  });
}
