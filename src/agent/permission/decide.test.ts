import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type Policy, type Question } from './decide.ts';
import { MODES } from './mode.ts';
import { parseRule, type RuleOutcome } from './rule.ts';

const root = '/work/project';

function policy(given: Partial<Policy> = {}): Policy {
  return {
    mode: 'manual',
    rules: [],
    isContained: true,
    root,
    cwd: root,
    follow: (path) => path,
    allowedHosts: [],
    deniedHosts: [],
    ...given,
  };
}

const rules = (outcome: RuleOutcome, ...texts: string[]) =>
  texts.map((text) => parseRule(outcome, text, 'test'));
const bash = (command: string): Question => ({ tool: { name: 'bash', kind: 'execute' }, command });
const edit = (...names: string[]): Question => ({
  tool: { name: 'edit', kind: 'edit' },
  file: names.map((name) => `${root}/${name}`),
});
const outcome = (question: Question, given?: Partial<Policy>) => decide(question, policy(given)).outcome;
const inModes = (question: Question, given?: Partial<Policy>) =>
  Object.fromEntries(MODES.map((mode) => [mode, outcome(question, { ...given, mode })]));

test('each mode lets pass what it says', () => {
  const mostly = {
    manual: 'ask',
    'accept-edits': 'ask',
    plan: 'deny',
    auto: 'ask',
    'dont-ask': 'deny',
    bypass: 'allow',
  };
  expect(inModes(bash('npm test'), { isContained: false })).toEqual(mostly);
  expect(inModes(bash('npm test'))).toEqual({ ...mostly, auto: 'allow' });
  expect(inModes(edit('src/a.ts'))).toEqual({ ...mostly, 'accept-edits': 'allow', auto: 'allow' });
  expect(inModes({ tool: { name: 'fetch', kind: 'fetch' }, host: 'example.com' })).toEqual(mostly);
  expect(inModes({ tool: { name: 'task', kind: 'other' } })).toEqual(mostly);
  for (const question of [
    bash('git status'),
    { tool: { name: 'read', kind: 'read' as const }, file: [`${root}/a`] },
  ])
    expect(new Set(Object.values(inModes(question)))).toEqual(new Set(['allow']));
});

test('deny wins over ask, ask over allow, and every rule over the mode', () => {
  const all = [
    ...rules('allow', 'bash'),
    ...rules('ask', 'bash(git *)'),
    ...rules('deny', 'bash(git push *)'),
  ];
  expect(outcome(bash('npm test'), { rules: all })).toBe('allow');
  expect(outcome(bash('git status'), { rules: all })).toBe('ask');
  expect(outcome(bash('git push'), { rules: all })).toBe('deny');
  expect(outcome(bash('git push'), { rules: all, mode: 'bypass' })).toBe('deny');
  expect(outcome(bash('git commit'), { rules: all, mode: 'auto' })).toBe('ask');
  expect(outcome(bash('git commit'), { rules: all, mode: 'dont-ask' })).toBe('deny');
});

test('the reason names the rule, the mode, or what is not understood', () => {
  const because = (line: string, given?: Partial<Policy>) => decide(bash(line), policy(given)).because;
  expect(because('rm x', { rules: rules('deny', 'bash(rm *)') })).toBe('the rule bash(rm *) (test)');
  expect(because('PATH=x a')).toBe('no rule allows it in mode manual: it sets PATH');
  expect(because('echo x > .git/config')).toBe('.git is protected');
  expect(because('ls')).toBe('it only looks');
});

test('a rule may say the whole of a command that is not understood, and only the whole', () => {
  expect(outcome(bash('sudo apt update'), { rules: rules('allow', 'bash(sudo apt update)') })).toBe('allow');
  expect(outcome(bash('sudo apt update'), { rules: rules('allow', 'bash(sudo *)') })).toBe('ask');
  expect(outcome(bash('sudo apt update x'), { rules: rules('allow', 'bash(sudo apt update)') })).toBe('ask');
  expect(outcome(bash('PATH=x sudo apt update'), { rules: rules('allow', 'bash(sudo apt update)') })).toBe(
    'ask',
  );
  expect(outcome(bash('eval "$(x)"'), { rules: rules('allow', 'bash') })).toBe('allow');
});

test('a redirection needs leave to change that file', () => {
  const echo = rules('allow', 'bash(echo *)');
  expect(outcome(bash('echo x > a'), { rules: echo })).toBe('ask');
  expect(outcome(bash('echo x > a'), { rules: echo, mode: 'accept-edits' })).toBe('allow');
  expect(outcome(bash('echo x > ../a'), { rules: echo, mode: 'accept-edits' })).toBe('ask');
  const logs = [...echo, ...rules('allow', 'edit(logs/**)')];
  expect(outcome(bash('echo x > logs/a'), { rules: logs })).toBe('allow');
  expect(outcome(bash('cd sub && echo x > logs/a'), { rules: logs })).toBe('ask');
  expect(outcome(bash('echo x > a'), { rules: rules('deny', 'edit'), mode: 'bypass' })).toBe('deny');
});

test('a rule that forbids changes leaves reading alone', () => {
  const given = { rules: rules('deny', 'edit(config/**)') };
  expect(outcome(bash('cat config/a | grep x'), given)).toBe('allow');
  expect(outcome(bash('sort config/a -o config/a'), given)).toBe('deny');
});

test('a rule for files allows a file by all its names alone', () => {
  const given = { rules: rules('allow', 'edit(src/**)') };
  expect(outcome(edit('src/a', 'src/b'), given)).toBe('allow');
  expect(outcome(edit('src/a', 'lib/b'), given)).toBe('ask');
  expect(outcome(edit(), given)).toBe('ask');
});

test('a folder that the shell went to is where its files are', () => {
  const given = { cwd: `${root}/.git`, rules: rules('allow', 'bash(tee *)') };
  expect(decide(bash('tee config'), policy(given)).because).toBe('.git is protected');
  expect(outcome(bash('cat ../a'), { cwd: `${root}/src`, isContained: false })).toBe('allow');
  expect(outcome(bash('cat ../a'), { isContained: false })).toBe('ask');
});

// The laws of lines: a line is as free as the least free of its parts.

const ALLOWED = ['git status', 'npm test', 'npm test -- a', 'echo x', 'ls src', 'cat a | head -5'];
const OTHERS = [
  'curl x',
  'npm install',
  'git push',
  'rm -rf a',
  'touch x',
  'PATH=a ls',
  'echo x > ../a',
  '"$x"',
  'bash a',
];
const given = {
  isContained: false,
  rules: [...rules('allow', 'bash(npm test *)', 'bash(echo *)'), ...rules('deny', 'bash(rm *)')],
};
const allowed = fc.constantFrom(...ALLOWED);
const other = fc.constantFrom(...OTHERS);
const mode = fc.constantFrom(...MODES.filter((name) => name !== 'bypass'));
const joined = fc
  .tuple(fc.array(allowed, { maxLength: 3 }), other, fc.array(allowed, { maxLength: 3 }))
  .chain(([before, part, after]) =>
    fc.tuple(
      fc.constant(part),
      fc
        .constantFrom(' ; ', ' && ', ' || ', ' | ', ' & ', '\n')
        .map((by) => [...before, part, ...after].join(by)),
    ),
  );
const wrapped = fc.tuple(
  joined,
  fc.constantFrom<(line: string) => string>(
    (line) => line,
    (line) => `(${line})`,
    (line) => `{ ${line}; }`,
    (line) => `echo "$(${line})"`,
    (line) => `echo \`${line.replaceAll('"$x"', '$x')}\``,
    (line) => `cat <(${line})`,
    (line) => `if true; then ${line}; fi`,
    (line) => `for i in 1; do ${line}; done`,
    (line) => `f() { ${line}; }; f`,
    (line) => `echo <<E\n$(${line})\nE`,
    (line) => `bash -c '${line}'`,
    (line) => `x=$(${line})`,
    (line) => `echo \${x:-$(${line})}`,
    (line) => `echo a > "$(${line})"`,
    (line) => `[[ -n $(${line}) ]]`,
  ),
);

test('what is not allowed alone is not allowed in any company', () => {
  fc.assert(
    fc.property(wrapped, mode, ([[part, line], wrap], mode) => {
      expect(outcome(bash(part), { ...given, mode })).not.toBe('allow');
      expect(outcome(bash(wrap(line)), { ...given, mode })).not.toBe('allow');
    }),
    { numRuns: 1_000 },
  );
});

test('what is denied alone is denied in any company, in every mode', () => {
  fc.assert(
    fc.property(wrapped, fc.constantFrom(...MODES), ([[part, line], wrap], mode) => {
      if (outcome(bash(part), { ...given, mode: 'bypass' }) !== 'deny') return;
      expect(outcome(bash(wrap(line)), { ...given, mode })).toBe('deny');
    }),
    { numRuns: 1_000 },
  );
});

test('what is allowed stays so in the company of what is allowed', () => {
  const lines = fc.array(allowed, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lines, fc.constantFrom(' ; ', ' && ', ' || ', ' | ', '\n'), (parts, by) => {
      expect(outcome(bash(parts.join(by)), given)).toBe('allow');
    }),
  );
});

test('another rule that denies never frees a call, and another that allows never holds one back', () => {
  const order = { allow: 0, ask: 1, deny: 2 };
  const text = fc.constantFrom(
    'bash(npm *)',
    'bash(git status)',
    'bash',
    'edit(a)',
    'read(a)',
    'edit',
    'bash(echo *)',
  );
  const line = fc.oneof(
    allowed,
    other,
    joined.map(([, line]) => line),
  );
  fc.assert(
    fc.property(
      line,
      fc.array(text),
      text,
      fc.constantFrom(...MODES),
      fc.boolean(),
      (line, texts, added, mode, isContained) => {
        const before = { mode, isContained, rules: rules('allow', ...texts) };
        const was = order[outcome(bash(line), before)];
        const denied = { ...before, rules: [...before.rules, ...rules('deny', added)] };
        const freed = { ...before, rules: [...before.rules, ...rules('allow', added)] };
        expect(order[outcome(bash(line), denied)]).toBeGreaterThanOrEqual(was);
        expect(order[outcome(bash(line), freed)]).toBeLessThanOrEqual(was);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('no line makes it fail', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('$(', '`', '${', '<<', '[[', '((', "'", '\\', 'cd ', '~', '-'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect(['allow', 'ask', 'deny']).toContain(outcome(bash(pieces.join('')), { isContained: false }));
    }),
    { numRuns: 2_000 },
  );
  expect(outcome(bash('('.repeat(5_000)))).toBe('ask');
  expect(outcome(bash('$('.repeat(5_000)))).toBe('ask');
});
