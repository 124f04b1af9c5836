/** A module of tests in a Rust file. */
interface Block {
  start: number;
  end: number;
  text: string;
}

const ATTRIBUTE =
  /#\[cfg\((?:test|(?:all|any)\(test[^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{/g;

/**
 * The test modules of a Rust source (`#[cfg(test)] mod … { … }`): tests that no path tells from source.
 */
function testBlocks(source: string): Block[] {
  const blocks: Block[] = [];
  for (const match of source.matchAll(ATTRIBUTE)) {
    if (blocks.at(-1) && match.index < blocks.at(-1)!.end) continue;
    const end = closingBrace(source, match.index + match[0].length);
    if (end === undefined) continue;
    blocks.push({ start: match.index, end, text: source.slice(match.index, end) });
  }
  return blocks;
}

/** Where the block ends whose brace has just been opened; strings, characters and comments are passed over. */
function closingBrace(source: string, from: number): number | undefined {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|r(#*)"[\s\S]*?"\1|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\(?:[nrt\\0'"]|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}))'|[{}]/g;
  token.lastIndex = from;
  let depth = 1;
  for (let match = token.exec(source); match; match = token.exec(source)) {
    if (match[0] === '{') depth++;
    else if (match[0] === '}' && --depth === 0) return match.index + 1;
  }
  return undefined;
}

/** Whether a Rust source holds test modules. */
export function hasInlineTests(source: string): boolean {
  return testBlocks(source).length > 0;
}

/** A Rust source without its test modules. */
export function withoutInlineTests(source: string): string {
  let left = '';
  let at = 0;
  for (const { start, end } of testBlocks(source)) {
    left += source.slice(at, start);
    at = end;
  }
  return (left + source.slice(at)).trimEnd();
}

/** A Rust source with the test modules of another in place of its own. */
export function withInlineTestsOf(source: string, other: string): string {
  const tests = testBlocks(other).map(({ text }) => text);
  return `${[withoutInlineTests(source), ...tests].join('\n\n')}\n`;
}
