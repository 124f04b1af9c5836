import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJUnit } from './junit-report.ts';
import type { TestReport } from './report.ts';
import { RUNNERS, type RunRequest } from './runner.ts';
import { runnerOf } from './runners.ts';

const request: RunRequest = {
  plan: { runner: 'go', folder: '.', args: [], files: [], from: '' },
  root: '/workspace',
  results: '/results',
  reporters: '/reporters',
  build: '/build',
  programs: { node: 'node', python: 'python' },
};
const outcomes = ({ cases }: TestReport) => Object.fromEntries(cases.map(({ id, outcome }) => [id, outcome]));

describe('JUnit XML', () => {
  const parse = (...files: string[]) => parseJUnit(files.map((file) => Buffer.from(file)));

  test.each<[what: string, xml: string, expected: Record<string, string>]>([
    ['one suite', '<testsuite name="s"><testcase name="a" classname="c"/></testsuite>', { 'c::a': 'passed' }],
    [
      'a file before a class',
      '<testsuite><testcase name="a" classname="c" file="f.py"/></testsuite>',
      { 'f.py::a': 'passed' },
    ],
    ['nothing but the suite', '<testsuite name="s"><testcase name="a"/></testsuite>', { 's::a': 'passed' }],
    [
      'failures and errors',
      '<testsuites><testsuite><testcase name="a"><failure/></testcase><testcase name="b"><error message="m">t</error></testcase><testcase name="c"><skipped/></testcase></testsuite></testsuites>',
      { a: 'failed', b: 'failed', c: 'skipped' },
    ],
    [
      'suites in suites',
      '<testsuites><testsuite name="o"><testsuite name="i"><testcase name="a"/></testsuite><testcase name="b"/></testsuite></testsuites>',
      { 'o::b': 'passed', 'i::a': 'passed' },
    ],
    [
      'status of ctest',
      '<testsuite><testcase name="a" classname="a" status="fail"/><testcase name="b" classname="b" status="notrun"/><testcase name="c" classname="c" status="run"/></testsuite>',
      { a: 'failed', b: 'skipped', c: 'passed' },
    ],
    [
      'entities',
      '<testsuite><testcase name="a &lt;&amp;&gt; &quot;b&quot;&#10;c&#x27;"/></testsuite>',
      { 'a <&> "b"\nc\'': 'passed' },
    ],
    [
      'numbers stay text',
      '<testsuite><testcase name="007" classname="1.10"/></testsuite>',
      { '1.10::007': 'passed' },
    ],
    [
      'the same twice',
      '<testsuite><testcase name="a"/><testcase name="a"><failure/></testcase></testsuite>',
      { a: 'passed', 'a#2': 'failed' },
    ],
    [
      'what a test printed',
      '<testsuite><testcase name="a"><system-out><![CDATA[<testcase name="forged"/>]]></system-out></testcase></testsuite>',
      { a: 'passed' },
    ],
  ])('%s', (_, xml, expected) => {
    const report = parse(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
    expect(outcomes(report)).toEqual(expected);
    expect(report.finished).toBe(true);
  });

  test('several files are one report; what is none, or is cut off, is passed over', () => {
    const whole = '<testsuite><testcase name="a"/></testsuite>';
    expect(outcomes(parse(whole, whole, '<html/>', 'no', ''))).toEqual({ a: 'passed', 'a#2': 'passed' });
    expect(parse('<testsuite><testcase name="a"/>')).toMatchObject({ cases: [], finished: false });
    expect(parse()).toMatchObject({ finished: false });
  });
});

describe('TAP', async () => {
  const [ava, tap] = await Promise.all([runnerOf('ava'), runnerOf('tap')]);
  const results = (text: string) => new Map([['report.tap', Buffer.from(text)]]);

  test('AVA names files by what they do not share', () => {
    const text = (prefix: (title: string) => string) => `TAP version 13
ok 1 - ${prefix('plain')}
not ok 2 - ${prefix('broken › more')}
  ---
    name: AssertionError
    message: 'not it'
  ...
ok 3 - ${prefix('later')} # SKIP
not ok 4 - ${prefix('never')} # TODO

1..4
`;
    const files = ['test/a/one.test.js', 'test/b/__tests__/one.js'];
    const two = ava.parse(results(text((title) => `a › one › ${title}`)), { ...request, files });
    expect(outcomes(two)).toEqual({
      'test/a/one.test.js::plain': 'passed',
      'test/a/one.test.js::broken › more': 'failed',
      'test/a/one.test.js::later': 'skipped',
      'test/a/one.test.js::never': 'skipped',
    });
    expect(two.cases[1]!.message).toContain('not it');
    const one = ava.parse(results(text((title) => title)), { ...request, files: [files[0]!] });
    expect(one).toEqual(two);
  });

  test('AVA tells of a file that does not load in place of tests', () => {
    const text = `TAP version 13
not ok 1 - Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'x'
  ---
    name: Error
    message: Cannot find module 'x'
  ...
not ok 2 - t/b.js exited with a non-zero exit code: 1
not ok 3 - No tests found in t/c.js
ok 4 - a › fine

1..1
`;
    const report = ava.parse(results(text), { ...request, files: ['t/a.js', 't/b.js', 't/c.js'] });
    expect(outcomes(report)).toEqual({ 't/a.js::fine': 'passed' });
    expect(report.loadErrors.map(({ file }) => file)).toEqual(['t/b.js', 't/c.js']);
  });

  test('tap counts the subtests of a file; a file that breaks as a whole did not load', () => {
    const text = `TAP version 13
# Subtest: test/a.js
    # Subtest: first
        ok 1 - inner
        1..1
    ok 1 - first # time=1ms
    # Subtest: second
        not ok 1 - inner
        1..1
    not ok 2 - second # time=1ms
    ok 3 - plain
    1..3
    # failed 1 of 3 tests
not ok 1 - test/a.js # time=9ms

not ok 2 - test/b.js # time=9ms
  ---
  exitCode: 1
  ...

ok 3 - test/plain.js # time=9ms

1..3
`;
    const report = tap.parse(results(text), request);
    expect(outcomes(report)).toEqual({
      'test/a.js::first': 'passed',
      'test/a.js::second': 'failed',
      'test/a.js::plain': 'passed',
      'test/b.js::': 'failed',
      'test/plain.js::': 'passed',
    });
    expect(report.loadErrors.map(({ file }) => file)).toEqual(['test/b.js']);
    expect(report.finished).toBe(true);
  });

  test('what is cut off did not finish', () => {
    expect(tap.parse(results('TAP version 13\nok 1 - a.js\n'), request).finished).toBe(false);
    expect(tap.parse(results('TAP version 13\n1..2\nok 1 - a.js\nBail out! no\n'), request).finished).toBe(
      false,
    );
  });
});

describe('go test -json', async () => {
  const go = await runnerOf('go');
  const parse = (...events: object[]) =>
    go.parse(
      new Map([['report.jsonl', Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'))]]),
      request,
    );
  const of = (Action: string, Test?: string, more: object = {}) => ({
    Action,
    Package: 'p',
    ...(Test && { Test }),
    ...more,
  });

  test('a test with subtests counts by them, and by itself where it alone failed', () => {
    const report = parse(
      of('run', 'TestA'),
      of('run', 'TestA/x'),
      of('pass', 'TestA/x'),
      of('run', 'TestA/y/z'),
      of('fail', 'TestA/y/z'),
      of('fail', 'TestA'),
      of('run', 'TestB'),
      of('run', 'TestB/x'),
      of('pass', 'TestB/x'),
      of('output', 'TestB', { Output: 'own fault' }),
      of('fail', 'TestB'),
      of('run', 'TestC'),
      of('skip', 'TestC'),
      of('output', undefined, { Output: 'FAIL\n' }),
      of('fail'),
    );
    expect(outcomes(report)).toEqual({
      'p::TestA/x': 'passed',
      'p::TestA/y/z': 'failed',
      'p::TestB/x': 'passed',
      'p::TestB': 'failed',
      'p::TestC': 'skipped',
    });
    expect(report.cases.find(({ id }) => id === 'p::TestB')?.message).toBe('own fault');
    expect(report).toMatchObject({ loadErrors: [], finished: true });
  });

  test('a panic fails what ran then, and says nothing of what had not begun', () => {
    const report = parse(
      of('run', 'TestA'),
      of('pass', 'TestA'),
      of('run', 'TestB'),
      of('run', 'TestB/x'),
      of('output', 'TestB/x', { Output: 'panic: no' }),
      of('fail'),
    );
    expect(outcomes(report)).toEqual({ 'p::TestA': 'passed', 'p::TestB/x': 'failed' });
    expect(report.finished).toBe(false);
    expect(report.loadErrors).toEqual([]);
  });

  test('a package that does not compile did not load, in new and in old versions', () => {
    const built = { ImportPath: 'p [p.test]', Action: 'build-output', Output: 'p.go:1: undefined: x\n' };
    expect(
      parse(built, { ...built, Action: 'build-fail' }, of('fail', undefined, { FailedBuild: 'p [p.test]' }))
        .loadErrors,
    ).toEqual([{ file: 'p', message: 'p.go:1: undefined: x\n' }]);
    expect(
      parse(of('output', undefined, { Output: 'FAIL p [build failed]\n' }), of('fail')).loadErrors,
    ).toEqual([{ file: 'p', message: 'FAIL p [build failed]\n' }]);
  });
});

describe('laws', () => {
  test.each(RUNNERS)('%s: whatever a report holds, it is read', async (name) => {
    const runner = await runnerOf(name);
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        '{"type":"end"}',
        'ok 1 - a',
        'not ok',
        '    ok',
        '1..1',
        '# Subtest: a',
        '<testsuite>',
        '</testsuite>',
        '<testcase name="a"/>',
        '{"Action":"run","Test":"a"}',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = Buffer.from(lines.join('\n'));
        const results = new Map(
          ['report.jsonl', 'report.json', 'report.tap', 'report.xml'].map((file) => [file, text]),
        );
        const { cases } = runner.parse(results, { ...request, plan: { ...request.plan, runner: name } });
        // No id stands for two tests.
        expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
      }),
    );
  });
});
