import {
  type Model,
  type ModelAnswer,
  type ModelRequest,
  type RetryPolicy,
  streamWithRetry,
} from '../../model/index.ts';
import type { ThreadEvent } from '../../thread/index.ts';
import { CORE_TOOLS, toolSpecs } from '../../tool/index.ts';
import { Conversation, standing } from '../conversation.ts';
import { SYSTEM_PROMPT, systemPrompt } from '../prompt.ts';

/** The parts of a handoff that only a reader of the whole conversation can write. */
const WRITTEN = ['Goal', 'Decisions', 'Tried', 'Next step'] as const;

const REQUEST = `Stop working. Another engineer continues from your notes alone, without this conversation. Write them in Markdown with exactly these headings:

## Goal
What the person wants, in their words where they matter, with every constraint they named.
## Decisions
What was decided and why, including what was ruled out.
## Tried
What was done and what came of it; what failed and how; commands that check the work.
## Next step
What remains, the very next action first.

Name files as path:line. Be exact and brief: at most 600 words. Call no tool.`;

/** What the thread itself says of its work, without a model: the requests, the files with their lines, the list of what is to be done. */
export interface Digest {
  requests: string[];
  files: { path: string; read: string[]; changed: boolean }[];
  todo: { text: string; status: string }[];
  lastAnswer: string;
}

/** @param events those that stand, in order */
export function digestOf(events: readonly ThreadEvent[]): Digest {
  const digest: Digest = { requests: [], files: [], todo: [], lastAnswer: '' };
  const files = new Map<string, { path: string; read: string[]; changed: boolean }>();
  const inputs = new Map<string, unknown>();
  for (const event of events) {
    if (event.type === 'user.message' && event.from !== 'kino') digest.requests.push(event.text);
    else if (event.type === 'todo.updated') digest.todo = event.items;
    else if (event.type === 'assistant.message' && event.text.trim() !== '') digest.lastAnswer = event.text;
    else if (event.type === 'tool.started') inputs.set(`${event.step} ${event.callId}`, event.input);
    else if (event.type === 'tool.ended' && event.ok) {
      const input = (inputs.get(`${event.step} ${event.callId}`) ?? {}) as Record<string, unknown>;
      if (typeof input.path !== 'string' || !['read', 'edit', 'write'].includes(event.tool)) continue;
      const file = files.get(input.path) ?? { path: input.path, read: [], changed: false };
      // What was touched last stands last.
      files.delete(input.path);
      files.set(input.path, file);
      if (event.tool !== 'read') file.changed = true;
      else if (typeof input.offset === 'number') {
        const end = typeof input.limit === 'number' ? `${input.offset + input.limit - 1}` : '';
        file.read.push(`${input.offset}-${end}`);
      }
    }
  }
  digest.files = [...files.values()];
  return digest;
}

/** The Markdown that a person can read and change and a fresh thread starts from. */
export function handoffMarkdown(digest: Digest, written: string | undefined): string {
  const files = digest.files.slice(-40).map(({ path, read, changed }) => {
    const notes = [
      ...(changed ? ['changed'] : []),
      ...(read.length > 0 ? [`lines ${[...new Set(read)].slice(-6).join(', ')}`] : []),
    ];
    return `- ${path}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
  });
  const todo = digest.todo.map(({ text, status }) => `- [${status === 'done' ? 'x' : ' '}] ${text}`);
  const notes =
    written ??
    [
      `## Goal\n${digest.requests.at(-1) ?? ''}`,
      ...(digest.lastAnswer === ''
        ? []
        : [`## Tried\nThe last words of the agent:\n\n${digest.lastAnswer.trim()}`]),
    ].join('\n\n');
  return [
    '# Handoff',
    notes.trim(),
    ...(files.length > 0 ? [`## Files\n${files.join('\n')}`] : []),
    ...(todo.length > 0 ? [`## To do\n${todo.join('\n')}`] : []),
    ...(digest.requests.length > 0
      ? [`## What the person said\n${digest.requests.map((text) => quote(text)).join('\n\n')}`]
      : []),
  ].join('\n\n');
}

/** A long request is a file that was pasted; its beginning says what it was. */
function quote(text: string): string {
  const shown = text.length > 2_000 ? `${text.slice(0, 2_000)} […]` : text;
  return shown
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

/**
 * Asks the model for the parts of a handoff that only it can write. The request begins like the one before it, tools
 * included, so that the provider's cache has most of it.
 *
 * @throws ModelCallError
 */
export async function askForNotes(
  model: Model,
  request: ModelRequest,
  options: { signal: AbortSignal; retry?: RetryPolicy },
): Promise<ModelAnswer> {
  const stream = streamWithRetry(
    model,
    { ...request, messages: [...request.messages, { role: 'user', text: REQUEST }] },
    { signal: options.signal, ...(options.retry && { policy: options.retry }) },
  );
  for (;;) {
    const next = await stream.next();
    if (next.done) return next.value;
  }
}

/** The notes in an answer, or undefined where it is none. */
export function notesIn({ text }: ModelAnswer): string | undefined {
  const isWhole = WRITTEN.filter((heading) => text.includes(`## ${heading}`)).length >= 3;
  return isWhole ? text.slice(text.indexOf('## ')) : undefined;
}

/**
 * The handoff of a whole thread.
 *
 * @param model writes what only a reader of the conversation can; without it the thread speaks for itself
 * @throws ModelCallError
 */
export async function writeHandoff(
  events: readonly ThreadEvent[],
  model?: Model,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const digest = digestOf(standing(events));
  if (!model) return handoffMarkdown(digest, undefined);
  const { messages, instructions } = Conversation.of(events);
  const system = systemPrompt(SYSTEM_PROMPT, instructions);
  const specs = toolSpecs(CORE_TOOLS);
  const answer = await askForNotes(model, { system, messages, tools: specs }, { signal });
  return handoffMarkdown(digest, notesIn(answer));
}
