import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
// The rooms' doors load their whole floor; only these are measured.
import { Conversation } from '../src/agent/conversation.ts';
import { newId, SqliteThreadStore, type ThreadEvent } from '../src/thread/index.ts';
import { stepOf } from './support/conversation.ts';
import { KINO, median, report, runNode, withFolder } from './support/measure.ts';
import { startServer } from './support/served.ts';

const EVENTS = 10_000;
const RUNS = 9;
/** Steps between two compactions. */
const EPOCH = 200;

/** A session that was worked in for long: it streamed, called tools, and began anew from notes now and then. */
function longSession(folder: string): ThreadEvent[] {
  const events: ThreadEvent[] = [
    {
      ...{ type: 'thread.started', kind: 'session', title: 'long', kino: '0', host: hostname(), pid: 1 },
      ...{ agent: 'kino', model: 'openai-compatible/scripted', repository: folder, workspace: folder },
    },
    { type: 'user.message', text: 'Mend the parser.' },
  ];
  const parts = {
    system: 2_000,
    instructions: 0,
    tools: 1_500,
    files: 4_000,
    results: 9_000,
    conversation: 800,
  };
  for (let step = 1; events.length < EVENTS - 1; step++) {
    if (step % EPOCH === 0) {
      events.push({
        ...{
          type: 'context.compacted',
          step,
          reason: 'the window was full',
          text: '# Notes\n\nThe parser is mended.',
        },
        ...{ tokensBefore: 120_000, tokensAfter: 900 },
      });
    }
    if (step % 10 === 0) events.push({ type: 'user.message', text: `And now part ${step}.` });
    events.push({ type: 'context.measured', step, window: 128_000, smartZone: 100_000, used: 17_300, parts });
    events.push(...stepOf(step));
  }
  return [
    ...events.slice(0, EVENTS - 1),
    {
      type: 'thread.ended',
      status: 'interrupted',
      reason: 'It was stopped.',
      answer: '',
      steps: 1,
      usage: {},
      durationMs: 1,
    },
  ];
}

/** Going on with a long session: what reading and folding its events takes, and all until the model is asked. */
export async function bench(): Promise<void> {
  await withFolder(async (folder) => {
    const home = join(folder, '.home');
    const path = join(home, 'kino.db');
    const seeded = new SqliteThreadStore(path);
    const threads: string[] = [];
    // Each run goes on with a thread that none has touched.
    for (let i = 0; i < RUNS; i++) {
      const id = newId();
      await seeded.append(id, longSession(folder));
      threads.push(id);
    }
    seeded.close();

    const opened: number[] = [];
    const floor: number[] = [];
    let messages = 0;
    for (const id of threads) {
      let began = performance.now();
      const bare = new DatabaseSync(path);
      const rows = bare.prepare('SELECT body FROM event WHERE thread = ? ORDER BY seq').all(id);
      const parsed = rows.map((row) => JSON.parse(String(row.body)) as unknown);
      bare.close();
      floor.push(performance.now() - began);
      if (parsed.length !== EVENTS) throw new Error(`${parsed.length} events were written`);

      began = performance.now();
      const store = new SqliteThreadStore(path);
      const events = await store.read(id);
      messages = Conversation.of(events).messages.length;
      opened.push(performance.now() - began);
      store.close();
    }

    const asked: number[] = [];
    const short: number[] = [];
    for (const id of threads) {
      for (const [walls, command] of [
        [short, ['run', 'x']],
        [asked, ['resume', id, 'x']],
      ] as const) {
        const server = await startServer(1);
        const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
        const flags = [...model, '--cwd', folder, '--mode', 'bypass', '--output', 'json'];
        const run = await runNode([KINO, ...command, ...flags], { cwd: folder, env: { KINO_HOME: home } });
        const [first] = await server.stop();
        walls.push(first!.at - run.startedAt);
      }
    }
    const [read, least] = [median(opened), median(floor)];
    console.log(
      `  ${EVENTS.toLocaleString('en')} events, ${messages} messages for the model: read and folded in ${read.toFixed(1)} ms, SQLite and JSON.parse alone ${least.toFixed(1)} ms (ratio ${(read / least).toFixed(2)}; medians of ${RUNS})`,
    );
    report('read and fold', read, 'ms', 300);
    const [whole, fresh] = [median(asked), median(short)];
    console.log(
      `       kino resume until the model is asked ${Math.round(whole)} ms, kino run ${Math.round(fresh)} ms (ratio ${(whole / fresh).toFixed(2)}; medians of ${RUNS}, in turn)`,
    );
  });
}
