import type { ThreadEvent } from '../../src/thread/index.ts';

const ANSWER = `I looked at **parseToken** and found two things:

- \`src/token.ts\` drops the last piece when the buffer is full
- the test for it never runs

\`\`\`ts
const token = parseToken(stream.read(), { strict: true });
\`\`\`

Next I change it, and run the tests again.`;
const OUTPUT = Array.from(
  { length: 12 },
  (_, line) => `${line + 1}: const value${line} = read(${line});`,
).join('\n');

/**
 * The events of one step as a session has them: the request, an answer that streams, a call of a tool and its result.
 *
 * @param step from 1
 * @param deltas pieces that the answer came in
 */
export function stepOf(step: number, deltas = 6): ThreadEvent[] {
  const call = { callId: `call_${step}`, tool: step % 3 === 0 ? 'bash' : 'read' };
  const input =
    call.tool === 'bash' ? { command: `npm test -- part-${step}` } : { path: `src/part-${step}.ts` };
  // Most answers say in a line what is called next.
  const said = step % 4 === 0 ? ANSWER : `I look at part ${step} of the parser, and at what calls it.`;
  const length = Math.ceil(said.length / deltas);
  const pieces = Array.from({ length: deltas }, (_, index) =>
    said.slice(index * length, (index + 1) * length),
  );
  return [
    { type: 'model.requested', step, attempt: 1, messages: 2 * step },
    ...pieces.map((text): ThreadEvent => ({ type: 'assistant.delta', step, channel: 'text', text })),
    {
      ...{
        type: 'assistant.message',
        step,
        text: said,
        toolCalls: [{ ...call, input }],
        finish: 'tool-calls',
      },
      ...{ usage: { inputTokens: 1_000 * step, outputTokens: 120 }, durationMs: 900 },
    },
    { type: 'tool.started', step, ...call, input, allowedBy: 'mode auto' },
    { type: 'tool.ended', step, ...call, ok: true, output: OUTPUT, durationMs: 12 },
  ];
}
