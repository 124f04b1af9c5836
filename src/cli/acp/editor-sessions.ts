import { realpathSync } from 'node:fs';
import {
  type AgentContext,
  type ContentBlock,
  methods,
  RequestError,
  type SessionModeState,
  type StopReason,
} from '@agentclientprotocol/sdk';
import {
  type Agent,
  type AgentChoice,
  expandPrompt,
  loadCommands,
  MODE_MEANINGS,
  MODES,
  type Mode,
  type OpenSession,
  type Outcome,
  openAgent,
  openSession,
  type PromptCommand,
  titleFrom,
  UpdateStream,
} from '../../agent/index.ts';
import { runWithArtifacts } from '../../flow/index.ts';
import { newId, type ThreadEvent } from '../../thread/index.ts';
import { openStore } from '../store.ts';
import { isWorkedOn } from '../thread-status.ts';
import { editorPerson } from './editor-person.ts';
import { promptText } from './prompt-text.ts';

export interface ServeFlags extends AgentChoice {
  mode?: Mode;
}

/** A session of an editor. Its thread begins with its first prompt. */
interface EditorSession {
  open: OpenSession;
  agent: Agent;
  window: number;
  commands: readonly PromptCommand[];
  running?: AbortController;
}

/** The sessions that an editor has opened over one connection. */
export class EditorSessions {
  readonly #flags: ServeFlags;
  readonly #store = openStore();
  readonly #sessions = new Map<string, EditorSession>();

  constructor(flags: ServeFlags) {
    this.#flags = flags;
  }

  async begin(folder: string, client: AgentContext): Promise<{ sessionId: string; modes: SessionModeState }> {
    const sessionId = newId();
    return { sessionId, modes: modesOf(await this.#open(sessionId, folder, client)) };
  }

  async #open(id: string, folder: string, client: AgentContext): Promise<EditorSession> {
    const { mode } = this.#flags;
    const open = await openSession({
      folder,
      thread: id,
      person: editorPerson(client, id),
      ...(mode && { mode }),
    });
    try {
      const { agent, window } = await openAgent(this.#flags, open);
      const { commands } = await loadCommands(open.root, { trusted: open.trust === 'trusted' });
      const session = { open, agent, window, commands };
      this.#sessions.set(id, session);
      // An editor knows the session once it has the answer to its request.
      setTimeout(() => void announce(client, id, commands).catch(() => {}), 0);
      return session;
    } catch (error) {
      await open.dispose();
      throw error;
    }
  }

  /** Opens a session that there was before; with `replay` the editor is shown what happened. */
  async goOn(
    id: string,
    folder: string,
    client: AgentContext,
    { replay }: { replay: boolean },
  ): Promise<{ modes: SessionModeState }> {
    const summary = await this.#store.get(id);
    const known = this.#sessions.get(id);
    if (!known && isWorkedOn(summary))
      throw RequestError.invalidParams(undefined, `${id} is being worked on (process ${summary.pid}).`);
    const session = known ?? (await this.#open(id, folder, client));
    if (replay) {
      const stream = new UpdateStream(session.open.cwd, { replay });
      for (const event of await this.#store.read(id)) await tell(client, id, event, stream);
    }
    return { modes: modesOf(session) };
  }

  async setMode(id: string, wanted: string, client: AgentContext): Promise<void> {
    const { open } = this.#get(id);
    const mode = MODES.find((known) => known === wanted);
    if (!mode) throw RequestError.invalidParams(undefined, `There is no mode ${wanted}.`);
    open.session.gate.policy.mode = mode;
    await tell(client, id, { type: 'mode.changed', mode }, new UpdateStream(open.cwd));
  }

  #get(id: string): EditorSession {
    const session = this.#sessions.get(id);
    if (!session) throw RequestError.resourceNotFound(id);
    return session;
  }

  async prompt(id: string, blocks: readonly ContentBlock[], client: AgentContext): Promise<StopReason> {
    const session = this.#get(id);
    const said = promptText(blocks);
    const text = expandPrompt(said, session.commands) ?? said;
    if (session.running) throw RequestError.invalidParams(undefined, 'A prompt is being worked on.');
    if (text === '') throw RequestError.invalidParams(undefined, 'The prompt is empty.');
    const { open, agent, window } = session;
    const running = new AbortController();
    session.running = running;
    // Updates leave in the order of the events, and all of them before the answer.
    let told: Promise<void> = Promise.resolve();
    const stream = new UpdateStream(open.cwd);
    try {
      const outcome = await runWithArtifacts({
        ...{ store: this.#store, thread: id, agent, open, prompt: text, title: titleFrom(text) },
        signal: running.signal,
        isAttended: true,
        onEvent: (event) => {
          told = told.then(() => tell(client, id, event, stream, window)).catch(() => {});
        },
      });
      await told;
      return stopReason(outcome);
    } finally {
      delete session.running;
    }
  }

  cancel(id: string): void {
    this.#sessions.get(id)?.running?.abort();
  }

  async end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session?.running?.abort();
    await session?.open.dispose();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((id) => this.end(id)));
    this.#store.close();
  }

  /** The newest sessions, those of a folder where one is named. */
  async list(folder: string | undefined) {
    const wanted = folder === undefined ? undefined : realOr(folder);
    const threads = await this.#store.list({ kind: 'session', limit: 500 });
    return threads
      .filter(({ parent, agent }) => parent === undefined && agent === 'kino')
      .filter(
        ({ repository }) => repository !== undefined && (wanted === undefined || isIn(wanted, repository)),
      )
      .slice(0, 100)
      .map(({ id, repository, title, updatedAt }) => ({
        ...{ sessionId: id, cwd: repository!, title },
        updatedAt: new Date(updatedAt).toISOString(),
      }));
  }
}

async function tell(
  client: AgentContext,
  sessionId: string,
  event: ThreadEvent,
  stream: UpdateStream,
  window?: number,
): Promise<void> {
  const updates = stream.for(event);
  if (event.type === 'assistant.message' && window !== undefined) {
    const { inputTokens, outputTokens = 0 } = event.usage;
    if (inputTokens !== undefined)
      updates.push({ sessionUpdate: 'usage_update', used: inputTokens + outputTokens, size: window });
  }
  for (const update of updates) await client.notify(methods.client.session.update, { sessionId, update });
}

async function announce(
  client: AgentContext,
  sessionId: string,
  commands: readonly PromptCommand[],
): Promise<void> {
  if (commands.length === 0) return;
  const availableCommands = commands.map(({ name, description, hint }) => ({
    ...{ name, description },
    ...(hint !== undefined && { input: { hint } }),
  }));
  const update = { sessionUpdate: 'available_commands_update', availableCommands } as const;
  await client.notify(methods.client.session.update, { sessionId, update });
}

function modesOf({ open }: EditorSession): SessionModeState {
  return {
    currentModeId: open.session.gate.policy.mode,
    availableModes: MODES.map((id) => ({ id, name: id, description: MODE_MEANINGS[id] })),
  };
}

/** @throws RequestError where the work failed for a reason that is no answer */
function stopReason({ status, reason }: Outcome): StopReason {
  if (status === 'done') return 'end_turn';
  if (status === 'interrupted') return 'cancelled';
  if (status === 'exhausted') return /conversation|tokens/.test(reason) ? 'max_tokens' : 'max_turn_requests';
  if (/filter/.test(reason)) return 'refusal';
  throw new RequestError(-32603, reason);
}

function isIn(folder: string, repository: string): boolean {
  return folder === repository || folder.startsWith(`${repository}/`);
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
