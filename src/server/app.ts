import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { type Access, guard, headers, knownHost } from './access.ts';
import { RequestError } from './errors.ts';
import { openApi } from './openapi.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { attemptRoutes } from './routes/attempts.ts';
import { changeRoutes } from './routes/changes.ts';
import { flowRoutes } from './routes/flows.ts';
import { previewRoutes } from './routes/preview.ts';
import { sharedPages, shareRoutes } from './routes/shares.ts';
import { teamRoutes } from './routes/team.ts';
import { threadRoutes } from './routes/threads.ts';
import { digits, query } from './routes/validated.ts';
import type { Server } from './server.ts';
import { page } from './static.ts';
import { follow } from './stream.ts';

const MAX_BODY = 2 * 1024 * 1024;
/** A comment that keeps proxies and dead tabs apart. */
const HEARTBEAT_MS = 15_000;

const followSchema = z.object({
  revision: digits,
  /** `thread:seq`, separated by commas: the events that the tab has. */
  threads: z.string().max(10_000).default(''),
  /** Of pages, which cannot send it otherwise. */
  key: z.string().optional(),
});

/** What is thrown for the person's input or the state of things: told in one sentence. */
const TOLD = new Map<string, RequestError['status']>([
  ['ThreadNotFoundError', 404],
  ['NotAFlowError', 404],
  ['FlowStateError', 409],
  ['NoSuchArtifactError', 404],
  ['NoSuchFolderError', 400],
  ['NoSuchCommitError', 409],
  ['NoModelError', 400],
  ['NotPromptableError', 400],
  ['UnknownAgentError', 400],
  ['UnknownModelError', 400],
  ['UnknownProfileError', 400],
  ['UnknownWorkflowError', 400],
  ['WorkflowError', 400],
  ['MissingKeyError', 400],
  ['ConfigError', 400],
  ['RuleError', 400],
  ['SandboxUnavailableError', 409],
  ['StoreWriteError', 409],
  ['WorkspaceTooWideError', 400],
  ['WorktreeError', 409],
  ['NotARepositoryError', 400],
  ['AcpCommandError', 400],
  ['GitError', 409],
  ['ForkError', 409],
  ['GuideError', 409],
  ['HunkConflictError', 409],
  ['ModelCallError', 409],
  ['NotComparableError', 409],
  ['PullRequestError', 409],
  ['TooManySettingsError', 409],
]);

/**
 * Every route of the manager, typed for its client.
 *
 * @param previewPort where the apps are shown that its page may frame
 */
export function createApp(server: Server, access: Access, previewPort: number) {
  const api = new Hono()
    .route('/', threadRoutes(server))
    .route('/', flowRoutes(server))
    .route('/', artifactRoutes(server))
    .route('/', changeRoutes(server))
    .route('/', attemptRoutes(server))
    .route('/', previewRoutes(server))
    .route('/', shareRoutes(server))
    .route('/', teamRoutes(server))
    .get('/stream', query(followSchema), (context) => {
      const { revision, threads } = context.req.valid('query');
      const from = { revision: Number(revision), threads: seqsIn(threads) };
      return streamSSE(context, async (stream) => {
        const gone = new AbortController();
        stream.onAbort(() => gone.abort());
        const beat = setInterval(() => void stream.write(': still there\n\n'), HEARTBEAT_MS);
        try {
          for await (const message of follow(server.store, from, gone.signal))
            await stream.writeSSE({ data: JSON.stringify(message) });
        } finally {
          clearInterval(beat);
        }
      });
    });
  const app = new Hono();
  app.onError((error, context) => {
    const status = error instanceof RequestError ? error.status : TOLD.get(error.name);
    // What is no JSON, and the like.
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    if (status !== undefined) return context.json({ error: error.message.split('\n', 1)[0]! }, status);
    process.emitWarning(error);
    return context.json({ error: 'The server failed; its terminal says how.' }, 500);
  });
  app.notFound((context) => context.json({ error: 'There is nothing there.' }, 404));
  app.use(headers(previewPort));
  // Before the guard: whoever has such a link needs nothing else.
  app.use('/shared/*', knownHost(access));
  app.route('/', sharedPages());
  app.use(guard(access));
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new RequestError(413, `A request may have ${MAX_BODY} bytes.`);
      },
    }),
  );
  app.get('/api/openapi.json', (context) => context.json(openApi(whole)));
  const whole = app.route('/api', api);
  app.get('*', (context) => page(context));
  return whole;
}

/** Typed routes, for a client. */
export type App = ReturnType<typeof createApp>;

function seqsIn(text: string): Map<string, number> {
  const seqs = new Map<string, number>();
  for (const one of text.split(',').filter(Boolean)) {
    const [, thread, seq] = /^([0-9a-z]{1,64}):(\d{1,12})$/.exec(one) ?? [];
    if (thread === undefined) throw new RequestError(400, 'The query is not as it should be: threads.');
    seqs.set(thread, Number(seq));
  }
  return seqs;
}
