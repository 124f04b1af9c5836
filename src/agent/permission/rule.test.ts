import { homedir } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandsOf } from './command-line.ts';
import {
  concerns,
  matchesCommand,
  matchesHost,
  matchesPath,
  mayMatchCommand,
  parseRule,
  RuleError,
} from './rule.ts';

const root = '/work/project';
const fits = (pattern: string, line: string) => matchesCommand(pattern, commandsOf(line)[0]!.words);
const mayFit = (pattern: string, line: string) =>
  commandsOf(line).some((command) => mayMatchCommand(pattern, command));

test('a rule is a tool, or a kind of tools, with a pattern or without', () => {
  expect(parseRule('allow', ' Bash( git  status ) ', 'user')).toEqual({
    outcome: 'allow',
    text: 'Bash( git  status )',
    tool: 'bash',
    pattern: 'git  status',
    source: 'user',
  });
  expect(parseRule('deny', 'mcp__files.read', 'user')).not.toHaveProperty('pattern');
  expect(parseRule('deny', 'bash(echo (x))', 'user').pattern).toBe('echo (x)');
  for (const text of ['', 'bash()', 'bash( )', '(x)', 'bash(x', '*', 'bash(x) y'])
    expect(() => parseRule('allow', text, 'user'), text).toThrow(RuleError);
});

test('a rule for a kind is about every tool of the kind, one for a tool about that alone', () => {
  expect(concerns(parseRule('deny', 'read', ''), { name: 'grep', kind: 'search' })).toBe(true);
  expect(concerns(parseRule('deny', 'edit', ''), { name: 'write', kind: 'edit' })).toBe(true);
  expect(concerns(parseRule('deny', 'grep', ''), { name: 'read', kind: 'read' })).toBe(false);
  expect(concerns(parseRule('deny', 'mcp__Files', ''), { name: 'mcp__Files', kind: 'other' })).toBe(true);
  expect(concerns(parseRule('deny', 'constructor', ''), { name: 'x', kind: 'other' })).toBe(false);
});

test('words are compared one by one, and an asterisk at the end is any more', () => {
  expect(fits('git status', 'git "status"')).toBe(true);
  expect(fits('git status', 'git status -v')).toBe(false);
  expect(fits('git status', 'git "status -v"')).toBe(false);
  expect(fits('git status', '"git status"')).toBe(false);
  expect(fits('npm test *', 'npm test')).toBe(true);
  expect(fits('npm test *', 'npm test -- "a b" $x')).toBe(true);
  expect(fits('npm test *', 'npm tests')).toBe(false);
  expect(fits('npm run test:*', 'npm run test:unit')).toBe(true);
  expect(fits('npm run test:*', 'npm run test:unit more')).toBe(false);
  expect(fits('npm run *:unit x', 'npm run test:unit x')).toBe(true);
  expect(fits('git *', 'git')).toBe(true);
  expect(fits('a.c', 'abc')).toBe(false);
});

test('a word that the shell computes fits no word of a rule that allows, and any of one that forbids', () => {
  expect(fits('git status', 'git $x')).toBe(false);
  expect(fits('git *', '$x status')).toBe(false);
  expect(mayFit('git push', 'git $x')).toBe(true);
  expect(mayFit('git push', '$x')).toBe(true);
  expect(mayFit('git push', 'npm $x')).toBe(false);
});

test('a rule that forbids passes over options, and knows a program by any of its paths', () => {
  expect(mayFit('git push *', 'git -C x --no-pager push origin')).toBe(true);
  expect(mayFit('git push', '/usr/bin/git push -v')).toBe(true);
  expect(mayFit('git push', 'git push origin')).toBe(false);
  expect(mayFit('git push *', 'git commit -m push')).toBe(false);
  expect(mayFit('git push *', 'git log push')).toBe(false);
  expect(mayFit('./deploy.sh *', './deploy.sh now')).toBe(true);
  expect(mayFit('rm *', 'npm rm x')).toBe(false);
  expect(mayFit('rm *', 'echo rm x')).toBe(false);
});

const shellWord = fc.constantFrom('a', 'b', '-c', 'd e', '*', '', undefined);

test('what a pattern allows it also forbids', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '-c', '*', 'a*'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(pattern, fc.array(shellWord, { minLength: 1, maxLength: 6 }), (wanted, words) => {
      const text = wanted.join(' ');
      if (!matchesCommand(text, words)) return;
      expect(mayMatchCommand(text, { words, text: '', reads: [], writes: [] })).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern of words fits itself, and only commands that begin with it', () => {
  const plain = fc.array(fc.stringMatching(/^[a-z-]{1,4}$/), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(plain, plain, (pattern, words) => {
      expect(matchesCommand(pattern.join(' '), pattern)).toBe(true);
      expect(matchesCommand(pattern.join(' '), words)).toBe(pattern.join('\0') === words.join('\0'));
      expect(matchesCommand(`${pattern.join(' ')} *`, words)).toBe(
        words.slice(0, pattern.length).join('\0') === pattern.join('\0'),
      );
    }),
  );
});

test('a pattern of many asterisks is compared in good time', () => {
  expect(matchesCommand(`${'*'.repeat(50)}b`, ['a'.repeat(50_000)])).toBe(false);
  expect(
    mayMatchCommand('git push *', {
      words: ['git', ...Array(2_000).fill('-x')],
      text: '',
      reads: [],
      writes: [],
    }),
  ).toBe(false);
});

test('paths are those of the workspace, of the home folder, or absolute', () => {
  const inside = (pattern: string, path: string) => matchesPath(pattern, `${root}/${path}`, root);
  expect(inside('src/**', 'src/a/b.ts')).toBe(true);
  expect(inside('./src/', 'src/a/b.ts')).toBe(true);
  expect(inside('src', 'src/a')).toBe(true);
  expect(inside('src/**', 'srcs/a')).toBe(false);
  expect(inside('src/*.ts', 'src/a/b.ts')).toBe(false);
  expect(inside('.env', 'packages/a/.env')).toBe(true);
  expect(inside('.env', '.env.local')).toBe(false);
  expect(inside('**', '')).toBe(true);
  expect(inside('src/**', 'src/a\nb/c d')).toBe(true);
  expect(matchesPath('**', '/work/project-2/a', root)).toBe(false);
  expect(matchesPath('**', '/etc/passwd', root)).toBe(false);
  expect(matchesPath('/etc/', '/etc/ssl/x', root)).toBe(true);
  expect(matchesPath('~/.ssh/**', `${homedir()}/.ssh/id`, root)).toBe(true);
  expect(matchesPath('~', `${homedir()}/.ssh/id`, root)).toBe(true);
});

test('case is a matter to a rule that allows, and none to one that forbids', () => {
  expect(matchesPath('src/**', `${root}/SRC/a`, root)).toBe(false);
  expect(matchesPath('src/**', `${root}/SRC/a`, root, true)).toBe(true);
});

test('a host fits itself, and a pattern what is below it', () => {
  const host = fc.domain();
  fc.assert(
    fc.property(host, host, (one, other) => {
      expect(matchesHost(one, one.toUpperCase())).toBe(true);
      expect(matchesHost(one, other)).toBe(one.toLowerCase() === other.toLowerCase());
      expect(matchesHost(`*.${one}`, `x.${one}.`)).toBe(true);
      expect(matchesHost(`*.${one}`, one)).toBe(false);
      expect(matchesHost(one, `${one}.${other}`)).toBe(false);
      expect(matchesHost(one, `${one}@${other}`)).toBe(false);
      expect(matchesHost(`*.${one}`, `${other}/x.${one}`)).toBe(false);
    }),
  );
});
