import { expect, test } from 'vitest';
import { commandIn, commandLine, linesOf, pathIn, toKind } from './call.ts';

test.each([
  ['a command line', { command: 'git status; ls' }, 'git status; ls'],
  ['what a shell is told to read', { command: ['bash', '-lc', 'git status; rm x'] }, 'git status; rm x'],
  ['a shell by its path', { command: ['/bin/zsh', '-c', 'ls'] }, 'ls'],
  ['words', { command: ['rm', '-rf', 'a b', "it's"] }, "rm -rf 'a b' 'it'\\''s'"],
  ['a shell with arguments of its own', { command: ['bash', '-c', 'echo $0', 'x'] }, "bash -c 'echo $0' x"],
  ['no words', { command: [1] }, undefined],
  ['nothing', {}, undefined],
])('the command of a call is read from %s', (_, input, expected) => {
  expect(commandIn(input)).toBe(expected);
});

test('a program with its arguments is one line for a shell', () => {
  expect(commandLine('ls')).toBe('ls');
  expect(commandLine('echo', ['a;b', ''])).toBe("echo 'a;b' ''");
});

test('kinds, paths and ranges of others are read as ours', () => {
  expect(['delete', 'move', 'edit', 'execute', 'switch_mode'].map(toKind)).toEqual([
    'edit',
    'edit',
    'edit',
    'execute',
    'other',
  ]);
  expect([{ path: 'a' }, { file_path: 'b' }, { filePath: 'c' }, { path: 1 }].map(pathIn)).toEqual([
    'a',
    'b',
    'c',
    undefined,
  ]);
  expect([linesOf('a\nb\nc', 2, 1), linesOf('a\nb\nc', 2), linesOf('a\nb', null, null)]).toEqual([
    'b',
    'b\nc',
    'a\nb',
  ]);
});
