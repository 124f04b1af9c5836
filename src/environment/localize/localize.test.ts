import { expect, test } from 'vitest';
import { createRepository } from '../../../test/support/repository.ts';
import { openRepository } from '../../git/index.ts';
import { type LocalizeTask, mineLocalize } from '../index.ts';
import { localize } from './localize.ts';

const WORK = { events: [], place: { home: '/nowhere' } };

async function taskWith(paths: string[]) {
  const repository = createRepository();
  const all = ['src/other.ts', ...paths];
  repository.commit({ message: 'first', files: Object.fromEntries(all.map((path) => [path, 'a\n'])) });
  repository.commit({
    message: 'handle an empty list of headers',
    files: Object.fromEntries(paths.map((path) => [path, 'b\n'])),
  });
  const opened = await openRepository(repository.path);
  const [candidate] = await Array.fromAsync(mineLocalize(opened, { limit: 1 }));
  if (!candidate || !('task' in candidate)) throw new Error('no task');
  const { task } = candidate;
  return { task, score: (answer: string) => localize.verify(task, { ...WORK, answer, repository: opened }) };
}

test.each([
  [['src/a.ts']],
  [['src/a.ts', 'lib/b.py', 'c.go', 'd/e/f.rs', 'g.c']],
  [
    [
      'app/[slug]/page.tsx',
      'app/(group)/{x}.ts',
      'my folder/a, b.ts',
      'src/größe.ts',
      'new\nline.ts',
      '"q".ts',
      './x.ts',
    ],
  ],
])('the reference gets 1 and nothing gets 0: %j', async (paths) => {
  const { task, score } = await taskWith(paths.slice(0, 5).map((path) => path.replace(/^\.\//, '')));
  const best = await score((await localize.reference(task)).answer!);
  expect(best).toMatchObject({ reward: 1, metrics: { f1: 1, recall_at_10: 1, mrr: 1 }, findings: [] });
  expect(await score('')).toMatchObject({ reward: 0, metrics: { f1: 0 } });
  expect(await score('[]')).toMatchObject({ reward: 0 });
});

test('an answer in between says what is right, wrong and missed', async () => {
  const { score } = await taskWith(['src/a.ts', 'src/b.ts']);
  const half = await score('["src/a.ts", "src/other.ts", "src/no-such.ts"]');
  expect(half.reward).toBe(0.5);
  expect(half.explanation).toBe('right: src/a.ts; wrong: src/other.ts; missed: src/b.ts');
});

test('the prompt says what is asked and nothing of the answer or where it comes from', async () => {
  const { task } = await taskWith(['src/router.ts']);
  const secret: LocalizeTask = { ...task, source: { ...task.source, subject: 'the secret subject' } };
  const prompt = localize.prompt(secret);
  expect(prompt).toContain(task.statement);
  for (const hidden of ['router', 'secret', task.base, task.source.commit])
    expect(prompt).not.toContain(hidden);
});

test('a base that is not in the repository is an error and no score', async () => {
  const { task } = await taskWith(['src/a.ts']);
  const repository = await openRepository(createRepository([{ message: 'other' }]).path);
  await expect(localize.verify(task, { ...WORK, answer: '["src/a.ts"]', repository })).rejects.toThrow(
    /git ls-tree failed/,
  );
});
