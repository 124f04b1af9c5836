import { expect, test } from 'vitest';
import { findDefinitions } from './definitions.ts';

test.each([
  [
    'TypeScript',
    'export class Parser {\n  readAll(from: number): void {\n  }\n}\nconst limit = 3;',
    'Parser readAll limit',
  ],
  [
    'TypeScript',
    'export interface Options {}\ntype Id = string;\nexport async function* walk() {}',
    'Options Id walk',
  ],
  [
    'Python',
    'class Parser:\n    def read_all(self, path):\n        pass\n\nasync def main():\n',
    'Parser read_all main',
  ],
  ['Go', 'func (p *Parser) ReadAll(path string) error {\n}\ntype Options struct {\n}', 'ReadAll Options'],
  [
    'Rust',
    'pub fn read_all(x: &str) -> u8 {\n}\nimpl X {}\npub trait Read {}\nenum Kind {}',
    'read_all Read Kind',
  ],
  ['Java', 'public class Parser {\n  private static int readAll(String path) {\n  }\n}', 'Parser readAll'],
  [
    'C',
    'static int read_all(const char *path) {\n}\nstruct options {\n};\n#define LIMIT 3',
    'read_all options',
  ],
  ['Ruby', 'module Store\n  class Reader\n    def read_all(path)\n', 'Store Reader read_all'],
])('definitions are found in %s: %#', (_language, text, names) => {
  expect([...findDefinitions(text)]).toEqual(expect.arrayContaining(names.split(' ')));
});

test('keywords and calls that end with a semicolon define nothing', () => {
  expect([...findDefinitions('  if (a) {\n  while (b) {\n  call(x);\n  return (y);\n')]).toEqual([]);
});

test('huge lines come to an end', () => {
  const parts = ['a*', 'a&b ', 'a ', ' ', 'f(', 'function ', 'a,b<c>*', 'type (', '(', '*', 'a(b)'];
  for (const part of parts) {
    const line = part.repeat(Math.ceil(200_000 / part.length));
    for (const text of [line, `${line}\n`, `void f(${line}{`, `a${line}`]) findDefinitions(text);
  }
  findDefinitions(`${'a*b&c '.repeat(60)}\n`.repeat(500));
});
