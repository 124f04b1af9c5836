import { expect, test } from 'vitest';
import { suggestRules } from './suggest.ts';

const root = '/work/project';
const forLine = (command: string) => suggestRules({ tool: { name: 'bash', kind: 'execute' }, command }, root);
const forFile = (name: string) =>
  suggestRules({ tool: { name: 'edit', kind: 'edit' }, file: [`${root}/${name}`] }, root);

test('a rule is proposed for what a program does, and none for what cannot be understood', () => {
  expect(forLine('git push origin && npm run build -- x && ls')).toEqual([
    'bash(git push *)',
    'bash(npm run build *)',
  ]);
  expect(forLine('rm -rf x')).toEqual(['bash(rm -rf x)']);
  expect(forLine('PATH=x git push')).toEqual([]);
  expect(forLine('npm test; $x')).toEqual([]);
});

test('no rule is proposed that would allow a whole program, because an option came first', () => {
  expect(forLine('git -C sub push')).toEqual([]);
  expect(forLine('npm --prefix sub test')).toEqual([]);
});

test('a file whose name is a pattern is not proposed', () => {
  expect(forFile('src/a b.ts')).toEqual(['edit(src/a b.ts)']);
  for (const name of ['src/**', 'src/[id].ts', '../x', 'a{b,c}']) expect(forFile(name), name).toEqual([]);
});
