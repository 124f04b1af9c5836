import { createRepository, type TestRepository } from './repository.ts';

const SLUG = (body: string) => `${body}
export function titleOf(slug) {
  return slug.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join(' ');
}
`;

const FIRST = SLUG(`export function slugOf(title) {
  return title.toLowerCase().replace(/ /g, '-');
}`);
const TRIMMED = SLUG(`export function slugOf(title) {
  const words = title.toLowerCase().split(/[^a-z0-9]+/);
  const kept = words.filter((word) => word !== '');
  if (kept.length === 0) return 'untitled';
  return kept.join('-');
}`);

const TESTS = (more: string, names = 'slugOf, titleOf') => `import assert from 'node:assert';
import { describe, test } from 'node:test';
import { ${names} } from '../src/slug.js';

describe('slugOf', () => {
  test('joins words', () => {
    assert.equal(slugOf('One Two'), 'one-two');
  });
${more}});

test('titleOf gives words back', () => {
  assert.equal(titleOf('one-two'), 'One Two');
});
`;
const MORE = `  test('drops what is no letter', () => {
    assert.equal(slugOf('Hello, World!'), 'hello-world');
    assert.equal(slugOf('  a -- b '), 'a-b');
  });
  test('has a name for nothing', () => {
    assert.equal(slugOf('?!'), 'untitled');
  });
`;

export const MESSAGE = `Slugs hold letters and digits only

Punctuation and repeated blanks went into addresses as they were. They separate words now,
and a title without any word is called untitled.`;

/** A small library with node:test and no dependencies, whose history holds every kind of change. */
export function createSlugs(path?: string): TestRepository & { commits: Record<string, string> } {
  const repository = createRepository([], path);
  const commits: Record<string, string> = {};
  const add = (name: string, message: string, files: Record<string, string | null>, author?: string) => {
    commits[name] = repository.commit({ message, files, ...(author !== undefined && { author }) });
  };
  const pkg = { name: 'slugs', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } };
  const file = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  add('first', 'A library that makes slugs of titles', {
    'package.json': file(pkg),
    'src/slug.js': FIRST,
    'test/slug.test.js': TESTS(''),
  });
  add('fix', MESSAGE, { 'src/slug.js': TRIMMED, 'test/slug.test.js': TESTS(MORE) });
  add('docs', 'Say in the readme what a slug is for', { 'README.md': '# slugs\n' });
  add('untested', 'Make slugs a little faster for long titles', { 'src/slug.js': `${TRIMMED}// fast\n` });
  add('passing', 'Test what titles without words become', {
    'src/slug.js': `${TRIMMED}// faster\n`,
    'test/slug.test.js': TESTS(MORE).replace('a -- b', 'a --- b'),
  });
  add('renamed', 'Call titleOf by a better name everywhere', {
    'src/slug.js': TRIMMED.replaceAll('titleOf', 'toTitle'),
    'test/slug.test.js': TESTS(MORE, 'slugOf, toTitle')
      .replaceAll('titleOf', 'toTitle')
      .replace("test('toTitle", "test('titleOf"),
  });
  const renamed = TESTS(MORE, 'slugOf, toTitle')
    .replaceAll('titleOf', 'toTitle')
    .replace("test('toTitle", "test('titleOf");
  add('moved', 'Everything can be had from the main module', {
    'src/main.js': "export * from './slug.js';\n",
    'test/slug.test.js': renamed.replace('src/slug.js', 'src/main.js'),
  });
  add(
    'bot',
    'Bump the version of something we need',
    {
      'src/slug.js': `${TRIMMED.replaceAll('titleOf', 'toTitle')}// bot\n`,
      'test/slug.test.js': TESTS(MORE, 'slugOf, toTitle').replaceAll('titleOf', 'toTitle'),
    },
    'dependabot[bot] <bot@example.com>',
  );
  add('version', '1.1.0', { 'package.json': file({ ...pkg, version: '1.1.0' }) });
  return { ...repository, commits };
}
