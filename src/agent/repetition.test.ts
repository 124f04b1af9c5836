import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Repetition } from './repetition.ts';

const step = (name: string) =>
  [
    [{ callId: `${Math.random()}`, tool: 'bash', input: { command: name } }],
    [{ ok: true, output: `result of ${name}` }],
  ] as const;

/** What each of the steps calls for. */
function verdicts(names: readonly string[]): string[] {
  const repetition = new Repetition();
  return names.map((name) => repetition.add(...step(name)));
}

const distinct = (minLength: number, maxLength: number) =>
  fc.uniqueArray(fc.string({ minLength: 1 }), { minLength, maxLength });

test('a cycle of one to three steps is nudged in its third round and stopped in its fifth, whatever came before', () => {
  fc.assert(
    fc.property(distinct(1, 3), distinct(0, 12), (cycle, others) => {
      const before = others.filter((name) => !cycle.includes(name));
      const said = verdicts([...before, ...Array.from({ length: 5 }, () => cycle).flat()]);
      expect(said.slice(0, before.length + cycle.length * 3 - 1)).toEqual(
        Array.from({ length: before.length + cycle.length * 3 - 1 }, () => 'go on'),
      );
      expect(said[before.length + cycle.length * 3 - 1]).toBe('nudge');
      expect(said.indexOf('stop')).toBe(before.length + cycle.length * 5 - 1);
    }),
  );
});

test('steps that do not come back within three steps are no circle', () => {
  fc.assert(
    fc.property(distinct(4, 8), fc.integer({ min: 1, max: 8 }), (names, rounds) => {
      const said = verdicts(Array.from({ length: rounds }, () => names).flat());
      expect(new Set(said)).toEqual(new Set(['go on']));
    }),
  );
});

test('the same call with another result, or the same result of another call, is no circle', () => {
  const changing = new Repetition();
  const other = new Repetition();
  for (let round = 0; round < 20; round++) {
    const [calls] = step('npm test');
    expect(changing.add(calls, [{ ok: true, output: `${round} failed` }])).toBe('go on');
    expect(other.add(step(`${round}`)[0], [{ ok: true, output: 'ok' }])).toBe('go on');
  }
});

test('the ids of calls do not hide a circle, and malformed calls are one too', () => {
  const repetition = new Repetition();
  const said = [1, 2, 3, 4, 5].map((id) =>
    repetition.add([{ callId: `${id}`, tool: 'edit', malformed: '{' }], [{ ok: false, output: 'Not run.' }]),
  );
  expect(said).toEqual(['go on', 'go on', 'nudge', 'go on', 'stop']);
});
