import { Hono } from 'hono';
import { z } from 'zod';
import { agentNames, MODE_MEANINGS, MODES, openSession, titleFrom } from '../../agent/index.ts';
import { loadConfig, trustOf } from '../../config/index.ts';
import {
  Flows,
  findWorkflow,
  groupOfFlow,
  isApproved,
  latestOf,
  loadWorkflows,
  POLICIES,
  progressOn,
  standingRun,
  takenBy,
  ticked,
} from '../../flow/index.ts';
import { openRepository, resolveCommit } from '../../git/index.ts';
import { newId } from '../../thread/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { artifactsIn, shownArtifact } from './artifacts.ts';
import { body, folder, query } from './validated.ts';

const text = z.string().trim().min(1).max(100_000);
const startSchema = z.strictObject({
  folder,
  request: text,
  workflow: z.string().min(1).default('research-plan-implement'),
  policy: z.enum(POLICIES).optional(),
  agent: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  mode: z.enum(MODES).optional(),
  worktree: z.boolean().default(true),
});
const decisionSchema = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('approve'),
    /** What the person has seen: nothing else is approved. */
    phase: z.string(),
    versions: z.record(z.string(), z.int()),
    anyway: z.boolean().default(false),
    note: text.optional(),
  }),
  z.strictObject({ decision: z.literal('send-back'), note: text.optional(), phase: z.string().optional() }),
  z.strictObject({ decision: z.literal('discard'), note: text.optional() }),
  z.strictObject({ decision: z.literal('resume') }),
]);

/** Flows: begun, read, decided on. */
export function flowRoutes({ store, live }: Server) {
  const flows = new Flows(store);
  return new Hono()
    .get('/workflows', query(z.object({ folder: folder.optional() })), async (context) => {
      const { folder: given } = context.req.valid('query');
      // Without a folder those that are everywhere.
      const trusted = given !== undefined && (await trustOf(given)) === 'trusted';
      const { workflows } = await loadWorkflows(given ?? '', { trusted });
      return context.json({ workflows: workflows.map(({ workflow }) => workflow) });
    })
    .get('/agents', async (context) =>
      context.json({ agents: agentNames(await loadConfig()), modes: MODE_MEANINGS }),
    )
    .post('/flows', body(startSchema), async (context) => {
      const {
        folder,
        request,
        workflow: name,
        policy,
        agent,
        model,
        mode,
        worktree,
      } = context.req.valid('json');
      const choice = { ...(agent !== undefined && { agent }), ...(model !== undefined && { model }) };
      const trusted = (await trustOf(folder)) === 'trusted';
      const workflow = await findWorkflow(folder, name, { trusted });
      await live.check(folder, choice);
      const [id, title] = [newId(), titleFrom(request)];
      const base = await openRepository(folder)
        .then((opened) => resolveCommit(opened, 'HEAD'))
        .catch(() => undefined);
      const open = await openSession({
        folder,
        thread: id,
        ...(worktree && { worktree: groupOfFlow({ workflow, title, id }) }),
      });
      const { root: workspace, origin: repository } = open;
      await open.dispose();
      await flows.start({
        ...{ id, workflow, request, title, repository, workspace },
        ...(policy && { policy }),
        by: { ...choice, ...(mode && { mode }) },
        ...(base !== undefined && { base }),
        ...(open.personName !== undefined && { person: open.personName }),
      });
      live.advance(id, false);
      return context.json({ flow: id }, 201);
    })
    .get('/flows/:id', async (context) => {
      const { flow, state, current, ended } = await flows.stand(context.req.param('id'));
      const threads = new Map((await store.board({ parent: flow.id })).map((one) => [one.id, one]));
      const phases = await Promise.all(
        flow.phases.map(async (one) => {
          const thread = standingRun(one)?.thread;
          const artifacts = thread === undefined ? [] : await artifactsIn(store, thread);
          const known = threads.get(thread ?? '');
          const todo = await progressOn(store, flow, one.phase.name);
          return {
            ...{ name: one.phase.name, makes: one.phase.makes ?? null, reads: one.phase.reads },
            ...(known && { taken: takenBy(known) }),
            ...{ approved: isApproved(one), runs: one.runs.length, thread: thread ?? null },
            artifacts: artifacts.map((artifact) =>
              shownArtifact(artifact, ticked(latestOf(artifact).text ?? '', todo)),
            ),
          };
        }),
      );
      const { id, title, request, policy, workspace, repository } = flow;
      return context.json({
        ...{ id, title, request, policy, phases, workflow: flow.workflow.name },
        // What was just decided is about to be worked on.
        state: live.isRunning(id) ? ('working' as const) : state,
        ...{ current: current?.phase.name ?? null, ended: ended ?? null },
        ...{ workspace: workspace ?? null, repository: repository ?? null },
      });
    })
    .post('/flows/:id/decisions', body(decisionSchema), async (context) => {
      const id = context.req.param('id');
      const given = context.req.valid('json');
      const { current, artifacts } = await flows.stand(id);
      if (live.isRunning(id)) throw new RequestError(409, 'A phase of it is worked on.');
      const note = 'note' in given && given.note !== undefined ? given.note : undefined;
      if (given.decision === 'approve') {
        const isSeen = artifacts.every((one) => given.versions[one.name] === latestOf(one).version);
        if (current?.phase.name !== given.phase || !isSeen)
          throw new RequestError(409, 'It is not what you have seen; look again.');
      }
      if (given.decision === 'approve')
        await flows.approve(id, { anyway: given.anyway, ...(note !== undefined && { note }) });
      else if (given.decision === 'send-back') await flows.sendBack(id, note, given.phase);
      else if (given.decision === 'discard') await flows.discard(id, note);
      live.advance(id, given.decision === 'send-back' || given.decision === 'resume');
      return context.json({ ok: true });
    });
}
