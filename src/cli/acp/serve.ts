import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk';
import { version } from '../../config/index.ts';
import { sentenceFor } from '../exit.ts';
import type { EditorSessions, ServeFlags } from './editor-sessions.ts';

/**
 * Speaks the Agent Client Protocol with an editor until it closes the connection. Each session is a thread; what the
 * editor shows are projections of its events. The agent itself is loaded once the editor has its first answer.
 */
export async function serveAcp(
  flags: ServeFlags,
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<void> {
  let loaded: Promise<EditorSessions> | undefined;
  const sessions = () => {
    loaded ??= import('./editor-sessions.ts').then(({ EditorSessions }) => new EditorSessions(flags));
    return loaded;
  };
  const withSessions = <T>(work: (held: EditorSessions) => Promise<T>) =>
    explained(async () => work(await sessions()));

  const app = agent({ name: 'kino' })
    .onRequest(methods.agent.initialize, () => {
      setImmediate(() => void sessions().catch(() => {}));
      return {
        protocolVersion: PROTOCOL_VERSION,
        agentInfo: { name: 'kino', title: 'Kino', version: version() },
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { embeddedContext: true },
          sessionCapabilities: { list: {}, resume: {}, close: {} },
        },
        authMethods: [],
      };
    })
    .onRequest(methods.agent.authenticate, () => ({}))
    .onRequest(methods.agent.session.new, ({ params, client }) =>
      withSessions((held) => held.begin(params.cwd, client)),
    )
    .onRequest(methods.agent.session.load, ({ params, client }) =>
      withSessions((held) => held.goOn(params.sessionId, params.cwd, client, { replay: true })),
    )
    .onRequest(methods.agent.session.resume, ({ params, client }) =>
      withSessions((held) => held.goOn(params.sessionId, params.cwd, client, { replay: false })),
    )
    .onRequest(methods.agent.session.list, ({ params }) =>
      withSessions(async (held) => ({ sessions: await held.list(params.cwd ?? undefined) })),
    )
    .onRequest(methods.agent.session.close, ({ params }) =>
      withSessions(async (held) => {
        await held.end(params.sessionId);
        return {};
      }),
    )
    .onRequest(methods.agent.session.setMode, ({ params, client }) =>
      withSessions(async (held) => {
        await held.setMode(params.sessionId, params.modeId, client);
        return {};
      }),
    )
    .onRequest(methods.agent.session.prompt, ({ params, client }) =>
      withSessions(async (held) => ({
        stopReason: await held.prompt(params.sessionId, params.prompt, client),
      })),
    )
    .onNotification(methods.agent.session.cancel, async ({ params }) =>
      (await sessions()).cancel(params.sessionId),
    );

  const stream = ndJsonStream(
    Writable.toWeb(streams.output as Writable) as WritableStream<Uint8Array>,
    Readable.toWeb(streams.input as Readable) as unknown as ReadableStream<Uint8Array>,
  );
  const connection = app.connect(stream);
  await connection.closed;
  await (await loaded)?.close();
}

/** Every failure is one sentence that an editor can show. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(-32603, sentenceFor(error));
  }
}
