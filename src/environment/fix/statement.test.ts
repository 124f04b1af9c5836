import { expect, test } from 'vitest';
import { addedLines, codeIn, fixStatement } from './statement.ts';

const PATCH = `diff --git a/a.js b/a.js
--- a/a.js
+++ b/a.js
@@ -1 +1,3 @@
+  return text.trim().replaceAll('a', 'b');
+  // words of a comment that anybody could say
+}
`;

test('lines of the patch are taken out of a statement, wherever they stand in it', () => {
  const code = "return text.trim().replaceAll('a', 'b');";
  for (const message of [
    `Trim at last\n\n    ${code}\n\nAnd more words.`,
    `Trim at last\n\n\`\`\`\n${code}\n\`\`\`\n\nAnd more words.`,
    `Trim at last\n\nUse \`${code}\` for blanks. And more words.`,
  ]) {
    const statement = fixStatement(message, ['a.js'], PATCH, []);
    expect(statement).toContain('Trim at last');
    expect(statement).toContain('And more words.');
    expect(statement).not.toContain('replaceAll');
    expect(codeIn(statement, addedLines(PATCH))).toEqual([]);
    expect(codeIn(message, addedLines(PATCH))).toEqual([code]);
  }
  const logged = fixStatement('Trim', [], PATCH, [`- Use \`${code}\` everywhere`, '- Blanks are gone']);
  expect(logged).toContain('Blanks are gone');
  expect(logged).not.toContain('replaceAll');
});

test('prose that a comment of the patch says as well is no code', () => {
  const message = 'Say it\n\nThese are words of a comment that anybody could say.';
  expect(fixStatement(message, [], PATCH.replace('// words', 'words'), [])).toContain('anybody could say');
});
