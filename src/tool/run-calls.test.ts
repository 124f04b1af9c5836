import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { toolState } from '../../test/support/tool-state.ts';
import { openSandbox } from '../sandbox/index.ts';
import { type PendingCall, runCalls } from './run-calls.ts';
import { type Access, clash, success, type Tool, type ToolContext } from './tool.ts';

async function contextIn(root: string, signal = new AbortController().signal): Promise<ToolContext> {
  return {
    sandbox: await openSandbox('danger-full-access', { root }),
    signal,
    newOutputFile: () => join(root, 'output'),
    ...toolState(),
  };
}

const observer = { started: async () => {}, ended: async () => {} };

const stepSchema = z.object({ id: z.int(), reads: z.string().optional(), writes: z.string().optional() });
type Step = z.infer<typeof stepSchema>;

/** A tool that touches what it is told to, and notes which calls run at the same time. */
function recorder() {
  const active = new Set<number>();
  const together: [number, number][] = [];
  const order: number[] = [];
  const tool: Tool<Step> = {
    name: 'step',
    kind: 'other',
    description: '',
    input: stepSchema,
    access: ({ reads, writes }) => ({ ...(reads && { reads }), ...(writes && { writes }) }),
    async run({ id }) {
      for (const other of active) together.push([other, id]);
      active.add(id);
      order.push(id);
      for (let i = 0; i < 1 + (id % 3); i++) await turn();
      active.delete(id);
      return success(String(id));
    },
  };
  return { tools: new Map<string, Tool>([['step', tool as Tool]]), together, order };
}

const call = (input: Record<string, unknown>, tool = 'step'): PendingCall => ({ callId: 'c', tool, input });

test('results come in the order of the calls; calls that clash never overlap and keep their order', async () => {
  const context = await contextIn(temporaryFolder());
  const path = fc.constantFrom('a', 'b', 'c', '*');
  const access = fc.record({ reads: path, writes: path }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.array(access, { maxLength: 8 }), async (accesses: Access[]) => {
      const { tools, together, order } = recorder();
      const calls = accesses.map((one, id) => call({ id, ...one }));
      const results = await runCalls(calls, tools, context, observer);
      expect(results.map(({ output }) => output)).toEqual(accesses.map((_, id) => String(id)));
      for (const [a, b] of together) expect(clash(accesses[a]!, accesses[b]!)).toBe(false);
      for (const [b, second] of accesses.entries()) {
        for (const [a, first] of accesses.slice(0, b).entries()) {
          if (clash(first, second)) expect(order.indexOf(a)).toBeLessThan(order.indexOf(b));
        }
      }
    }),
  );
});

test('calls that touch different files, or only read, run at once', async () => {
  const { tools, together } = recorder();
  const accesses: Access[] = [{ writes: 'a' }, { writes: 'b' }, { reads: 'c' }, { reads: 'c' }, {}];
  await runCalls(
    accesses.map((one, id) => call({ id, ...one })),
    tools,
    await contextIn(temporaryFolder()),
    observer,
  );
  expect(together).toHaveLength(10);
});

test('calls clash by the file, however it is named', async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'a'), '');
  symlinkSync('a', join(root, 'link'));
  const { tools, together, order } = recorder();
  const names = ['a', './a', 'x/../a', join(root, 'a'), 'link'];
  await runCalls(
    names.map((writes, id) => call({ id, writes })),
    tools,
    await contextIn(root),
    observer,
  );
  expect(together).toEqual([]);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test.each([
  [
    'arguments that are no JSON',
    { callId: 'c', tool: 'step', malformed: '{"id":' },
    /^Not run: the arguments were not/,
  ],
  ['a tool that is not there', call({ id: 1 }, 'stp'), 'There is no tool stp. The tools are: step.'],
  ['a wrong type', call({ id: 'one' }), /^Not run: id: .*number/],
  ['a missing argument', call({}), /^Not run: id: /],
])('a call with %s does not run, and the others do', async (_, wrong: PendingCall, said) => {
  const { tools, order } = recorder();
  const calls = [wrong, call({ id: 7 })];
  const results = await runCalls(calls, tools, await contextIn(temporaryFolder()), observer);
  expect(results).toEqual([
    { ok: false, output: typeof said === 'string' ? said : expect.stringMatching(said) },
    { ok: true, output: '7' },
  ]);
  expect(order).toEqual([7]);
});

test.each([
  ['an error', new Error('it broke'), 'it broke'],
  ['something else', 'a text', 'a text'],
])('a tool that throws %s becomes a failure, and what waited for it runs', async (_, thrown, said) => {
  const { tools, order } = recorder();
  const broken: Tool = {
    name: 'broken',
    kind: 'other',
    description: '',
    input: z.unknown(),
    access: () => ({ writes: '*' }),
    run: () => Promise.reject(thrown),
  };
  tools.set('broken', broken);
  const calls = [call({}, 'broken'), call({ id: 1, writes: 'a' })];
  const results = await runCalls(calls, tools, await contextIn(temporaryFolder()), observer);
  expect(results).toEqual([{ ok: false, output: said }, success('1')]);
  expect(order).toEqual([1]);
});

test('after a stop nothing more is run', async () => {
  const { tools, order } = recorder();
  const context = await contextIn(temporaryFolder(), AbortSignal.abort());
  const [result] = await runCalls([call({ id: 1 })], tools, context, observer);
  expect(result).toEqual({ ok: false, output: 'Not run: the work was stopped.' });
  expect(order).toEqual([]);
});

test('each call is announced before it runs and reported after, the refused too', async () => {
  const { tools } = recorder();
  const seen: string[] = [];
  await runCalls([call({ id: 1 }), call({}, 'no')], tools, await contextIn(temporaryFolder()), {
    started: async ({ tool }) => void seen.push(`started ${tool}`),
    ended: async ({ tool }, { ok }) => void seen.push(`ended ${tool} ${ok}`),
  });
  expect(seen.toSorted()).toEqual(['ended no false', 'ended step true', 'started no', 'started step']);
  expect(seen.indexOf('started step')).toBeLessThan(seen.indexOf('ended step true'));
});
