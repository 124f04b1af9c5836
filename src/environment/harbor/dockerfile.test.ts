import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDockerfile } from './dockerfile.ts';
import { UnsupportedInstructionError } from './dockerfile-error.ts';

const parse = (text: string) => parseDockerfile(text).instructions;

test('names, flags, forms and lines are told apart', () => {
  expect(
    parse(`# syntax=docker/dockerfile:1

FROM a
# a comment
run --mount=type=cache,target=/x --network=none apt-get \\
    # between
    install \\

    curl
COPY ["a b", "/c"]
CMD echo [ "a" ]
`),
  ).toMatchObject([
    { line: 3, endLine: 3, name: 'FROM', rest: 'a', flags: [], heredocs: [] },
    {
      ...{ line: 5, endLine: 9, name: 'RUN', rest: 'apt-get     install     curl' },
      flags: [
        { name: 'mount', value: 'type=cache,target=/x' },
        { name: 'network', value: 'none' },
      ],
    },
    { line: 10, name: 'COPY', json: ['a b', '/c'] },
    { line: 11, name: 'CMD', rest: 'echo [ "a" ]' },
  ]);
  expect(parse('CMD echo [ "a" ]')[0]).not.toHaveProperty('json');
});

test('a line ends in a single escape to go on, whatever blanks follow', () => {
  expect(parse('RUN a \\ \t\n b')[0]).toMatchObject({ rest: 'a  b', endLine: 2 });
  expect(parse('RUN a \\\\\nRUN b')).toHaveLength(2);
  expect(parse('RUN a \\')[0]).toMatchObject({ rest: 'a', endLine: 1 });
});

test('the escape is another where a directive says so, before everything else', () => {
  const windows = parseDockerfile('# escape=`\nRUN a `\n b\nRUN c:\\\nRUN d');
  expect(windows.escapeChar).toBe('`');
  expect(windows.instructions.map(({ rest }) => rest)).toEqual(['a  b', 'c:\\', 'd']);
  expect(parseDockerfile('\n# escape=`\nRUN a').escapeChar).toBe('\\');
  expect(parseDockerfile('# other\n# escape=`\nRUN a').escapeChar).toBe('\\');
  expect(parseDockerfile('# check=skip=all\n# Escape = `\nRUN a').escapeChar).toBe('`');
});

test('heredocs are read to their ends, in order, and comments in them are theirs', () => {
  const [run, copy, odd] = parse(`RUN <<EOF cat - <<-"TWO" && x
# not a comment
$A \\
EOF
\ttab
\tTWO
COPY <<a <<b /to/
1
a
2
b
RUN echo $((1<<2)) "<<no" '<<no' <<< here
`);
  expect(run).toMatchObject({ line: 1, endLine: 6, rest: '<<EOF cat - <<-"TWO" && x' });
  expect(run!.heredocs).toEqual([
    { name: 'EOF', expands: true, stripsTabs: false, content: '# not a comment\n$A \\\n' },
    { name: 'TWO', expands: false, stripsTabs: true, content: '\ttab\n' },
  ]);
  expect(copy).toMatchObject({ line: 7, endLine: 11, heredocs: [{ content: '1\n' }, { content: '2\n' }] });
  expect(odd).toMatchObject({ line: 12, heredocs: [] });
  expect(parse('ONBUILD RUN <<E\nx\nE')[0]!.heredocs).toHaveLength(1);
  expect(parse(`RUN cat <<E \${X:0:3}\nx\nE`)[0]!.heredocs).toHaveLength(1);
});

test('a byte order mark and the line ends of Windows are no trouble', () => {
  const [from, run] = parse('\ufeffFROM a\r\nRUN a \\\r\n  b\r\n');
  expect(from).toMatchObject({ name: 'FROM', rest: 'a' });
  expect(run).toMatchObject({ rest: 'a   b', line: 2, endLine: 3 });
});

test.each<[string, number, RegExp]>([
  ['', 1, /no instruction/],
  ['# only a comment', 1, /no instruction/],
  ['FROM a\nFETCH b', 2, /is no instruction/],
  ['FROM a\n\n\\\n', 3, /is no instruction/],
  ['FROM a\nRUN <<EOF\nx', 2, /heredoc EOF that does not end/],
  ['FROM a\nRUN [1]', 2, /more than strings/],
  ['# escape=x\nFROM a', 1, /escape/],
  ['# escape=`\n# escape=`\nFROM a', 2, /second directive/],
  ['FROM a\nRUN a\0b', 2, /NUL/],
  [`FROM a\nRUN ${'x'.repeat(10 * 1024 * 1024)}`, 1, /longer than/],
])('what is broken is refused, and the line is named: case %#', (text, line, message) => {
  const reading = () => parse(text);
  expect(reading).toThrow(UnsupportedInstructionError);
  expect(reading).toThrow(message);
  expect(reading).toThrow(expect.objectContaining({ line }));
});

const piece = fc.oneof(
  fc.constantFrom(
    'FROM a\n',
    'RUN ',
    'COPY ',
    'ENV ',
    '\\\n',
    '\n',
    '\r\n',
    '<<EOF',
    'EOF\n',
    '["a"]',
    '--x=y ',
  ),
  fc.constantFrom('# escape=`\n', '`', '#', '"', "'", '$', '${', '}', ':-', '\\', ' ', '\t', '\0', '\ufeff'),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const anyText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('whatever a file says, it is read or refused by its own error, which is one line', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(UnsupportedInstructionError);
        expect((error as Error).message).not.toMatch(/[\n\r]/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('lines are kept: each instruction begins where its name stands, and ends before the next', () => {
  const instruction = fc.tuple(
    fc.constantFrom('RUN', 'ENV', 'LABEL'),
    fc.array(fc.constantFrom('a', 'b=c', '\\\n', '\\\n# note\n', '\\\n\n', "'q'"), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.array(fc.constantFrom('', '# comment', '   '), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(instruction, { minLength: 1, maxLength: 8 }), (given) => {
      const lines: number[] = [];
      let text = '';
      for (const [name, words, after] of given) {
        lines.push(text.split('\n').length);
        text += `${name} ${words.join(' ')} end\n${after.map((line) => `${line}\n`).join('')}`;
      }
      const read = parse(text);
      expect(read.map(({ line }) => line)).toEqual(lines);
      for (const [index, { line, endLine }] of read.entries()) {
        expect(endLine).toBeGreaterThanOrEqual(line);
        expect(endLine).toBeLessThan(read[index + 1]?.line ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});

test('an instruction over several lines reads as in one', () => {
  const words = fc.array(fc.constantFrom('a', '--b', 'c=d', '"e f"', '$G'), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(words, (given) => {
      const whole = parse(`RUN x ${given.join(' ')}`)[0]!;
      expect(parse(`RUN x ${given.join(' \\\n')}`)[0]).toMatchObject({ name: 'RUN', rest: whole.rest });
    }),
  );
});
