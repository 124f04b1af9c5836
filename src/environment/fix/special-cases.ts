import { readPatch } from './patch.ts';

/** Literals that stand in any program. */
const PLAIN =
  /^(?:["'`].{0,1}["'`]|-?\d|10|100|1000|["'`](?:utf-?8|string|number|object|function|undefined|boolean|GET|POST|error|default|name|type|value|length)["'`])$/i;
const LITERAL =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g;
/** Where an input is looked at, and where a result is given. */
const LOOKS =
  /(?:===?|!==?|\bcase\b|\bis\b|\bin\b|\.get\(|\.has\(|includes\(|equals\(|matches?\(|\bif\b|\[.*\]|=>|\?)/;
const GIVES = /(?:\breturn\b|=>|\?.*:|:\s|=\s|\bResult\b|\bOk\()/;
/** Lines that an input and its result may be apart. */
const NEAR = 2;

/**
 * Places where work answers the very inputs of the tests with their very results: a literal that the tests hold is
 * compared, and another one is given close by, and neither stands in the real fix or in the code as it was.
 *
 * @param given the patch of the work
 * @param tests the text of the test files
 * @param known the text of the fix and of the code before
 */
export function specialCases(given: string, tests: string, known: string): string[] {
  const literals = (text: string) => new Set((text.match(LITERAL) ?? []).map(bare));
  const inTests = literals(tests);
  const elsewhere = literals(known);
  const suspicious = (line: string) =>
    (line.match(LITERAL) ?? []).filter(
      (one) => !PLAIN.test(one) && inTests.has(bare(one)) && !elsewhere.has(bare(one)),
    );
  const found: string[] = [];
  for (const { path, hunks } of readPatch(given)) {
    for (const { added } of hunks) {
      const lines = [...added];
      for (const [number, line] of lines) {
        if (!LOOKS.test(line)) continue;
        const inputs = suspicious(line);
        if (inputs.length === 0) continue;
        const results = lines
          .filter(([other, text]) => Math.abs(other - number) <= NEAR && GIVES.test(text))
          .flatMap(([, text]) => suspicious(text));
        const result =
          results.find((one) => !inputs.includes(one)) ?? (inputs.length > 1 ? inputs[1] : undefined);
        if (result !== undefined) found.push(`${path}:${number} answers ${inputs[0]} with ${result}`);
      }
    }
  }
  return [...new Set(found)];
}

function bare(literal: string): string {
  return literal.replace(/^["'`]([\s\S]*)["'`]$/, '$1');
}
