import { expect, test } from 'vitest';
import { openQuestions } from './questions.ts';
import { ticked } from './task-list.ts';

test('questions are the items below their heading, with the items below each to choose from', () => {
  const found = openQuestions(`# Plan

- not a question

## Open questions

Some words.

1. **Which store?** It matters.
   - SQLite
   - Postgres
2. Shall it retry? (yes | no)
\`\`\`
- [ ] code is none
\`\`\`
- [ ] Who owns it?

### Smaller ones

* And this?

## Next

- nor this
`);
  expect(found.map(({ question, options, line }) => [question, options, line])).toEqual([
    ['Which store? It matters.', ['SQLite', 'Postgres'], 9],
    ['Shall it retry?', ['yes', 'no'], 12],
    ['Who owns it?', [], 16],
    ['And this?', [], 20],
  ]);
  expect(new Set(found.map(({ id }) => id)).size).toBe(4);
  expect(openQuestions('# Nothing\n- a\n')).toEqual([]);
});

test('a task is ticked by what an agent has done, in nearly its words and not in others', () => {
  const plan =
    '- [ ] Change the function `greet`\n  1. [ ] add a test\n- [x] done before\n- [ ] add a test for errors\n';
  const done = (text: string) => ticked(plan, [{ text, status: 'done' }]);
  expect(done('change the function greet()')).toContain('- [x] Change the function `greet`');
  expect(done('Add a test.')).toBe(plan.replace('1. [ ] add', '1. [x] add'));
  expect(done('something else')).toBe(plan);
  expect(ticked(plan, [{ text: 'add a test', status: 'in_progress' }])).toBe(plan);
});
