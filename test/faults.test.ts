import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
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
import { type CliOptions, type CliResult, kino } from './support/cli.ts';
import {
  type ModelServer,
  type RecordedRequest,
  type Script,
  startModelServer,
  type Turn,
} from './support/model-server.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const RUNS = Number(process.env.KINO_FAULTS ?? 8);
const AT_ONCE = 4;
/** One keystroke may come twice; this is longer. */
const SECOND_CTRL_C_MS = 350;

const modelFlags = ({ url }: ModelServer) => [
  '--model',
  'openai-compatible/scripted',
  '--base-url',
  `${url}/v1`,
];

async function withStore<T>(
  work: (store: SqliteThreadStore) => Promise<T>,
  home = process.env.KINO_HOME!,
): Promise<T> {
  const store = new SqliteThreadStore(join(home, 'kino.db'));
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

const eventsOf = (thread: string, home?: string) => withStore((store) => store.read(thread), home);

test('faults at random points: no thread is lost, nothing outside is changed, no process is left', async () => {
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
    const met = (endings.lost ?? 0) + (endings.interrupted ?? 0);
    expect(met, JSON.stringify({ seed, endings })).toBeGreaterThan(RUNS / 12);
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
  const printed = shown.stdout.split('\n');
  const { cwd, model, permissionMode: mode, tools } = JSON.parse(printed[0]!);
  // The last line has the denied calls once more.
  const result = printed.at(-2)!.startsWith('{"type":"result"') ? JSON.parse(printed.at(-2)!) : {};
  const denials = (result.permission_denials ?? []).map((denial: Record<string, unknown>) => ({
    ...{ tool: denial.tool_name, callId: denial.tool_use_id, input: denial.tool_input },
  }));
  const about = { thread: thread.id, cwd, model, mode, tools, denials };
  const lines = events.flatMap((event) => toStreamJson(event, about));
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

const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });

/** Runs a session in a new folder, or goes on with one. */
async function session(
  script: Script,
  { flags = [], args = ['run', 'do it'], ...options }: SessionSetup = {},
) {
  await server?.close();
  server = await startModelServer(script);
  const cwd = options.cwd ?? temporaryFolder();
  const all = [...args, ...modelFlags(server), '--mode', 'auto', '--output', 'json', ...flags];
  const result = await kino(all, { ...options, cwd });
  expect(result.stdout, result.stderr).toMatch(/^\{/);
  const printed = JSON.parse(result.stdout) as {
    thread: string;
    status: string;
    reason: string;
    answer: string;
  };
  const home = options.env?.KINO_HOME;
  const events = await eventsOf(printed.thread, home);
  return { ...printed, code: result.code, cwd, events, requests: server.requests };
}

interface SessionSetup extends CliOptions {
  flags?: string[];
  args?: string[];
}

/** What the loop itself said to its model. */
const nudgesIn = (events: readonly StoredEvent[]) =>
  events.flatMap((event) => (event.type === 'user.message' && event.from === 'kino' ? [event.text] : []));

test.each(['danger-full-access', 'workspace-write'])(
  'kill -9 in the first command leaves nothing of it under %s',
  async (sandbox) => {
    const mark = `first-${process.pid}-${sandbox}`;
    server = await startModelServer([bash('(setsid sleep 300 &) ; sleep 300')]);
    const flags = [...modelFlags(server), '--mode', 'bypass', '--sandbox', sandbox];
    const running = startKino(['run', mark, ...flags], temporaryFolder(), mark);
    const sleeping = () =>
      marked(mark).filter(({ commandLine }) => commandLine.startsWith('sleep 300')).length;
    await expect.poll(sleeping, { timeout: 10_000, interval: 5 }).toBe(2);
    running.send('SIGKILL', 'process');
    expect((await running.ended).signal).toBe('SIGKILL');
    await expectNoneLeft(mark);
  },
);

test('Ctrl-C stops the step and its sub-agent, each call has a result, and the session goes on from there', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const script: Script = (request) =>
    JSON.stringify(messagesOf(request)[0]).includes('one large refactoring')
      ? bash('echo b > a; sleep 300')
      : {
          text: 'Now.',
          calls: [
            { name: 'agent', args: { agent: 'kraken', task: 'Change a.' } },
            { name: 'bash', args: { command: 'echo never > b' } },
          ],
        };
  const mark = `once-${process.pid}`;
  server = await startModelServer(script);
  const running = startKino(
    ['run', mark, ...modelFlags(server), '--mode', 'auto', '--output', 'json'],
    cwd,
    mark,
  );
  await expect
    .poll(() => marked(mark).some(({ commandLine }) => commandLine.startsWith('sleep 300')), {
      timeout: 10_000,
    })
    .toBe(true);
  running.send('SIGINT', 'group');
  const { code, stdout } = await running.ended;
  const { thread, status, reason } = JSON.parse(stdout);
  expect({ code, status, reason }).toEqual({ code: 130, status: 'interrupted', reason: 'It was stopped.' });
  await expectNoneLeft(mark);
  const [child] = await withStore((store) => store.list({ parent: thread }));
  expect(child).toMatchObject({ agent: 'kraken', status: 'interrupted' });
  const results = (await eventsOf(thread)).flatMap((event) =>
    event.type === 'tool.ended' ? [`${event.tool}: ${event.output.split('\n')[0]}`] : [],
  );
  expect(results.sort()).toEqual([
    'agent: [interrupted: It was stopped.]',
    'bash: Not run: the work was stopped.',
  ]);
  const on = await session([{ text: 'done' }], { cwd, args: ['resume', thread] });
  expect(on).toMatchObject({ thread, code: 0, status: 'done' });
  expect(refusal(messagesOf(on.requests[0]!))).toBeUndefined();
});

test('a second Ctrl-C leaves at once; the thread is kept, is said to be lost, and goes on', async () => {
  const cwd = temporaryFolder();
  const mark = `twice-${process.pid}`;
  // What was changed is looked through at the end of a step: that takes a while here.
  const script = [bash('for i in $(seq 60); do truncate -s 30M big$i; done; sleep 300'), { text: 'done' }];
  server = await startModelServer(script);
  const running = startKino(['run', mark, ...modelFlags(server), '--mode', 'auto'], cwd, mark);
  await expect
    .poll(() => marked(mark).some(({ commandLine }) => commandLine.startsWith('sleep 300')), {
      timeout: 10_000,
    })
    .toBe(true);
  running.send('SIGINT', 'group');
  await expect
    .poll(() => marked(mark).some(({ commandLine }) => / add --all /.test(commandLine)), {
      timeout: 10_000,
      interval: 5,
    })
    .toBe(true);
  await sleep(SECOND_CTRL_C_MS);
  running.send('SIGINT', 'group');
  expect(await running.ended).toMatchObject({ code: 130, signal: null });
  await expectNoneLeft(mark);
  const thread = (await withStore((store) => store.list())).find(({ title }) => title === mark)!;
  expect(statusOf(thread)).toBe('lost');
  expect((await kino(['threads', 'show', thread.id])).stdout).toContain('its process is gone');
  const on = await session([{ text: 'done' }], { cwd, args: ['resume', thread.id] });
  expect(on).toMatchObject({ thread: thread.id, code: 0, status: 'done' });
});

test('where the process that runs commands dies, the other calls are stopped and the session says why; it goes on', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  const mark = `broker-${process.pid}`;
  server = await startModelServer((request) =>
    JSON.stringify(messagesOf(request)[0]).includes('You find code')
      ? { fault: { kind: 'hang' } }
      : {
          calls: [
            { name: 'agent', args: { agent: 'finder', task: 'Where is a?' } },
            { name: 'bash', args: { command: 'echo b > a; sleep 300' } },
          ],
        },
  );
  const flags = [...modelFlags(server), '--mode', 'auto', '--output', 'json'];
  const running = startKino(['run', mark, ...flags], cwd, mark);
  const sleeps = () => marked(mark).some(({ commandLine }) => commandLine.startsWith('sleep 300'));
  await expect.poll(sleeps, { timeout: 10_000 }).toBe(true);
  await expect.poll(() => server!.requests.length, { timeout: 10_000 }).toBe(2);
  const broker = marked(mark).find(({ commandLine }) => commandLine.includes('broker-process'))!;
  process.kill(broker.pid, 'SIGKILL');
  const { code, stdout } = await running.ended;
  await expectNoneLeft(mark);
  const { thread, ...result } = JSON.parse(stdout);
  expect({ code, ...result }).toMatchObject({
    ...{ code: 1, status: 'failed', steps: 1 },
    reason: 'The sandbox failed: the process that runs commands died.',
  });
  const events = await eventsOf(thread);
  expect(events.at(-1)).toMatchObject({ type: 'thread.ended', infrastructure: true });
  expect(events.filter(({ type }) => type === 'tool.ended')).toMatchObject([
    { tool: 'bash', ok: false, output: result.reason },
    { tool: 'agent', ok: false },
  ]);
  const [child] = await withStore((store) => store.list({ parent: thread }));
  expect(child).toMatchObject({ agent: 'finder', status: 'interrupted' });
  expect((await kino(['undo', '--thread', thread], { cwd })).stdout).toBe('restored  a\n');
  const on = await session([bash('cat a'), { text: 'done' }], { cwd, args: ['resume', thread] });
  expect(on).toMatchObject({ code: 0, status: 'done' });
});

test('Ctrl-C while the files are being looked through loses nothing of the person: undo has nothing to take back', async () => {
  const { path: cwd } = createRepository([{ message: 'one', files: { a: 'a\n' } }]);
  writeFileSync(join(cwd, 'a'), 'mine\n');
  writeFileSync(join(cwd, 'notes.txt'), 'mine as well\n');
  for (let index = 0; index < 12; index++) {
    writeFileSync(join(cwd, `big${index}`), '');
    truncateSync(join(cwd, `big${index}`), 30_000_000);
  }
  const before = filesOf(cwd);
  const mark = `look-${process.pid}`;
  server = await startModelServer([bash('echo agent > a')]);
  const flags = [...modelFlags(server), '--mode', 'auto', '--output', 'json'];
  const running = startKino(['run', mark, ...flags], cwd, mark);
  await expect
    .poll(() => marked(mark).filter(({ commandLine }) => / add --all /.test(commandLine)).length, {
      ...{ timeout: 10_000, interval: 2 },
    })
    .toBe(1);
  running.send('SIGINT', 'group');
  const { code, stdout } = await running.ended;
  expect(code).toBe(130);
  const undone = await kino(['undo', '--thread', JSON.parse(stdout).thread], { cwd });
  expect(undone).toMatchObject({ code: 2, stderr: expect.stringContaining('can be taken back') });
  expect(filesOf(cwd)).toEqual(before);
});

test('a session that was killed between its answer and its end goes on with a word of its own', async () => {
  const first = await session([bash('echo hi'), { text: 'I say hi.' }]);
  const copy = `${first.thread}x`;
  await withStore(async (store) => {
    const events = first.events
      .filter(({ type }) => type !== 'thread.ended')
      .map(({ seq: _, at: __, ...event }) => event);
    await store.append(copy, events);
  });
  const on = await session([{ text: 'That was all.' }], { cwd: first.cwd, args: ['resume', copy] });
  expect(on).toMatchObject({ code: 0, status: 'done', answer: 'That was all.' });
  expect(messagesOf(on.requests[0]!).at(-1)).toMatchObject({
    role: 'user',
    content: expect.stringContaining('The work was cut off here'),
  });
});

test('a model that repeats itself hears a word after three rounds and is stopped after five', async () => {
  const again = await session([bash('echo same')]);
  expect(again).toMatchObject({
    code: 1,
    status: 'failed',
    reason: expect.stringContaining('round in circles'),
  });
  expect(again.requests).toHaveLength(5);
  expect(nudgesIn(again.events)).toEqual([expect.stringContaining('the same calls with the same results')]);
  const told = again.requests.map((request) => JSON.stringify(request.body).includes('Stop and think'));
  expect(told).toEqual([false, false, false, true, true]);
  // What it was stopped for is no bar to going on.
  const on = await session([{ text: 'I see.' }], { cwd: again.cwd, args: ['resume', again.thread, 'try b'] });
  expect(on).toMatchObject({ code: 0, status: 'done' });
});

test('two calls in turn are a circle as well; a call whose result changes is none', async () => {
  const turns = await session((_, index) => bash(index % 2 === 0 ? 'echo a' : 'echo b'));
  expect(turns).toMatchObject({ code: 1, status: 'failed' });
  expect(turns.requests).toHaveLength(10);
  const grows = await session((_, index) =>
    index < 12 ? bash('echo x >> log; wc -c < log') : { text: 'It grew.' },
  );
  expect(grows).toMatchObject({ code: 0, status: 'done' });
  expect(nudgesIn(grows.events)).toEqual([]);
});

const OVERFLOW: Turn = {
  fault: {
    kind: 'status',
    status: 400,
    body: '{"error":{"message":"This model\'s maximum context length is 4096 tokens.","type":"invalid_request_error"}}',
  },
};
const NOTES: Turn = {
  text: '## Goal\nA thing.\n## Decisions\nNone.\n## Tried\necho hi\n## Next step\nAnswer.',
};
const wantsNotes = (request: RecordedRequest) =>
  JSON.stringify(messagesOf(request).at(-1)).includes('Stop working');

test.each([
  ['with the notes of the model', NOTES, 'A thing.'],
  ['without them where they do not fit either', OVERFLOW, 'The last words of the agent'],
])('a conversation that does not fit starts anew from a handoff, %s', async (_, notes, said) => {
  let refused = false;
  const done = await session((request, index) => {
    if (index === 0) return { text: 'Looking.', ...bash('echo hi') };
    if (wantsNotes(request)) return notes;
    if (refused) return { text: 'All is well.' };
    refused = true;
    return OVERFLOW;
  });
  expect(done).toMatchObject({ code: 0, status: 'done', answer: 'All is well.' });
  const compacted = done.events.filter((event) => event.type === 'context.compacted');
  expect(compacted).toMatchObject([{ reason: 'the conversation no longer fitted the model' }]);
  expect(readFileSync(compacted[0]!.file!, 'utf8')).toContain(said);
  const last = messagesOf(done.requests.at(-1)!);
  expect(last.map(({ role }) => role)).toEqual(['system', 'user']);
  expect(JSON.stringify(last[1])).toContain('do it');
});

test('one that does not fit from its handoff either is at its end, and says why; another model goes on', async () => {
  const lost = await session((request, index) =>
    index === 0 ? bash('echo hi') : wantsNotes(request) ? NOTES : OVERFLOW,
  );
  expect(lost).toMatchObject({
    code: 1,
    status: 'exhausted',
    reason: expect.stringMatching(/no longer fits the model: .*maximum context length is 4096/),
  });
  expect(lost.requests).toHaveLength(4);
  const on = await session([{ text: 'done' }], { cwd: lost.cwd, args: ['resume', lost.thread] });
  expect(on).toMatchObject({ code: 0, status: 'done' });
});

test('time that runs out while the handoff is written is said to have run out', async () => {
  const late = await session(
    (request, index) =>
      index === 0 ? bash('echo hi') : wantsNotes(request) ? { fault: { kind: 'hang' } } : OVERFLOW,
    { flags: ['--max-seconds', '2'] },
  );
  expect(late).toMatchObject({ code: 1, status: 'exhausted', reason: 'It reached the budget of 2 s.' });
});

/** Bytes of a request's messages that the next one no longer begins with. */
function changedBytes(before: RecordedRequest, after: RecordedRequest): number {
  const [was, is] = [before, after].map((request) => JSON.stringify(messagesOf(request)).slice(0, -1)) as [
    string,
    string,
  ];
  let same = 0;
  while (same < was.length && was[same] === is[same]) same++;
  return was.length - same;
}

test('each request begins with the one before it, but after a fold and a new beginning', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'config.json'), '{"context": {"window": 8000, "smartZone": 0.4}}');
  const { path: cwd } = createRepository([
    { message: 'one', files: { a: 'a\n', 'lib/AGENTS.md': 'Be brief.', 'lib/b': 'b\n' } },
  ]);
  const varied: Turn[] = [
    {
      text: 'I look.',
      calls: [
        { name: 'read', args: { path: 'lib/b' } },
        { name: 'grep', args: { pattern: 'a' } },
      ],
    },
    { calls: [{ name: 'bash', args: '{"command": "half' }] },
    { calls: [{ name: 'edit', args: { path: 'a', old: 'a', new: 'ä 😀' } }] },
    { text: '' },
    { calls: [{ name: 'todo', args: { items: [{ text: 'go on', status: 'pending' }] } }] },
    bash('exit 3'),
  ];
  const STEPS = 26;
  let step = 0;
  const done = await session(
    (request) => {
      if (wantsNotes(request)) return NOTES;
      const turn = step++;
      if (turn === STEPS) return { text: 'done' };
      return varied[turn] ?? bash(turn === 20 ? 'seq 1 2000' : `echo ${turn}; seq 1 350`);
    },
    { cwd, env: { KINO_HOME: home } },
  );
  expect(done).toMatchObject({ code: 0, status: 'done' });
  const asked = done.requests.filter((request) => !wantsNotes(request));
  expect(asked).toHaveLength(STEPS + 1);
  // What happened to the conversation since the request before, by the number of the request.
  const since: string[][] = [[]];
  for (const { type } of done.events) {
    if (type === 'context.folded' || type === 'context.compacted') since.at(-1)!.push(type);
    if (type === 'model.requested') since.push([]);
  }
  const folds = since.filter((what) => what.includes('context.folded'));
  expect(folds.length).toBeGreaterThan(1);
  expect(since.flat()).toContain('context.compacted');
  for (let index = 1; index < asked.length; index++) {
    const [before, after] = [asked[index - 1]!, asked[index]!];
    const changed = changedBytes(before, after);
    if (since[index]!.length === 0) expect(changed, `request ${index}`).toBe(0);
    else expect(changed, `request ${index}`).toBeGreaterThan(0);
    const rest = ({ body: { messages: _, ...others } }: RecordedRequest) => JSON.stringify(others);
    expect(rest(after)).toBe(rest(before));
    if (since[index]!.at(-1) === 'context.folded')
      expect(JSON.stringify(after.body)).toContain('was folded away. Call it again');
  }
  for (const event of done.events)
    if (event.type === 'context.measured') expect(event.used).toBeLessThan(4_400);
  for (const request of done.requests) expect(refusal(messagesOf(request))).toBeUndefined();
});
