import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { toStreamJson } from '../src/cli/stream-json.ts';
import { statusOf } from '../src/cli/thread-status.ts';
import { SqliteThreadStore, type StoredEvent, type ThreadSummary } from '../src/thread/index.ts';
import { filesOf } from './faults/files.ts';
import { nextTurn, type PlannedFault, planFaults } from './faults/plan.ts';
import { expectNoneLeft, marked, type RunningKino, startKino } from './faults/processes.ts';
import { Random } from './faults/random.ts';
import { messagesOf, refusal } from './faults/wire.ts';
import { type CliResult, kino } from './support/cli.ts';
import { type ModelServer, type Script, startModelServer, type Turn } from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const RUNS = 50;
const AT_ONCE = 4;
/** One keystroke may come twice; this is longer. */
const SECOND_CTRL_C_MS = 350;

const modelFlags = ({ url }: ModelServer) => [
  '--model',
  'openai-compatible/scripted',
  '--base-url',
  `${url}/v1`,
];

async function withStore<T>(work: (store: SqliteThreadStore) => Promise<T>): Promise<T> {
  const store = new SqliteThreadStore(join(process.env.KINO_HOME!, 'kino.db'));
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

const eventsOf = (thread: string) => withStore((store) => store.read(thread));

test('faults at 50 random points: no thread is lost, nothing outside is changed, no process is left', async () => {
  const seed = Number(process.env.KINO_FAULTS_SEED ?? Date.now() % 1_000_000);
  const faults = planFaults(new Random(seed), RUNS);
  const one = process.env.KINO_FAULTS_RUN;
  const waiting = [...faults.entries()].filter(([number]) => one === undefined || Number(one) === number);
  const endings: Record<string, number> = {};
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [number, fault] = next;
      try {
        const ending = await faultedRun(`fault-${process.pid}-${seed}-${number}`, fault, number % 2 === 0);
        endings[ending] = (endings[ending] ?? 0) + 1;
      } catch (error) {
        waiting.length = 0;
        const said = `seed ${seed}, run ${number} (KINO_FAULTS_SEED, KINO_FAULTS_RUN): ${JSON.stringify(fault)}`;
        throw new Error(`${said}\n${(error as Error).message}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // The faults have met the work: not all came too early or too late.
  if (one === undefined) {
    expect(endings.lost ?? 0, JSON.stringify({ seed, endings })).toBeGreaterThan(3);
    expect(endings.interrupted ?? 0, JSON.stringify({ seed, endings })).toBeGreaterThan(3);
  }
}, 240_000);

/** @returns how the thread had ended before it went on: its status, or `never began` */
async function faultedRun(mark: string, fault: PlannedFault, undoFirst: boolean): Promise<string> {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'precious.txt'), 'precious\n');
  const { path: cwd } = createRepository([
    {
      message: 'one',
      files: { 'shared.txt': 'a\n', 'code.txt': 'one\n', 'doomed.txt': 'd\n', '.gitignore': '*.env\n' },
    },
  ]);
  // The person's own work, not committed; one of the files the agent changes as well.
  writeFileSync(join(cwd, 'shared.txt'), 'a\nmine\n');
  writeFileSync(join(cwd, 'notes.txt'), 'my notes\n');
  writeFileSync(join(cwd, 'secret.env'), 'KEY=1\n');
  const before = filesOf(cwd);

  const { run, result, problems, wereSeen } = await runWithFault(mark, fault, cwd);
  expect(wereSeen).toBe(true);
  await expectNoneLeft(mark);
  expect(problems).toEqual([]);

  const expectUntouched = () => {
    expect(filesOf(outside)).toEqual({ 'precious.txt': expect.any(String) });
    expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('precious\n');
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('my notes\n');
    expect(readFileSync(join(cwd, 'secret.env'), 'utf8')).toBe('KEY=1\n');
  };
  expectUntouched();

  const threads = await withStore((store) => store.list());
  const thread = threads.find(({ title, parent }) => title === mark && parent === undefined);
  if (!thread) {
    // Before a thread is there, nothing has been shown and nothing been done.
    expect([result.stdout, filesOf(cwd)]).toEqual(['', before]);
    expect(run).toBe('signalled');
    return 'never began';
  }
  const children = threads.filter(({ parent }) => parent === thread.id);
  await expectRecorded(thread, result);
  for (const child of children) await expectRecorded(child);
  const status = statusOf(thread);
  if (status !== 'lost') expect(children.map(statusOf)).not.toContain('lost');
  expectExplained(fault, status, result, await eventsOf(thread.id));

  const takeBack = async () => {
    const events = await eventsOf(thread.id);
    const wasCutOff = status === 'lost' || status === 'interrupted';
    if (wasCutOff && events.some(({ type }) => type === 'checkpoint.made')) {
      const undone = await kino(['undo', '--thread', thread.id], { cwd });
      expect([0, 2], undone.stderr).toContain(undone.code);
      expect(undone.stdout).not.toContain('kept');
    }
    if (events.some((event) => event.type === 'model.requested' && event.step === 1)) {
      const rewound = await kino(['rewind', '1', '--thread', thread.id], { cwd });
      expect([rewound.code, rewound.stdout], rewound.stderr).toEqual([
        0,
        expect.not.stringContaining('kept'),
      ]);
    }
    expect(filesOf(cwd)).toEqual(before);
  };
  const goOn = async () => {
    if (status === 'done') return;
    await using good = await goodServer();
    const resumed = await kino(
      ['resume', thread.id, ...modelFlags(good.server), '--mode', 'auto', '--output', 'json'],
      { cwd },
    );
    expect(good.problems).toEqual([]);
    expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ thread: thread.id, status: 'done' });
    const after = await withStore((store) => store.get(thread.id));
    expect(after.status).toBe('done');
    await expectRecorded(after);
  };
  const steps = undoFirst ? [takeBack, goOn] : [goOn, takeBack];
  for (const step of steps) {
    await step();
    expectUntouched();
  }
  return status;
}

/** Runs the work with one fault. */
async function runWithFault(mark: string, fault: PlannedFault, cwd: string) {
  const problems: string[] = [];
  let running: RunningKino | undefined;
  let asked = 0;
  let wereSeen = true;
  let run: 'signalled' | 'untouched' = 'untouched';
  const strike = async (ms: number) => {
    await sleep(ms);
    if (fault.kind === 'signal') {
      run = 'signalled';
      for (const [index, signal] of fault.signals.entries()) {
        if (index > 0) await sleep(SECOND_CTRL_C_MS);
        running?.send(signal, fault.to);
      }
    } else {
      const broker = marked(mark).find(({ commandLine }) => commandLine.includes('broker-process'));
      if (broker) process.kill(broker.pid, 'SIGKILL');
    }
  };
  const failing = await startModelServer((request) => {
    const number = asked++;
    if (number === 0) wereSeen = marked(mark).length > 0;
    const problem = refusal(messagesOf(request));
    if (problem !== undefined) problems.push(problem);
    if ('when' in fault && fault.when.after === 'request' && fault.when.request === number)
      void strike(fault.when.ms);
    const turn = nextTurn(request, fault);
    if (fault.kind === 'silence' && fault.request === number) return { fault: { kind: 'hang' } };
    return fault.kind === 'server' && fault.request === number ? { ...turn, fault: fault.fault } : turn;
  });
  const bound = fault.kind === 'silence' ? ['--max-seconds', '2'] : [];
  const flags = [...modelFlags(failing), '--mode', 'auto', '--output', 'stream-json', ...bound];
  running = startKino(['run', mark, ...flags], cwd, mark);
  if ('when' in fault && fault.when.after === 'start') void strike(fault.when.ms);
  const result = await running.ended;
  await failing.close();
  return { run, result, problems, wereSeen };
}

async function goodServer() {
  const problems: string[] = [];
  const good = await startModelServer((request) => {
    const problem = refusal(messagesOf(request));
    if (problem !== undefined) problems.push(problem);
    return nextTurn(request);
  });
  return { server: good, problems, [Symbol.asyncDispose]: () => good.close() };
}

/** The record has no gap, it holds everything that was shown, and either it has an end or its process is gone. */
async function expectRecorded(thread: ThreadSummary, shown?: CliResult): Promise<void> {
  const events = await eventsOf(thread.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(thread.lastSeq).toBe(events.length);
  const last = events.at(-1)!;
  if (statusOf(thread) === 'lost') expect(last.type).not.toBe('thread.ended');
  else {
    expect(last).toMatchObject({ type: 'thread.ended', status: thread.status });
    expect(last.type === 'thread.ended' && last.reason).toMatch(/\w.*\.$/);
    // No call is left open.
    const ids = (type: string) =>
      events.flatMap((event) => (event.type === type && 'callId' in event ? [event.callId] : [])).sort();
    if (!events.some(({ type }) => type === 'thread.resumed'))
      expect(ids('tool.ended')).toEqual(expect.arrayContaining(ids('tool.started')));
  }
  if (shown === undefined || shown.stdout === '') return;
  const first = JSON.parse(shown.stdout.split('\n', 1)[0]!);
  const about = { thread: thread.id, cwd: first.cwd, model: first.model, mode: first.permissionMode };
  const lines = events.flatMap((event) => toStreamJson(event, { ...about, tools: first.tools }));
  const recorded = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  expect(recorded.startsWith(shown.stdout), `${shown.stdout}\nis no beginning of\n${recorded}`).toBe(true);
}

function expectExplained(
  fault: PlannedFault,
  status: string,
  result: CliResult,
  events: readonly StoredEvent[],
): void {
  const end = events.at(-1)!;
  const reason = end.type === 'thread.ended' ? end.reason : '';
  const codes: Record<string, number> = { done: 0, interrupted: 130, failed: 1, exhausted: 1 };
  const said = JSON.stringify({ status, reason, ...result });
  if (status !== 'lost' && result.signal === null) expect(result.code, said).toBe(codes[status]);
  switch (fault.kind) {
    case 'signal': {
      const [signal] = fault.signals;
      const possible = signal === 'SIGKILL' ? ['lost', 'done'] : ['interrupted', 'done'];
      // The second Ctrl-C leaves.
      if (fault.signals.length > 1) possible.push('lost');
      expect(possible, said).toContain(status);
      return;
    }
    case 'silence':
      expect([status, reason], said).toEqual(['exhausted', 'It reached the budget of 2 s.']);
      return;
    case 'broker dies':
      if (status !== 'done')
        expect([status, reason], said).toEqual([
          'failed',
          expect.stringContaining('the process that runs commands died'),
        ]);
      return;
    default:
      expect([status, reason], said).toEqual(['done', 'The agent answered.']);
  }
}
