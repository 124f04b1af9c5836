import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasInlineTests, withInlineTestsOf, withoutInlineTests } from './inline-tests.ts';

const SOURCE = "pub fn first<'a>(text: &'a str) -> Option<char> {\n    text.chars().find(|c| *c != '}')\n}";
const MODULE = (name: string) => `#[cfg(test)]
mod ${name} {
    use super::*;
    // A brace in a comment: }
    #[test]
    fn it_works() {
        let raw = r#"a " and a }"#;
        assert_eq!(first("}{a"), Some('{'), "{raw} \\"}}\\"");
    }
}`;

test.each([
  '#[cfg(test)]\nmod tests {\n}',
  '#[cfg(any(test, feature = "mocks"))]\npub(crate) mod tests {\n}',
  '#[cfg(all(test, unix))]\n#[allow(dead_code)]\nmod tests {\n}',
  MODULE('tests'),
])('a module of tests is none of the source', (module) => {
  const whole = `${SOURCE}\n\n${module}\n`;
  expect(hasInlineTests(whole)).toBe(true);
  expect(withoutInlineTests(whole)).toBe(SOURCE);
  expect(withInlineTestsOf(SOURCE, whole)).toBe(whole);
});

test('source that is no module of tests is source', () => {
  for (const source of [
    SOURCE,
    '#[cfg(not(test))]\nmod real {\n}',
    '#[cfg(feature = "x")]\nmod x {\n}',
    'mod tests;',
  ]) {
    expect(hasInlineTests(source)).toBe(false);
    expect(withoutInlineTests(source)).toBe(source);
  }
});

test('taking the tests of another twice is taking them once, and those of its own changes nothing', () => {
  const item = fc.constantFrom(
    SOURCE,
    MODULE('a'),
    MODULE('b'),
    "const BRACE: char = '{';",
    '// }',
    'static S: &str = r"}";',
  );
  const file = fc.array(item, { maxLength: 6 }).map((items) => `${items.join('\n\n')}\n`);
  fc.assert(
    fc.property(file, file, (own, other) => {
      const once = withInlineTestsOf(own, other);
      expect(withInlineTestsOf(once, other)).toBe(once);
      expect(withoutInlineTests(once)).toBe(withoutInlineTests(own));
    }),
  );
});
