import { Hono } from 'hono';
import { z } from 'zod';
import { teamReport } from '../../review/index.ts';
import type { Server } from '../server.ts';
import { digits, query } from './validated.ts';

/** Who had what done, and what of it still stands. */
export function teamRoutes({ store }: Server) {
  return new Hono().get('/team', query(z.object({ days: digits.optional() })), async (context) => {
    const { days } = context.req.valid('query');
    return context.json(await teamReport(store, days === undefined ? {} : { days: Number(days) }));
  });
}
