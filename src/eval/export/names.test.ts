import fc from 'fast-check';
import { expect, test } from 'vitest';
import { environmentName, slug, splitModel, uuidOf } from './names.ts';

test('whatever a name contains, its slug is one part of a path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(slug(text)).toMatch(/^[A-Za-z0-9_+][A-Za-z0-9._+-]{0,79}$/);
    }),
  );
  expect(slug('../../etc/passwd')).toBe('etc-passwd');
  expect(slug('…')).toBe('unnamed');
});

test('an environment is named by its files', () => {
  expect(environmentName('localize')).toBe('localize');
  expect(environmentName('/tmp/my tasks/first set.jsonl')).toBe('first-set');
  expect(environmentName('/a/one.jsonl /b/two.jsonl')).toBe('one+two');
});

test('a UUID is that of its parts, and they are not run together', () => {
  expect(uuidOf('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf('a', 'b')).toBe(uuidOf('a', 'b'));
  expect(uuidOf('a', 'b')).not.toBe(uuidOf('ab'));
});

test('a model is told from its provider', () => {
  expect(splitModel('openrouter/qwen/qwen3')).toEqual({ provider: 'openrouter', name: 'qwen/qwen3' });
  expect(splitModel('qwen3')).toEqual({ name: 'qwen3' });
});
