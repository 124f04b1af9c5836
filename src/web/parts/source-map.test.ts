import fc from 'fast-check';
import { Marked, type Token, type Tokens } from 'marked';
import { expect, test } from 'vitest';
import { offsetsOf, place } from './source-map.ts';

const marked = new Marked({ gfm: true });

/** What is shown of a text, with where it comes from. */
function placed(source: string): { text: string; at: number }[] {
  const tokens = marked.lexer(source);
  place(tokens, source);
  const found: { text: string; at: number }[] = [];
  const walk = (token: Token & { at?: number }) => {
    if (token.at !== undefined) found.push({ text: (token as Tokens.Text).text, at: token.at });
  };
  marked.walkTokens(tokens, walk);
  return found.sort((a, b) => a.at - b.at);
}

test('each word is where it stands in the source, whatever stands around it', () => {
  const source = `# The *plan* of plan

- [x] do **the plan** &amp; the
  plan again
  - the \`plan\`

    > plan, [the plan](https://the.plan/the-plan) plan

| plan | the |
|------|-----|
| the  | \`plan\` |

1. plan \\* the
   the plan

\`\`\`ts
const plan = the;
\`\`\`

    indented plan

<details>plan</details>
`;
  for (const { text, at } of placed(source)) {
    const offsets = offsetsOf(source, at, text);
    expect([...text].filter((sign) => !/\s/.test(sign)).join(''), text).toBe(
      offsets
        .map((offset) => source[offset]!)
        .filter((_, index) => !/\s/.test(text[index]!))
        .join(''),
    );
  }
  const plans = placed(source).flatMap(({ text, at }) =>
    [...text.matchAll(/plan/g)].map(({ index }) => offsetsOf(source, at, text)[index]!),
  );
  const real = [...source.matchAll(/plan/g)].map(({ index }) => index);
  const inAddress = [source.indexOf('the.plan/') + 4, source.indexOf('the-plan)') + 4];
  expect(plans).toEqual(real.filter((at) => !inAddress.includes(at)));
});

test('what is shown is found in order, in the source, for any text', () => {
  const piece = fc.constantFrom(
    'a',
    'b c',
    '**',
    '*',
    '`',
    '\n',
    '\n\n',
    '- ',
    '> ',
    '1. ',
    '# ',
    '[a](b)',
    '| a |',
    '&lt;',
    '\\*',
    '    ',
    '```\n',
    '<b>',
    '![a](b)',
    '[x] ',
    '---\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const source = pieces.join('');
      for (const { text, at } of placed(source)) {
        const offsets = offsetsOf(source, at, text);
        expect(offsets).toHaveLength(text.length);
        expect([...offsets].sort((a, b) => a - b)).toEqual(offsets);
        for (const offset of offsets) {
          expect(offset).toBeGreaterThanOrEqual(at);
          expect(offset).toBeLessThanOrEqual(source.length);
        }
      }
    }),
  );
});
