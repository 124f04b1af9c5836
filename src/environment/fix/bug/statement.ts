import type { TestCase } from '../../../project/index.ts';

const MAX_TESTS = 3;
const MAX_LINES = 8;

/** Where in the code something happened: the answer, or close to it. */
const PLACE =
  /\(?(?:file:\/\/)?(?:[\w@.+-]*\/)*[\w@.+-]+\.(?:[cm]?[jt]sx?|py|go|rs|java|c|cc|cpp|h)(?::\d+(?::\d+)?|", line \d+)\)?:?/g;

/**
 * What is asked for where a bug was put in: what failing tests assert, as somebody would report it who has seen them
 * fail and has not looked into the code.
 */
export function bugStatement(failing: readonly TestCase[]): string {
  const told = onePerAssertion(failing).map(([test, said]) => {
    return `${test.id}${said === '' ? '' : `\n\n${said.replace(/^(?=.)/gm, '    ')}`}`;
  });
  const more = failing.length - told.length;
  const head =
    failing.length === 1
      ? 'A test fails that used to pass:'
      : `${failing.length} tests fail that used to pass:`;
  return [
    head,
    ...told.map((text) => `- ${text}`),
    ...(more > 0 ? [`and ${more} more.`] : []),
    'Find the cause in the code and mend it.',
  ].join('\n\n');
}

/** Tests that say the same of their failure are told of once. */
function onePerAssertion(failing: readonly TestCase[]): [TestCase, string][] {
  const told = new Map<string, [TestCase, string]>();
  for (const test of failing) {
    const said = assertionOf(test.message ?? '');
    if (!told.has(said)) told.set(said, [test, said]);
  }
  return [...told.values()].slice(0, MAX_TESTS);
}

/** Of what a runner prints of a failure the assertion: no stack, no place in the code. */
export function assertionOf(message: string): string {
  const lines = message.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  const pytest = lines.filter((line) => /^E\s/.test(line)).map((line) => line.replace(/^E\s{1,3}/, ''));
  const kept: string[] = [];
  for (const line of pytest.length > 0 ? pytest : lines) {
    // A stack begins: what comes after it is where, not what.
    if (
      /^\s+at\s|^Traceback|^\s*File "|^goroutine \d|^\s*panicked at|^note: run with|^stack backtrace/.test(
        line,
      )
    ) {
      if (kept.length > 0 && !/^Traceback/.test(line)) break;
      continue;
    }
    if (/^(?:=== RUN|--- FAIL|=== PAUSE|=== CONT|\s*$)/.test(line) && kept.length === 0) continue;
    kept.push(line.replace(PLACE, '').trimEnd());
    if (kept.length === MAX_LINES) break;
  }
  // Python's unittest puts the assertion last.
  const last = /^Traceback/.test(message)
    ? lines.filter((line) => /^\w[\w.]*(?:Error|Exception|Failure)\b/.test(line))
    : [];
  return dedented(last.length > 0 ? last : kept)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function dedented(lines: readonly string[]): string[] {
  const [first = '', ...rest] = lines;
  const indents = rest
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return [first.trimStart(), ...rest.map((line) => line.slice(common))];
}
