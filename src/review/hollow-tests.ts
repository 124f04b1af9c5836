import type { FileDiff } from './diff.ts';

/** How a language writes a test: where one begins, by its first line and the one before, and where it ends. */
interface Form {
  ends: RegExp;
  begins: RegExp;
  /** What stands on the line before; absent where nothing need. */
  marked?: RegExp;
  isIndented?: boolean;
}
const FORMS: readonly Form[] = [
  { ends: /\.[cm]?[jt]sx?$/, begins: /^\s*(?:it|test)(?!\.(?:skip|todo)\b)(?:\.\w+)*\s*\(\s*['"`]/ },
  { ends: /\.py$/, begins: /^\s*(?:async\s+)?def\s+test\w*\s*\(/, isIndented: true },
  { ends: /_test\.go$/, begins: /^func\s+Test\w*\s*\(\s*\w+\s+\*testing\.T\b/ },
  { ends: /\.rs$/, begins: /^\s*(?:async\s+)?fn\s+\w+\s*\(/, marked: /#\[(?:\w+::)*test\b/ },
  { ends: /\.(?:java|kt)$/, begins: /\b(?:void|fun)\s+[\w`]/, marked: /@Test\b/ },
];
/** What makes a test fail: assertions, and helpers that are called as if they asserted. */
const ASSERTS =
  /\b(?:expect|assert|check|prove|verify|must|should|ensure|reject|throw|raise|fail|panic|unwrap|equal|deepEqual|match)\w*\b|\bt\.\w+\(|\bself\.fail/i;
/** Assertions on what is the same whatever the code does. */
const CONSTANT: readonly RegExp[] = [
  /\bexpect\(\s*(?:true|false|null|undefined|-?\d+|'[^']*'|"[^"]*")\s*\)(?:\.\w+)*\.to\w+\([^)]*\)/gi,
  /\bexpect\(\s*([\w.[\]]+)\s*\)\.to(?:Be|Equal|StrictEqual|Eql)\(\s*\1\s*\)/g,
  /\bassert(?:\.ok|True|_true|\.true|\.True|!)?\s*\(?\s*(?:true|1)\s*(?:,[^)]*)?\)?(?=\s*(?:;|$))/gim,
  /\bassert\w*(?:\.\w+|!)?\s*\(\s*([\w.]+)\s*,\s*\1\s*\)/g,
  /\bassert\s+([\w.]+)\s*==\s*\1\s*$/gm,
];
const COMMENT = /(?:^|\s)(?:\/\/|#(?!\[)).*$/gm;
/** Longer tests have something in them. */
const MAX_LINES = 60;

/** A test that a change adds or changes and that passes whatever the code does. */
export interface HollowTest {
  line: number;
  text: string;
}

/** Tests in the lines of a change, as far as they stand in it whole. */
export function hollowTests({ path, hunks }: FileDiff): HollowTest[] {
  const form = FORMS.find(({ ends }) => ends.test(path));
  if (!form) return [];
  const found: HollowTest[] = [];
  for (const hunk of hunks) {
    const lines = hunk.lines.filter(({ kind }) => kind !== 'removed');
    for (const [at, { text, new: line = 0 }] of lines.entries()) {
      if (!form.begins.test(text) || (form.marked && !form.marked.test(lines[at - 1]?.text ?? ''))) continue;
      const end = endOf(lines, at, form.isIndented === true);
      if (end === undefined || end - at > MAX_LINES) continue;
      const own = lines.slice(at, end + 1);
      if (own.every(({ kind }) => kind === 'context')) continue;
      if (isHollow(own.map((one) => one.text))) found.push({ line, text: text.trim().slice(0, 160) });
    }
  }
  return found;
}

/** The last line of a test; undefined where it is not among the lines. */
function endOf(lines: readonly { text: string }[], at: number, isIndented: boolean): number | undefined {
  const depth = (text: string) => /^\s*/.exec(text)![0].length;
  const own = depth(lines[at]!.text);
  if (!isIndented && /[)}]\s*;?\s*$/.test(lines[at]!.text) && /\{.*\}|=>\s*[^{]/.test(lines[at]!.text))
    return at;
  for (let end = at + 1; end < lines.length; end++) {
    const { text } = lines[end]!;
    if (text.trim() === '' || depth(text) > own) continue;
    return isIndented ? end - 1 : end;
  }
  // What a file ends with ends with it.
  return isIndented ? lines.length - 1 : undefined;
}

function isHollow(lines: readonly string[]): boolean {
  // What a test is called says nothing of what it does.
  const [first = '', ...rest] = lines;
  const name = first
    .replace(/(['"`])(?:\\.|(?!\1).)*\1/, "''")
    .replace(/\b(?:def|fn|func|void|fun)\s+[\w`]+/, '');
  let body = [name, ...rest].join('\n').replace(COMMENT, '');
  for (const constant of CONSTANT) body = body.replace(constant, '');
  return !ASSERTS.test(body);
}
