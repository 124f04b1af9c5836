import { visibleWidth } from '@earendil-works/pi-tui';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ThreadEvent } from '../../thread/index.ts';
import { Transcript } from './transcript.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const event: fc.Arbitrary<ThreadEvent> = fc.oneof(
  text.map((said): ThreadEvent => ({ type: 'user.message', text: said })),
  fc
    .record({ text, channel: fc.constantFrom('text' as const, 'reasoning' as const) })
    .map((delta): ThreadEvent => ({ type: 'assistant.delta', step: 1, ...delta })),
  fc.tuple(text, fc.nat(3)).map(
    ([said, id]): ThreadEvent => ({
      ...{ type: 'assistant.message', step: 1, text: said, finish: 'stop', usage: {}, durationMs: 1 },
      toolCalls: [{ callId: String(id), tool: 'bash', input: { command: said } }],
    }),
  ),
  fc.tuple(text, fc.nat(3), fc.boolean()).map(
    ([output, id, ok]): ThreadEvent => ({
      ...{ type: 'tool.ended', step: 1, callId: String(id), tool: 'bash', ok, output, durationMs: 1 },
    }),
  ),
  text.map((message): ThreadEvent => ({ type: 'warning', message })),
);

test('no line is wider than the screen, and what is kept from before is what would be made anew', () => {
  const width = fc.integer({ min: 4, max: 120 });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), width, width, (events, first, second) => {
      const kept = new Transcript();
      for (const [index, one] of events.entries()) {
        kept.apply(one);
        if (index % 3 === 0) kept.render(index % 2 === 0 ? first : second);
      }
      const anew = new Transcript();
      for (const one of events) anew.apply(one);
      const lines = kept.render(first);
      expect(lines).toEqual(anew.render(first));
      for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(first);
    }),
  );
});

test('a sign of music is no wider than the screen', () => {
  const transcript = new Transcript();
  transcript.apply({ type: 'user.message', text: '\u{1d158}\u{1d165}\u{1d16e}' });
  for (const line of transcript.render(4)) expect(visibleWidth(line)).toBeLessThanOrEqual(4);
});

test('of a very long thread the end stays on the screen', () => {
  const transcript = new Transcript();
  for (let index = 0; index < 12_000; index++) {
    transcript.apply({ type: 'warning', message: `warning ${index}` });
    if (index % 500 === 0) transcript.render(80);
  }
  const lines = transcript.render(80);
  expect(lines.length).toBeLessThan(8_001);
  expect(lines[0]).toContain('kino threads show');
  expect(lines.at(-1)).toContain('warning 11999');
});
