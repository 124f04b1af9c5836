import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { newId, SqliteThreadStore } from '../thread/index.ts';
import { latestOf } from './artifact/artifact.ts';
import { Flows } from './engine.ts';
import { parseWorkflow } from './workflow.ts';

const WORKFLOW = parseWorkflow(
  '---\ndescription: two\n---\n## one\nmakes: note\napprove: person\n\nOne.\n\n## two\nreads: one\nmakes: note\napprove: person\n\nTwo.\n',
  'test',
  'two',
);
const HERE = { kino: '0', host: hostname(), pid: process.pid };

async function begin() {
  const store = new SqliteThreadStore(':memory:');
  const flows = new Flows(store);
  const id = newId();
  const where = { repository: '/nowhere', workspace: '/nowhere' };
  await flows.start({ id, workflow: WORKFLOW, request: 'do it', title: 'do it', ...where });
  return { store, flows, id };
}

/** A phase that was worked on and has made something. */
async function made(store: SqliteThreadStore, flow: string, phase: string): Promise<string> {
  const thread = newId();
  await store.append(flow, [{ type: 'phase.started', phase, run: 1, thread }]);
  await store.append(thread, [
    { type: 'thread.started', kind: 'session', title: phase, ...HERE },
    {
      type: 'artifact.written',
      artifact: 'note',
      kind: 'note',
      title: 'Note',
      version: 1,
      mediaType: 'text/markdown',
      text: '# Note\n',
      bytes: 7,
    },
    { type: 'thread.ended', status: 'done', reason: 'ok', answer: '', steps: 1, usage: {}, durationMs: 1 },
  ]);
  return thread;
}

test('whoever works on a flow is the only one, also before a phase has begun', async () => {
  const { store, flows, id } = await begin();
  await store.append(id, [{ type: 'thread.resumed', ...HERE }]);
  expect(await flows.stand(id)).toMatchObject({ state: 'working' });
  const before = await store.read(id);
  await expect(flows.advance(id, { choice: {} }, new AbortController().signal)).rejects.toThrow(
    'Somebody works on',
  );
  // Who is refused leaves no trace.
  expect(await store.read(id)).toEqual(before);
  // One that was killed is no one.
  await store.append(id, [{ type: 'thread.resumed', ...HERE, pid: 2 ** 22 + 1 }]);
  expect(await flows.stand(id)).toMatchObject({ state: 'waiting' });
});

test('an event that somebody else was faster with is not written', async () => {
  const { store, id } = await begin();
  const { lastSeq } = await store.get(id);
  const event = { type: 'warning', message: 'x' } as const;
  expect(await store.appendAfter(id, lastSeq, [event])).toBe(true);
  expect(await store.appendAfter(id, lastSeq, [event])).toBe(false);
  expect((await store.get(id)).lastSeq).toBe(lastSeq + 1);
});

test('an earlier phase is not sent back while a later one is worked on', async () => {
  const { store, flows, id } = await begin();
  await made(store, id, 'one');
  await flows.approve(id);
  const thread = newId();
  await store.append(id, [{ type: 'phase.started', phase: 'two', run: 1, thread }]);
  await store.append(thread, [{ type: 'thread.started', kind: 'session', title: 'two', ...HERE }]);
  await expect(flows.sendBack(id, 'no', 'one')).rejects.toThrow('two of');
  expect((await flows.stand(id)).current?.phase.name).toBe('two');
});

test('a comment that came too late to be heard is sent back with the others', async () => {
  const { store, flows, id } = await begin();
  const thread = await made(store, id, 'one');
  const { artifacts } = await flows.stand(id);
  expect(latestOf(artifacts[0]!).version).toBe(1);
  await flows.comment(artifacts[0]!, { kind: 'whole' }, 'which?');
  await flows.sendComments(thread);
  await expect(flows.approve(id)).rejects.toThrow('not addressed');
  // Nothing new is said, and there is something to be done.
  await flows.sendBack(id);
  expect(await flows.stand(id)).toMatchObject({ state: 'stopped' });
});
