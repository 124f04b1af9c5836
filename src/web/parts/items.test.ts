import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEvent, ThreadEvent } from '../../thread/index.ts';
import { type Items, itemsOf } from './items.ts';

const callId = fc.constantFrom('a', 'b');
const step = fc.integer({ min: 1, max: 3 });
const event: fc.Arbitrary<ThreadEvent> = fc.oneof(
  fc.record({ type: fc.constant('user.message' as const), text: fc.string() }),
  fc.record({
    type: fc.constant('assistant.delta' as const),
    ...{ step, channel: fc.constantFrom('text' as const, 'reasoning' as const), text: fc.string() },
  }),
  fc.record({
    type: fc.constant('tool.started' as const),
    step,
    callId,
    tool: fc.constant('bash'),
    input: fc.constant({}),
  }),
  fc.record({
    type: fc.constant('tool.ended' as const),
    ...{
      step,
      callId,
      tool: fc.constant('bash'),
      ok: fc.boolean(),
      output: fc.string(),
      durationMs: fc.constant(1),
    },
  }),
  fc.record({ type: fc.constant('warning' as const), message: fc.string() }),
);
const thread = fc
  .array(event, { maxLength: 25 })
  .map((events) => events.map((one, at) => ({ ...one, seq: at + 1, at: 0 }) as StoredEvent));

test('events that come piece by piece say what they say all at once', () => {
  fc.assert(
    fc.property(thread, fc.array(fc.nat(25), { maxLength: 6 }), (events, cuts) => {
      let made: Items | undefined;
      for (const end of [...cuts.sort((a, b) => a - b), events.length])
        made = itemsOf(events.slice(0, end), 't', made);
      expect(made!.items).toEqual(itemsOf(events, 't').items);
    }),
  );
});

test('what has not changed stays the same, and earlier events are read as well', () => {
  const say = (seq: number): StoredEvent => ({ type: 'user.message', text: String(seq), seq, at: 0 });
  const events = [say(3), say(4)];
  const before = itemsOf(events);
  const after = itemsOf([...events, say(5)], undefined, before);
  expect(after.items[0]).toBe(before.items[0]);
  expect(itemsOf([say(1), say(2), ...events], undefined, after).items).toHaveLength(4);
});
