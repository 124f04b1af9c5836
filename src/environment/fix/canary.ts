import { createHash } from 'node:crypto';
import type { RunnerName } from '../../project/index.ts';

/** A test that must fail, put into a test file. */
export interface Canary {
  source: string;
  /** Whether a test's id is the canary's. */
  is(id: string): boolean;
}

const VERBS = ['handles', 'keeps', 'accepts', 'returns', 'ignores', 'parses', 'updates', 'restores'];
const NOUNS = ['empty', 'nested', 'default', 'missing', 'repeated', 'mixed', 'large', 'partial'];

/**
 * A test file with one more test at its end, which must fail by the file's own way of asserting. Work that makes
 * assertions pass, ends the runner early or writes the report makes it pass or vanish as well. Its name is not known
 * before and looks like any other.
 *
 * @param seed makes the name; the same for the same seed
 * @returns undefined where nobody knows how to write one
 */
export function withCanary(
  runner: RunnerName,
  path: string,
  source: string,
  seed: string,
): Canary | undefined {
  const digest = createHash('sha256').update(`${seed}\0${path}`).digest();
  const words = [
    VERBS[digest[0]! % VERBS.length]!,
    NOUNS[digest[1]! % NOUNS.length]!,
    'values',
    digest.readUInt16BE(2).toString(36),
  ];
  const text = testFor(runner, source, words);
  if (text === undefined) return undefined;
  const names = [
    words.join(' '),
    words.join('_'),
    words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(''),
  ];
  return { source: `${source.trimEnd()}\n${text}`, is: (id) => names.some((name) => id.includes(name)) };
}

function testFor(runner: RunnerName, source: string, words: readonly string[]): string | undefined {
  const title = words.join(' ');
  const name = words.join('_');
  switch (runner) {
    case 'node:test':
    case 'mocha':
    case 'jest':
    case 'vitest':
      return javaScriptTest(runner, source, title);
    case 'tape': {
      const test = /(?<![\w.])(?:test|tape)\s*\(/.exec(source)?.[0];
      return test === undefined
        ? undefined
        : `\n${test}'${title}', function (t) {\n  t.deepEqual([1], [2]);\n  t.end();\n});\n`;
    }
    case 'ava':
      return /\btest\b/.test(source)
        ? `\ntest('${title}', t => {\n\tt.deepEqual([1], [2]);\n});\n`
        : undefined;
    case 'tap': {
      const test = /\b(?:t|tap)\.test\s*\(/.exec(source)?.[0] ?? /(?<![\w.])test\s*\(/.exec(source)?.[0];
      return test === undefined
        ? undefined
        : `\n${test}'${title}', (t) => {\n  t.same([1], [2]);\n  t.end();\n});\n`;
    }
    case 'pytest':
      return `\n\ndef test_${name}():\n    assert [1] == [2]\n`;
    case 'unittest': {
      // After a main guard nothing is run; imported as a module, everything is defined.
      return `\n\nimport unittest as _unittest\n\n\nclass Test${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}(_unittest.TestCase):\n    def test_${name}(self):\n        self.assertEqual([1], [2])\n`;
    }
    case 'go':
      return /"testing"/.test(source)
        ? `\nfunc Test${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}(t *testing.T) {\n\tt.Errorf("got %v, want %v", 1, 2)\n}\n`
        : undefined;
    case 'cargo':
    case 'nextest':
      return `\n#[cfg(test)]\nmod ${name} {\n    #[test]\n    fn ${name}() {\n        assert_eq!(vec![1], vec![2]);\n    }\n}\n`;
    default:
      return undefined;
  }
}

function javaScriptTest(runner: RunnerName, source: string, title: string): string | undefined {
  const test =
    runner === 'node:test'
      ? (/(?<![\w.$])(test|it)\s*(?:\.\w+)?\s*\(/.exec(source)?.[1] ?? undefined)
      : /(?<![\w.$])it\s*(?:\.\w+)?\s*\(/.test(source)
        ? 'it'
        : /(?<![\w.$])test\s*(?:\.\w+)?\s*\(/.test(source)
          ? 'test'
          : undefined;
  if (test === undefined) return undefined;
  return `\n${test}('${title}', () => {\n  ${failingAssertion(runner, source)}\n});\n`;
}

function failingAssertion(runner: RunnerName, source: string): string {
  const has = (name: string) => new RegExp(`(?<![\\w.$])${name}\\b`).test(source);
  if ((runner === 'jest' || runner === 'vitest') && has('expect')) return 'expect([1]).toEqual([2]);';
  if (has('expect') && /\.to\.(?:be|equal|deep|have|eql)/.test(source))
    return 'expect([1]).to.deep.equal([2]);';
  if (has('expect')) return 'expect([1]).toEqual([2]);';
  if (/(?<![\w.$])assert\s*\.\s*deepEqual\b/.test(source)) return 'assert.deepEqual([1], [2]);';
  if (/(?<![\w.$])assert\s*\.\s*\w*[eE]qual\b/.test(source)) return 'assert.equal(1, 2);';
  if (/(?<![\w.$])assert\s*\.\s*ok\b/.test(source)) return 'assert.ok(false);';
  if (/(?<![\w.$])assert\s*\(/.test(source)) return 'assert(false);';
  return "throw new Error('1 is not 2');";
}
