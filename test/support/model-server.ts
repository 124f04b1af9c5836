/**
 * A scripted model server on loopback. It speaks the wire formats of OpenAI (Chat and Responses), Anthropic and
 * Google, streaming, and can break in every way that real ones do.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ScriptedCall {
  name: string;
  /** The arguments, as an object or as the raw text to send. */
  args: Record<string, unknown> | string;
}

/** What goes wrong with one answer. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** The socket is destroyed after so many events. */
  | { kind: 'cut'; afterEvents: number }
  /** The stream ends cleanly after so many events, without its finish marker. */
  | { kind: 'end'; afterEvents: number }
  /** An event that is no JSON stands in the stream. */
  | { kind: 'garbage'; afterEvents: number }
  /** Headers come, and then nothing. */
  | { kind: 'hang' };

/** One answer of the model. */
export interface Turn {
  text?: string;
  reasoning?: string;
  calls?: ScriptedCall[];
  finish?: 'stop' | 'length' | 'filter';
  usage?: { input: number; output: number; cached?: number };
  fault?: Fault;
  /** Milliseconds between events. */
  pace?: number;
}

export interface RecordedRequest {
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  bytes: number;
  /** `performance.now()` of the server. */
  at: number;
}

export type Script = readonly Turn[] | ((request: RecordedRequest, index: number) => Turn);

export interface ModelServer {
  /** Without a version: add `/v1` or what the format wants. */
  url: string;
  requests: RecordedRequest[];
  close(): Promise<void>;
}

type Frame = { event?: string; data: unknown };

/** Starts a server that gives the turns of a script, one a request; the last one for all further requests. */
export async function startModelServer(script: Script): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const recorded: RecordedRequest = {
      path: request.url ?? '/',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: bytes.length === 0 ? {} : (JSON.parse(bytes.toString('utf8')) as Record<string, unknown>),
      bytes: bytes.length,
      at: performance.now(),
    };
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
      return;
    }
    const index = requests.push(recorded) - 1;
    const turn = typeof script === 'function' ? script(recorded, index) : (script[index] ?? script.at(-1)!);
    const { fault } = turn;
    if (fault?.kind === 'status') {
      const body =
        fault.body ?? JSON.stringify({ error: { message: `scripted ${fault.status}`, type: 'scripted' } });
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(body);
      return;
    }
    const { frames, done } = framesFor(recorded, turn, index);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if (fault?.kind === 'hang') return;
    for (const [number, frame] of frames.entries()) {
      if (fault && 'afterEvents' in fault && number === fault.afterEvents) {
        if (fault.kind === 'end') {
          response.end();
          return;
        }
        if (fault.kind === 'cut') {
          // What was written must have left before the socket dies.
          await sleep(20);
          response.socket?.destroy();
          return;
        }
        response.write('data: {"this is": no JSON\n\n');
      }
      response.write(toText(frame));
      if (turn.pace) await sleep(turn.pace);
    }
    response.end(done);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function toText({ event, data }: Frame): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function framesFor(
  { path: address }: RecordedRequest,
  turn: Turn,
  index: number,
): { frames: Frame[]; done: string } {
  const [path = ''] = address.split('?', 1);
  if (path.endsWith('/chat/completions'))
    return { frames: chatFrames(turn, index), done: 'data: [DONE]\n\n' };
  if (path.endsWith('/responses')) return { frames: responsesFrames(turn, index), done: '' };
  if (path.endsWith('/messages')) return { frames: messagesFrames(turn, index), done: '' };
  if (path.includes(':streamGenerateContent')) return { frames: googleFrames(turn), done: '' };
  throw new Error(`no wire format is spoken at ${path}`);
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,12}/g) ?? [];
}

function argsText({ args }: ScriptedCall): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

function usageOf({ usage }: Turn) {
  return usage ?? { input: 100, output: 10, cached: 0 };
}

function chatFrames(turn: Turn, index: number): Frame[] {
  const chunk = (delta: Record<string, unknown>, finish: string | null = null): Frame => ({
    data: {
      id: `chatcmpl-${index}`,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'scripted',
      choices: [{ index: 0, delta, finish_reason: finish }],
    },
  });
  const frames = [chunk({ role: 'assistant', content: '' })];
  for (const piece of pieces(turn.reasoning ?? '')) frames.push(chunk({ reasoning_content: piece }));
  for (const piece of pieces(turn.text ?? '')) frames.push(chunk({ content: piece }));
  (turn.calls ?? []).forEach((call, place) => {
    const id = `call_${index}_${place}`;
    frames.push(
      chunk({
        tool_calls: [{ index: place, id, type: 'function', function: { name: call.name, arguments: '' } }],
      }),
    );
    for (const piece of pieces(argsText(call))) {
      frames.push(chunk({ tool_calls: [{ index: place, function: { arguments: piece } }] }));
    }
  });
  const natural = turn.calls?.length ? 'tool_calls' : 'stop';
  frames.push(
    chunk({}, turn.finish === 'length' ? 'length' : turn.finish === 'filter' ? 'content_filter' : natural),
  );
  const { input, output, cached = 0 } = usageOf(turn);
  frames.push({
    data: {
      id: `chatcmpl-${index}`,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'scripted',
      choices: [],
      usage: {
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: cached },
      },
    },
  });
  return frames;
}

function responsesFrames(turn: Turn, index: number): Frame[] {
  const frames: Frame[] = [];
  const add = (type: string, data: Record<string, unknown>) =>
    frames.push({ event: type, data: { type, sequence_number: frames.length, ...data } });
  const response = { id: `resp_${index}`, object: 'response', created_at: 1_700_000_000, model: 'scripted' };
  add('response.created', { response: { ...response, status: 'in_progress', output: [] } });
  let place = 0;
  if (turn.text) {
    const item = { id: `msg_${index}`, type: 'message', role: 'assistant' };
    add('response.output_item.added', {
      output_index: place,
      item: { ...item, status: 'in_progress', content: [] },
    });
    for (const delta of pieces(turn.text)) {
      add('response.output_text.delta', { item_id: item.id, output_index: place, content_index: 0, delta });
    }
    const content = [{ type: 'output_text', text: turn.text, annotations: [] }];
    add('response.output_item.done', {
      output_index: place,
      item: { ...item, status: 'completed', content },
    });
    place++;
  }
  for (const call of turn.calls ?? []) {
    const item = {
      id: `fc_${index}_${place}`,
      type: 'function_call',
      call_id: `call_${index}_${place}`,
      name: call.name,
    };
    const text = argsText(call);
    add('response.output_item.added', {
      output_index: place,
      item: { ...item, status: 'in_progress', arguments: '' },
    });
    for (const delta of pieces(text)) {
      add('response.function_call_arguments.delta', { item_id: item.id, output_index: place, delta });
    }
    add('response.function_call_arguments.done', { item_id: item.id, output_index: place, arguments: text });
    add('response.output_item.done', {
      output_index: place,
      item: { ...item, status: 'completed', arguments: text },
    });
    place++;
  }
  const { input, output, cached = 0 } = usageOf(turn);
  const usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
  if (turn.finish === 'length') {
    const cut = {
      ...response,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage,
    };
    add('response.incomplete', { response: cut });
  } else {
    add('response.completed', {
      response: { ...response, status: 'completed', incomplete_details: null, usage },
    });
  }
  return frames;
}

function messagesFrames(turn: Turn, index: number): Frame[] {
  const frames: Frame[] = [];
  const add = (type: string, data: Record<string, unknown>) =>
    frames.push({ event: type, data: { type, ...data } });
  const { input, output, cached = 0 } = usageOf(turn);
  add('message_start', {
    message: {
      id: `msg_${index}`,
      type: 'message',
      role: 'assistant',
      model: 'scripted',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: input - cached,
        cache_read_input_tokens: cached,
        cache_creation_input_tokens: 0,
        output_tokens: 1,
      },
    },
  });
  let place = 0;
  const block = (content: Record<string, unknown>, deltas: Record<string, unknown>[]) => {
    add('content_block_start', { index: place, content_block: content });
    for (const delta of deltas) add('content_block_delta', { index: place, delta });
    add('content_block_stop', { index: place });
    place++;
  };
  if (turn.reasoning) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...pieces(turn.reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2lnbmVk' },
    ]);
  }
  if (turn.text) {
    block(
      { type: 'text', text: '' },
      pieces(turn.text).map((text) => ({ type: 'text_delta', text })),
    );
  }
  for (const call of turn.calls ?? []) {
    block(
      { type: 'tool_use', id: `toolu_${index}_${place}`, name: call.name, input: {} },
      pieces(argsText(call)).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    );
  }
  const natural = turn.calls?.length ? 'tool_use' : 'end_turn';
  const reason = turn.finish === 'length' ? 'max_tokens' : turn.finish === 'filter' ? 'refusal' : natural;
  add('message_delta', {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: output },
  });
  add('message_stop', {});
  return frames;
}

function googleFrames(turn: Turn): Frame[] {
  const { input, output, cached = 0 } = usageOf(turn);
  const usageMetadata = {
    promptTokenCount: input,
    candidatesTokenCount: output,
    cachedContentTokenCount: cached,
    totalTokenCount: input + output,
  };
  const chunk = (parts: unknown[], finishReason?: string): Frame => ({
    data: {
      candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) }],
      usageMetadata,
    },
  });
  const frames = pieces(turn.text ?? '').map((text) => chunk([{ text }]));
  for (const call of turn.calls ?? []) {
    const args = typeof call.args === 'string' ? { raw: call.args } : call.args;
    frames.push(chunk([{ functionCall: { name: call.name, args } }]));
  }
  frames.push(
    chunk([], turn.finish === 'length' ? 'MAX_TOKENS' : turn.finish === 'filter' ? 'SAFETY' : 'STOP'),
  );
  return frames;
}
