import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { PermissionAnswer, Person } from '../agent/index.ts';
import { UsageError } from './exit.ts';

const lineSchema = z.union([
  z.object({
    type: z.literal('control_response'),
    response: z.object({
      request_id: z.string(),
      response: z.looseObject({
        behavior: z.enum(['allow', 'deny']),
        message: z.string().optional(),
        scope: z.enum(['once', 'session', 'project', 'user']).optional(),
        answer: z.string().optional(),
      }),
    }),
  }),
  z.object({
    type: z.literal('user'),
    message: z.object({
      content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]),
    }),
  }),
]);
type Response = Extract<z.infer<typeof lineSchema>, { type: 'control_response' }>['response']['response'];

/**
 * The program behind a headless run, as a person: it is asked by lines of stream-json on standard output and answers by
 * lines on standard input. What it says as a user while the agent works is heard at the next step.
 */
export class StdioPerson implements Person {
  readonly #waiting = new Map<string, (response: Response | undefined) => void>();
  readonly #write: (line: Record<string, unknown>) => void;
  #last = 0;
  #isOver = false;

  /**
   * @param write prints a line
   * @param steer told what the user says
   * @param complain told of a line that cannot be understood
   */
  constructor(
    input: NodeJS.ReadableStream,
    write: (line: Record<string, unknown>) => void,
    steer: (text: string) => void,
    complain: (sentence: string) => void,
  ) {
    this.#write = write;
    const lines = createInterface({ input });
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      try {
        this.#hear(parseLine(line), steer);
      } catch (error) {
        complain((error as Error).message);
      }
    });
    lines.on('close', () => {
      this.#isOver = true;
      for (const settle of this.#waiting.values()) settle(undefined);
    });
  }

  #hear(line: z.infer<typeof lineSchema>, steer: (text: string) => void): void {
    if (line.type === 'control_response') {
      this.#waiting.get(line.response.request_id)?.(line.response.response);
      return;
    }
    const { content } = line.message;
    const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
    if (text.trim() !== '') steer(text.trim());
  }

  #ask(request: Record<string, unknown>, signal: AbortSignal): Promise<Response | undefined> {
    if (this.#isOver || signal.aborted) return Promise.resolve(undefined);
    const id = `request-${++this.#last}`;
    return new Promise((resolve) => {
      const settle = (response: Response | undefined) => {
        this.#waiting.delete(id);
        signal.removeEventListener('abort', withdraw);
        this.#write({ type: 'system', subtype: 'session_state_changed', state: 'running' });
        resolve(response);
      };
      const withdraw = () => {
        this.#write({ type: 'control_cancel_request', request_id: id });
        settle(undefined);
      };
      signal.addEventListener('abort', withdraw, { once: true });
      this.#waiting.set(id, settle);
      this.#write({ type: 'system', subtype: 'session_state_changed', state: 'requires_action' });
      this.#write({ type: 'control_request', request_id: id, request });
    });
  }

  async permit(
    { callId, tool, input, reason, suggestions }: Parameters<Person['permit']>[0],
    signal: AbortSignal,
  ): Promise<PermissionAnswer | undefined> {
    const response = await this.#ask(
      {
        ...{ subtype: 'can_use_tool', tool_name: tool, tool_use_id: callId, input },
        ...{ decision_reason: reason, permission_suggestions: suggestions },
      },
      signal,
    );
    if (!response) return undefined;
    const { behavior, message, scope = 'once' } = response;
    return { outcome: behavior, scope, ...(message !== undefined && { note: message }) };
  }

  async answer(
    { callId, question, options }: Parameters<Person['answer']>[0],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const response = await this.#ask({ subtype: 'ask_user', tool_use_id: callId, question, options }, signal);
    return response?.answer;
  }
}

/** @throws UsageError */
function parseLine(line: string): z.infer<typeof lineSchema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`A line of the input is no JSON: ${line.slice(0, 80)}`);
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success)
    throw new UsageError('A line of the input is neither a control_response nor a user message.');
  return parsed.data;
}
