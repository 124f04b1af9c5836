import { Hono } from 'hono';
import { z } from 'zod';
import { forkThread } from '../../agent/index.ts';
import { compareAttempts } from '../../review/index.ts';
import type { Server } from '../server.ts';
import { body, query } from './validated.ts';

const forkSchema = z.strictObject({ at: z.int().positive().optional() });
const handoffSchema = z.strictObject({ digest: z.boolean().default(false) });
const id = z.string().min(1).max(64);

/** Other ways to go on from a thread: a fork, a fresh session from its notes, another attempt held against it. */
export function attemptRoutes({ store, live }: Server) {
  return new Hono()
    .post('/threads/:id/fork', body(forkSchema), async (context) => {
      const { at } = context.req.valid('json');
      return context.json(await forkThread(store, context.req.param('id'), at), 201);
    })
    .post('/threads/:id/handoff', body(handoffSchema), async (context) => {
      const { digest } = context.req.valid('json');
      return context.json(await live.handoff(context.req.param('id'), { digest }));
    })
    .get('/compare', query(z.object({ a: id, b: id })), async (context) => {
      const { a, b } = context.req.valid('query');
      return context.json(await compareAttempts(store, a, b));
    });
}
