import { Hono } from 'hono';
import { z } from 'zod';
import { MODES } from '../../agent/index.ts';
import { isAtWork, type StoredEvent, type ThreadEnded } from '../../thread/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { shown } from '../stream.ts';
import { body, digits, folder, query } from './validated.ts';

const text = z.string().trim().min(1).max(200_000);
const startSchema = z.strictObject({
  folder,
  prompt: text,
  agent: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  mode: z.enum(MODES).optional(),
  worktree: z.boolean().default(true),
});
const checkSchema = startSchema.pick({ folder: true, model: true, agent: true });
const messageSchema = z.strictObject({ text, delivery: z.enum(['steer', 'queue', 'prompt']) });
const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('permission'),
    thread: z.string().min(1),
    request: z.string().min(1),
    outcome: z.enum(['allow', 'deny']),
    scope: z.enum(['once', 'session', 'project', 'user']).default('once'),
    note: z.string().max(10_000).optional(),
  }),
  z.strictObject({
    kind: z.literal('question'),
    thread: z.string().min(1),
    request: z.string().min(1),
    answer: text,
  }),
]);
/** What a thread's last process could not write any more. */
const KILLED: ThreadEnded = {
  ...{ type: 'thread.ended', status: 'interrupted', answer: '', steps: 0, usage: {}, durationMs: 0 },
  reason: 'It was killed.',
};
/** Of a thread at once. */
const MAX_EVENTS = 5_000;
const rangeSchema = z.object({
  /** Events before this number, the latest of them. */
  before: digits.optional(),
  limit: digits.optional(),
});

/** Threads: what they hold, and what is said to those who work in them. */
export function threadRoutes({ store, live }: Server) {
  return new Hono()
    .get('/board', async (context) => {
      const [revision, threads] = [await store.revision(), await store.board({ limit: 2_000 })];
      return context.json({ revision, threads: threads.map(shown) });
    })
    .post('/threads', body(startSchema), async (context) => {
      const { folder, prompt, agent, model, mode, worktree } = context.req.valid('json');
      const thread = await live.start({
        ...{ folder, prompt, worktree },
        choice: { ...(agent !== undefined && { agent }), ...(model !== undefined && { model }) },
        ...(mode && { mode }),
      });
      return context.json({ thread }, 201);
    })
    .post('/threads/check', body(checkSchema), async (context) => {
      const { folder, model, agent } = context.req.valid('json');
      await live.check(folder, {
        ...(model !== undefined && { model }),
        ...(agent !== undefined && { agent }),
      });
      return context.json({ ok: true });
    })
    .get('/threads/:id/events', query(rangeSchema), async (context) => {
      const given = context.req.valid('query');
      const limit = Math.min(MAX_EVENTS, Number(given.limit ?? 200));
      const before = given.before === undefined ? undefined : Number(given.before);
      const id = context.req.param('id');
      const { lastSeq: last } = await store.get(id);
      const until = before === undefined ? last : Math.min(last, before - 1);
      const events: StoredEvent[] = await store.read(id, Math.max(1, until - limit + 1), until);
      return context.json({ events, first: events[0]?.seq ?? 1, last });
    })
    .post('/threads/:id/messages', body(messageSchema), async (context) => {
      const { text: said, delivery } = context.req.valid('json');
      const thread = context.req.param('id');
      if (delivery === 'prompt') await live.goOn(thread, said);
      else await live.say(thread, said, delivery);
      return context.json({ ok: true });
    })
    .post('/threads/:id/resume', async (context) => {
      const id = context.req.param('id');
      if ((await store.get(id)).status === 'done')
        throw new RequestError(409, 'It is at its end; say what to do next.');
      await live.goOn(id);
      return context.json({ ok: true });
    })
    .post('/threads/:id/stop', async (context) => {
      await live.stop(context.req.param('id'));
      return context.json({ ok: true });
    })
    .post('/threads/:id/seen', async (context) => {
      const id = context.req.param('id');
      const { lastSeq, ...state } = await store.get(id);
      if (state.status !== 'running') await store.append(id, [{ type: 'thread.seen' }]);
      else if (!isAtWork(state)) await store.appendAfter(id, lastSeq, [KILLED]);
      return context.json({ ok: true });
    })
    .post('/answers', body(answerSchema), async (context) => {
      const given = context.req.valid('json');
      const isTaken = await live.answer(given.thread, (person) =>
        given.kind === 'question'
          ? person.reply(given.request, given.answer)
          : person.decide(given.request, {
              ...{ outcome: given.outcome, scope: given.scope },
              ...(given.note !== undefined && { note: given.note }),
            }),
      );
      if (!isTaken) throw new RequestError(409, 'Nobody waits for that answer here any more.');
      return context.json({ ok: true });
    });
}
