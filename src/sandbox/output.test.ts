import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { OutputCollector } from './output.ts';

const chunks = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
);

function collect(given: readonly Buffer[], bound: number, file?: string) {
  const collector = new OutputCollector(bound, file);
  for (const chunk of given) collector.push(chunk);
  return { collector, text: collector.finish() };
}

test('whatever the chunks and the bound, head and tail are exact, the cut is counted, the file is complete', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'output');
  fc.assert(
    fc.property(chunks, fc.nat(80), fc.boolean(), (given, bound, withFile) => {
      rmSync(file, { force: true });
      const all = Buffer.concat(given);
      const half = Math.max(1, Math.floor(bound / 2));
      const { collector, text } = collect(given, bound, withFile ? file : undefined);
      expect(collector.bytes).toBe(all.length);
      if (all.length <= 2 * half) {
        expect(text).toBe(all.toString('utf8'));
        expect(collector.outputFile).toBeUndefined();
        expect(existsSync(file)).toBe(false);
        return;
      }
      const note = `[… ${all.length - 2 * half} bytes cut …]`;
      expect(text).toBe(`${all.subarray(0, half)}\n${note}\n${all.subarray(-half)}`);
      expect(collector.outputFile).toBe(withFile ? file : undefined);
      expect(existsSync(file) ? readFileSync(file) : undefined).toEqual(withFile ? all : undefined);
    }),
    { numRuns: 300 },
  );
});

test('a file that cannot be opened costs only the file', () => {
  const missing = join(temporaryFolder(), 'no such folder', 'output');
  fc.assert(
    fc.property(chunks, fc.nat(80), (given, bound) => {
      const { collector, text } = collect(given, bound, missing);
      expect(text).toBe(collect(given, bound).text);
      expect(collector.outputFile).toBeUndefined();
    }),
  );
});

test('a disk that is full costs only the file', () => {
  const { collector, text } = collect([Buffer.alloc(100, 'a'), Buffer.alloc(100, 'b')], 20, '/dev/full');
  expect(text).toBe('aaaaaaaaaa\n[… 180 bytes cut …]\nbbbbbbbbbb');
  expect(collector.outputFile).toBeUndefined();
});

test('what is kept in memory does not grow with the output', async () => {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const held = () => {
    gc();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  const collector = new OutputCollector(64 * 1024);
  for (let i = 0; i < 100; i++) collector.push(Buffer.alloc(1024 * 1024, 'x'));
  for (let i = 0; i < 100_000; i++) collector.push(Buffer.from('a few bytes\n'));
  // What is garbage is freed by another thread, a little later.
  await expect.poll(() => held() - before).toBeLessThan(4 * 1024 * 1024);
  expect(collector.finish().length).toBeLessThan(64 * 1024 + 100);
});
