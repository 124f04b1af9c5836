import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countIdentifiers, pathTerms, queryTerms, termsOf } from './tokenize.ts';

test('an identifier gives itself and its parts, stemmed', () => {
  expect(termsOf('parseHTTPHeaders')).toEqual(['parsehttpheaders', 'pars', 'http', 'header']);
  expect(termsOf('read_blob_ids')).toEqual(['read_blob_ids', 'read', 'blob', 'id']);
  expect(termsOf('READ_BLOBS')).toEqual(['read_blobs', 'read', 'blob']);
  expect(termsOf('XMLHttpRequest')).toEqual(['xmlhttprequest', 'xml', 'http', 'request']);
  expect(termsOf('utf8Decoder')).toEqual(['utf8decoder', 'utf', 'decod']);
  expect(termsOf('routers')).toEqual(['router']);
  expect(termsOf('größe')).toEqual(expect.arrayContaining(['größe']));
  expect(termsOf('_')).toEqual([]);
});

test('words of one family share a term', () => {
  for (const word of ['connect', 'connected', 'connecting', 'connection', 'Connections']) {
    expect(termsOf(word)).toEqual(['connect']);
  }
});

test('terms are lower case, not empty, and named once', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^\w{0,40}$/)), (text) => {
      const terms = [...countIdentifiers(text).keys()].flatMap((one) => {
        const found = termsOf(one);
        expect(new Set(found).size).toBe(found.length);
        return found;
      });
      for (const term of [...terms, ...queryTerms(text).keys()]) {
        expect(term).not.toBe('');
        expect(term).toBe(term.toLowerCase());
      }
    }),
    { numRuns: 100 },
  );
});

test('a question counts what it says and leaves out what says nothing', () => {
  const terms = queryTerms('Fix the bug: the Router should use routers again, in `parseRoute`');
  expect(Object.fromEntries(terms)).toEqual({ router: 2, parseroute: 1, pars: 1, rout: 1 });
});

test('identifiers are counted; data and single letters are not', () => {
  const counts = countIdentifiers(`a foo foo x.foo bar_1 ${'z'.repeat(49)} 12 日本語`);
  expect(Object.fromEntries(counts)).toEqual({ foo: 3, bar_1: 1, 日本語: 1 });
});

test('a path has terms for its folders and its name, without the extension', () => {
  const { folders, name } = pathTerms('src/git-store/readBlobs.test.ts');
  expect(folders).toEqual(['src', 'git', 'store']);
  expect(name).toEqual(['readblobs', 'read', 'blob']);
  expect(pathTerms('.eslintrc.js').name).toEqual(['eslintrc']);
  expect(pathTerms('Makefile')).toEqual({ folders: [], name: ['makefil'] });
});

test('a text of one huge line is read', () => {
  for (const part of ['aB', 'a_', 'A', 'a ', '日', '1a']) queryTerms(part.repeat(100_000));
});
