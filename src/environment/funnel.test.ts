import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate } from './index.ts';
import { FunnelCounter, type Task } from './index.ts';

const task: Task = {
  id: '0'.repeat(16),
  kind: 'localize',
  repository: { name: 'r', path: '/r', identity: 'i' },
  base: '1'.repeat(40),
  statement: 's',
  answer: { files: ['a.ts'] },
  source: { commit: '2'.repeat(40), time: 0, subject: 's' },
};
const dropped = (reason: string): Candidate => ({ commit: 'c', subject: 's', dropped: reason });

test('a funnel counts by reason, in the order in which they are asked, and leaves out what did not happen', () => {
  const counter = new FunnelCounter(['first', 'merge', 'bot']);
  for (const reason of ['bot', 'unheard of', 'first', 'bot']) counter.add(dropped(reason));
  counter.add({ commit: 'c', subject: 's', task });
  expect(counter.funnel()).toEqual({
    commits: 5,
    dropped: [
      { reason: 'first', count: 1 },
      { reason: 'bot', count: 2 },
      { reason: 'unheard of', count: 1 },
    ],
    tasks: 1,
  });
});

test('no commit gets lost: what fell and what is left make all', () => {
  const candidate = fc.oneof(
    fc.constantFrom('a', 'b', 'c').map(dropped),
    fc.constant<Candidate>({ commit: 'c', subject: 's', task }),
  );
  fc.assert(
    fc.property(fc.array(candidate), (candidates) => {
      const counter = new FunnelCounter(['a', 'b']);
      for (const one of candidates) counter.add(one);
      const { commits, dropped: fell, tasks } = counter.funnel();
      expect(commits).toBe(candidates.length);
      expect(fell.reduce((sum, { count }) => sum + count, tasks)).toBe(commits);
      expect([counter.commits, counter.tasks]).toEqual([commits, tasks]);
    }),
  );
});
