import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/temporary.ts';
import { commandsOf, type ShellWord, type SimpleCommand } from './command-line.ts';

const words = (line: string) => commandsOf(line).map((command) => command.words);
const reasons = (line: string) => commandsOf(line).flatMap(({ opaque }) => opaque ?? []);

test('every program of a line is found, wherever it stands', () => {
  expect(words('a 1 && b | c; d & (e); { f; } || ! g\nh')).toEqual([
    ['a', '1'],
    ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => [name]),
  ]);
  expect(words('if a; then b; elif c; then d; else e; fi; for x in 1 2; do f; done')).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name]),
  );
  expect(words('a "$(b)" `c` <(d) <<E\n$(e)\nE')).toEqual([
    ['a', undefined, undefined, undefined],
    ['b'],
    ['c'],
    ['d'],
    ['e'],
  ]);
});

test('words are as the program gets them; those that the shell computes are undefined', () => {
  expect(words(`g'i't "a b" c\\ d $'it\\'s' $'\\x41' $x "$y" *.ts {1,2} ~/x a=b`)).toEqual([
    ['git', 'a b', 'c d', "it's", undefined, undefined, undefined, undefined, undefined, '~/x', 'a=b'],
  ]);
});

test('braces are constant where bash does not expand them', () => {
  expect(words(`a {} '{"x":1,"y":2}' "{x,y}" HEAD@{1} @{u}..HEAD {p},q} {-o},x} x{1..3}`)).toEqual([
    ['a', '{}', '{"x":1,"y":2}', '{x,y}', 'HEAD@{1}', '@{u}..HEAD', undefined, undefined, undefined],
  ]);
});

test('a here-document behind a quoted delimiter is text', () => {
  expect(words("cat <<'E'\n$(a)\nE")).toEqual([['cat']]);
});

test('the files that the shell opens are told apart from descriptors', () => {
  const [command] = commandsOf('a < in > out 2>> log 2>&1 >&- &> both <> rw > $x 2>/dev/null < /dev/tcp/h/1');
  expect(command).toMatchObject({
    reads: ['in'],
    writes: ['out', 'log', 'both', 'rw', undefined, '/dev/tcp/h/1'],
  });
  expect(commandsOf('{ a; } > out')[0]).toMatchObject({ words: ['true'], writes: ['out'] });
  expect(commandsOf('timeout 5 a > out')[0]).toMatchObject({ words: ['a'], writes: ['out'] });
});

test('programs that start others are taken away', () => {
  expect(words('nohup nice -n 5 timeout -k 1 --signal=KILL 3 stdbuf -oL a b')).toEqual([['a', 'b']]);
  expect(words('bash -ec "a; b" x')).toEqual([['a'], ['b']]);
  expect(words('xargs -0 -n1 -I{} a {} b')).toEqual([['a', undefined, 'b', undefined]]);
  expect(words('xargs')).toEqual([['echo', undefined]]);
  expect(words('find . -exec a + {} + -exec b {}x \\;').slice(1)).toEqual([
    ['a', '+', undefined],
    ['b', undefined],
  ]);
});

test('a harmless variable before a command is no matter, and one of the line itself neither', () => {
  expect(reasons('CI=1 DEBUG=app:* LC_ALL="C.UTF-8" a; x=1; y=(a b); x+=2')).toEqual([]);
  expect(reasons('PATH=x a')).toEqual(['it sets PATH']);
  expect(words('PATH=x a b')).toEqual([[], ['a', 'b']]);
  expect(reasons('x=1 a')).toEqual(['it sets x']);
});

test('sums of numbers are no matter, and sums of variables are', () => {
  expect(
    reasons(`echo $((1 + 2)) \${x:1:2} \${#x} \${x[0]} \${x[@]} \${x%.ts} \${x:-y}; [[ 1 -lt 2 && -n $x ]]`),
  ).toEqual([]);
  for (const line of ['$((x))', '$[x]', `\${x:y}`, `\${x[y]}`, `\${!x}`, `\${x@P}`])
    expect(reasons(`echo ${line}`), line).toHaveLength(1);
});

test('where a cd leads is known but in loops, by variables and to where one was before', () => {
  expect(reasons('cd a; cd -P ..; cd -- b; cd')).toEqual([]);
  for (const line of ['cd -', 'cd $x', 'cd *', 'while true; do cd ..; done', 'f() { cd ..; }', 'pushd a'])
    expect(reasons(line), line).toHaveLength(1);
});

test('what cannot be parsed, or is too deep, may start any program', () => {
  for (const line of ['a "', 'a $(', 'a\r', 'a\0', `${'eval '.repeat(8)}a`, '$x a', 'bash -c "$x"', 'a | sh'])
    expect(commandsOf(line), line).toContainEqual(
      expect.objectContaining({ words: expect.toSatisfy(startsAnything), opaque: expect.any(String) }),
    );
});

function startsAnything(words: readonly ShellWord[]): boolean {
  return words.length > 0 && words[0] === undefined;
}

// What bash itself does with a line is the measure: programs that write down how they were called.

const name = fc.constantFrom('a', 'b', 'c');
const word = fc.constantFrom(
  ...[
    'x',
    '-y',
    "'x y'",
    '"$v"',
    '$v',
    'x\\ y',
    "$'\\x61'",
    '{p,q}',
    '"$(b)"',
    '`c`',
    '*',
    '#',
    'p#',
    '\\;',
    "''",
  ],
  ...[
    `\${v:-$(b)}`,
    '$((1+2))',
    '<(b)',
    '~',
    'k=v',
    '\\\n',
    '!',
    '$(c x)',
    "$'it\\'s'",
    '"a\\"b"',
    '{x}',
    '{x},y}',
    '{"x",y}',
    'x{1..2}',
    '@{u}..x',
    '[x]',
    '}',
  ],
);
const redirect = fc.constantFrom(
  '',
  '',
  '',
  '> f1',
  '2>&1',
  '&> f2',
  '>> "f 3"',
  '<<< $(b)',
  '< in',
  '<<E\n$(c)\nE\n',
);
const noise = fc.constantFrom(
  ...[
    ' ',
    '\t',
    '\n',
    '\v',
    '\f',
    '\u00a0',
    ';',
    '&',
    '|',
    '(',
    ')',
    '{',
    '}',
    '<',
    '>',
    '"',
    "'",
    '\\',
    '`',
    '$',
    '#',
  ],
  ...[
    '$(',
    '<(',
    '((',
    '))',
    '[[',
    ']]',
    '$((',
    "$'",
    '$"',
    '&>',
    '|&',
    ';;',
    '!',
    '=',
    '-',
    '{a,b}',
    '\\\n',
    '<<E',
    '\nE\n',
  ],
  ...[
    '${',
    '${x',
    'if',
    'then',
    'fi',
    'do',
    'done',
    'in',
    'esac',
    'time ',
    'coproc ',
    'function ',
    'eval ',
    'x=',
    'a',
  ],
);
const { line } = fc.letrec<{ line: string; list: string; simple: string }>((tie) => ({
  simple: fc
    .tuple(name, fc.array(word, { maxLength: 3 }), redirect)
    .map(([program, args, file]) => [program, ...args, file].join(' ')),
  list: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: tie('simple') },
    fc
      .tuple(tie('list'), fc.constantFrom('; ', ' && ', ' || ', ' | ', '\n', ' & '), tie('list'))
      .map((all) => all.join('')),
    tie('list').map((inner) => `(${inner}\n)`),
    tie('list').map((inner) => `{ ${inner}\n}`),
    tie('list').map((inner) => `if true; then ${inner}\nfi`),
    tie('list').map((inner) => `for v in 1 2; do ${inner}\ndone`),
    tie('list').map((inner) => `case x in x) ${inner}\n;; esac`),
    tie('list').map((inner) => `f() { ${inner}\n}; f`),
    tie('list').map((inner) => `eval '${inner.replaceAll("'", "'\\''")}'`),
    tie('list').map((inner) => `a "$(${inner}\n)"`),
  ),
  line: fc.tuple(tie('list'), fc.array(fc.tuple(fc.nat(), noise), { maxLength: 3 })).map(([text, added]) =>
    added.reduce((done, [at, piece]) => {
      const place = at % (done.length + 1);
      return done.slice(0, place) + piece + done.slice(place);
    }, text),
  ),
}));

const RUNS = Number(process.env.KINO_TEST_RUNS ?? 250);

test('whatever bash starts and writes is in the answer', { timeout: 30_000 + RUNS * 100 }, () => {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of ['a', 'b', 'c']) {
    writeFileSync(
      join(bin, program),
      `#!/bin/bash\nprintf '%s\\0' "$#" ${program} "$@" >> "$LOG/$BASHPID"\n`,
    );
    chmodSync(join(bin, program), 0o755);
  }
  let understood = 0;
  fc.assert(
    fc.property(line, (text) => {
      const commands = commandsOf(text);
      // What is not understood passes by no rule, whatever it does.
      if (commands.some(({ opaque }) => opaque !== undefined)) return;
      // A process may outlive its shell, so every line has a folder of its own.
      const own = join(folder, String(++understood));
      const cwd = join(own, 'work');
      const log = join(own, 'log');
      mkdirSync(own);
      mkdirSync(log);
      mkdirSync(cwd);
      writeFileSync(join(cwd, 'in'), '');
      // Functions may call themselves; nothing may go on for ever.
      const env = { PATH: bin, HOME: cwd, LOG: log, FUNCNEST: '4', LC_ALL: 'C.UTF-8' };
      spawnSync('/bin/bash', ['-c', `eval "$1"\nwait`, 'bash', text], {
        cwd,
        env,
        timeout: 5_000,
        killSignal: 'SIGKILL',
      });
      for (const call of callsIn(log)) {
        expect(
          commands.some((command) => mayCome(command.words, call)),
          JSON.stringify({ text, call, commands }),
        ).toBe(true);
      }
      const writes = commands.flatMap((command) => command.writes);
      for (const file of readdirSync(cwd).filter((file) => file !== 'in')) {
        expect(
          writes.includes(undefined) || writes.includes(file),
          JSON.stringify({ text, file, commands }),
        ).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
  expect(understood).toBeGreaterThan(RUNS / 5);
});

/** The calls in logs of `count NUL program NUL argument NUL …`. */
function callsIn(log: string): string[][] {
  const fields = readdirSync(log).flatMap((file) =>
    readFileSync(join(log, file), 'utf8').split('\0').slice(0, -1),
  );
  const calls: string[][] = [];
  for (let at = 0; at < fields.length; ) {
    const count = Number(fields[at]) + 1;
    calls.push(fields.slice(at + 1, at + 1 + count));
    at += 1 + count;
  }
  return calls;
}

/** Whether a command may come to a call: what the shell computes is any number of words. */
function mayCome(given: SimpleCommand['words'], call: readonly string[]): boolean {
  const at = given.indexOf(undefined);
  if (at === -1)
    return given.length === call.length && given.every((word, index) => isGiven(word!, call[index]));
  return given.slice(0, at).every((word, index) => isGiven(word!, call[index]));
}

function isGiven(word: string, argument: string | undefined): boolean {
  return word === argument || (word === '~' && argument !== undefined && argument.endsWith('/work'));
}
