import { Hono } from 'hono';
import { z } from 'zod';
import { MEDIA, readMedia } from '../../agent/index.ts';
import {
  type Artifact,
  anchorSchema,
  artifactsOf,
  Flows,
  latestOf,
  locate,
  openQuestions,
  placeOf,
  sentText,
  ticked,
  todosOf,
} from '../../flow/index.ts';
import type { ThreadStore } from '../../thread/index.ts';
import { RequestError } from '../errors.ts';
import type { Server } from '../server.ts';
import { body, digits, query } from './validated.ts';

const text = z.string().trim().min(1).max(100_000);
const commentSchema = z.strictObject({
  artifact: z.string().min(1),
  anchor: anchorSchema,
  text,
  /** The one that the person looks at; default the latest. */
  version: z.int().positive().optional(),
});

/** Artifacts of threads: read, shown, commented. */
export function artifactRoutes({ store, live }: Server) {
  const flows = new Flows(store);
  return new Hono()
    .get('/threads/:id/artifacts', async (context) => {
      const id = context.req.param('id');
      const events = await store.read(id).catch(() => []);
      const todos = todosOf(events);
      const artifacts = artifactsOf(id, events).map((artifact) =>
        shownArtifact(artifact, ticked(latestOf(artifact).text ?? '', todos)),
      );
      return context.json({ artifacts });
    })
    .get(
      '/threads/:id/artifacts/:name/file',
      query(z.object({ version: digits.optional() })),
      async (context) => {
        const { id, name } = context.req.param();
        const { version } = context.req.valid('query');
        const artifact = (await artifactsIn(store, id)).find((one) => one.name === name);
        const written = artifact?.versions.find(
          (one) => one.version === Number(version ?? latestOf(artifact).version),
        );
        if (written?.file === undefined || !Object.hasOwn(MEDIA, written.mediaType))
          throw new RequestError(404, `There is no file of ${name}.`);
        const content = await readMedia(written.file);
        if (!content) throw new RequestError(404, `The file of ${name} is gone.`);
        return context.body(new Uint8Array(content), 200, {
          'content-type': written.mediaType,
          // Versions do not change; nothing in one may run, whatever it is taken for.
          'cache-control': 'private, max-age=3600',
          'content-disposition': written.mediaType === 'application/zip' ? 'attachment' : 'inline',
        });
      },
    )
    .post('/threads/:id/comments', body(commentSchema), async (context) => {
      const { artifact: name, anchor, text: said, version } = context.req.valid('json');
      const artifacts = await artifactsIn(store, context.req.param('id'));
      const artifact = artifacts.find((one) => one.name === name);
      if (!artifact) throw new RequestError(404, `There is no artifact ${name}.`);
      if (version !== undefined && !artifact.versions.some((one) => one.version === version))
        throw new RequestError(404, `${name} has no version ${version}.`);
      return context.json({ comment: await flows.comment(artifact, anchor, said, version) }, 201);
    })
    .post('/threads/:id/comments/:comment/close', async (context) => {
      const { id, comment } = context.req.param();
      await mustHave(store, id, comment);
      await store.append(id, [{ type: 'comment.closed', comment }]);
      return context.json({ ok: true });
    })
    .post('/threads/:id/comments/:comment/reopen', async (context) => {
      const { id, comment } = context.req.param();
      await mustHave(store, id, comment);
      await store.append(id, [{ type: 'comment.reopened', comment }]);
      return context.json({ ok: true });
    })
    .post('/threads/:id/comments/send', async (context) => {
      const id = context.req.param('id');
      const { kind, parent, status } = await store.get(id);
      const drafts = (await artifactsIn(store, id)).flatMap(({ comments }) =>
        comments.filter((comment) => comment.status === 'draft').map((comment) => comment.id),
      );
      if (kind === 'flow')
        throw new RequestError(409, 'Comments on a flow go to a phase of it: open that one.');
      // Who works hears of them; a session that is over goes on with them, a phase is sent back.
      const goesOn = drafts.length > 0 && kind === 'session' && parent === undefined && status !== 'running';
      if (goesOn) await live.mayGoOn(id);
      const sent = await flows.sendComments(id);
      if (goesOn) await live.goOn(id, sentText(id, await store.read(id), drafts)!);
      return context.json({ sent });
    });
}

export async function artifactsIn(store: ThreadStore, thread: string): Promise<Artifact[]> {
  const events = await store.read(thread).catch(() => []);
  return artifactsOf(thread, events);
}

/** @throws RequestError where a thread has no such comment */
async function mustHave(store: ThreadStore, thread: string, comment: string): Promise<void> {
  const known = (await artifactsIn(store, thread)).flatMap(({ comments }) => comments);
  if (!known.some((one) => one.id === comment))
    throw new RequestError(404, `There is no comment ${comment}.`);
}

/** An artifact as a page shows it. @param shown its text, with what is done ticked */
export function shownArtifact(artifact: Artifact, shown: string) {
  const { mediaType, text: own = '' } = latestOf(artifact);
  const comments = artifact.comments.map((comment) => ({
    ...comment,
    /** Where in the latest version what it is about stands now. */
    span: comment.anchor.kind === 'text' ? (locate(comment.anchor, own) ?? null) : null,
    region: placeOf(comment, artifact) ?? null,
  }));
  const questions = mediaType === 'text/markdown' ? openQuestions(own) : [];
  return { ...artifact, comments, questions, shown };
}
