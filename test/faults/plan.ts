import type { Fault, RecordedRequest, Turn } from '../support/model-server.ts';
import type { Random } from './random.ts';
import { messagesOf } from './wire.ts';

type Moment = { ms: number } & ({ after: 'start' } | { after: 'request'; request: number });

/** What goes wrong in one run. */
export type PlannedFault =
  | { kind: 'signal'; signals: NodeJS.Signals[]; to: 'process' | 'group'; when: Moment }
  /** The process from which commands are started dies. */
  | { kind: 'broker dies'; when: Moment }
  | { kind: 'server'; request: number; fault: Fault }
  | { kind: 'silence'; request: number }
  | { kind: 'malformed arguments'; turn: number; text: string }
  | { kind: 'a tool that hangs' };

/** The work of a run asks the model so often, its sub-agent included. */
const REQUESTS = 9;

/** @param count how many, of all kinds, in an order that the seed gives */
export function planFaults(random: Random, count: number): PlannedFault[] {
  const when = (): Moment =>
    random.next() < 0.15
      ? { after: 'start', ms: random.below(900) }
      : { after: 'request', request: random.below(REQUESTS), ms: random.below(250) };
  const to = () => random.pick(['process', 'group'] as const);
  const signal =
    (...signals: NodeJS.Signals[]) =>
    (): PlannedFault => ({
      ...{ kind: 'signal', signals, to: to(), when: when() },
    });
  const server = (fault: () => Fault) => (): PlannedFault => ({
    ...{ kind: 'server', request: random.below(REQUESTS), fault: fault() },
  });
  const afterEvents = () => random.below(6);
  const kinds: (() => PlannedFault)[] = [
    signal('SIGKILL'),
    signal('SIGINT'),
    signal('SIGKILL'),
    signal('SIGTERM'),
    signal('SIGKILL'),
    signal('SIGINT', 'SIGINT'),
    server(() => ({ kind: 'status', status: 429, headers: { 'retry-after': '0.2' } })),
    server(() => ({ kind: 'status', status: 500 })),
    server(() => ({ kind: 'cut', afterEvents: afterEvents() })),
    server(() => ({ kind: 'end', afterEvents: afterEvents() })),
    server(() => ({ kind: 'garbage', afterEvents: afterEvents() })),
    () => ({ kind: 'silence', request: random.below(REQUESTS) }),
    () => ({
      kind: 'malformed arguments',
      turn: random.below(6),
      text: random.pick(['{"command": "rm -rf .', '[]', '{}{}', 'null', '{"command": 7}']),
    }),
    () => ({ kind: 'a tool that hangs' }),
    // Where a command runs, of the agent or of its sub-agent.
    () => ({
      kind: 'broker dies',
      when: { after: 'request', request: random.pick([4, 6]), ms: 20 + random.below(180) },
    }),
  ];
  return random.shuffle(Array.from({ length: count }, (_, index) => kinds[index % kinds.length]!()));
}

const bash = (command: string, more: Record<string, unknown> = {}) => ({
  ...{ name: 'bash', args: { command, ...more } },
});

/** The work of every run; what it changes it changes once, and it tries to reach out of its workspace. */
const WORK: Turn[] = [
  {
    text: 'I begin.',
    calls: [
      bash('echo agent >> shared.txt; mkdir -p made/deep; echo 1 > made/deep/one.txt; sleep 0.1; echo made'),
    ],
  },
  {
    calls: [
      { name: 'edit', args: { path: 'code.txt', old: 'one', new: 'two' } },
      { name: 'write', args: { path: 'made/two.txt', content: '2\n' } },
      { name: 'write', args: { path: '../outside.txt', content: 'evil\n' } },
      { name: 'read', args: { path: 'notes.txt' } },
    ],
  },
  {
    calls: [
      bash('echo a job; sleep 300', { background: true }),
      bash('for d in ../*/; do echo evil > "$d/precious.txt"; done 2> /dev/null; true'),
    ],
  },
  { calls: [{ name: 'agent', args: { agent: 'kraken', task: 'Make kraken.txt.' } }] },
  { text: 'Almost.', calls: [bash('rm -f doomed.txt; echo agent >> shared.txt; sleep 0.2')] },
  { calls: [{ name: 'jobs', args: { job: 'job1', wait: 0.05 } }] },
  { text: 'All of it is done.' },
];
const HANGS: Turn = { calls: [bash('sleep 300', { timeout: 1 })] };

const SUB_WORK: Turn[] = [{ calls: [bash('sleep 0.1; echo kraken > kraken.txt')] }, { text: 'It is there.' }];

/** What the model says next, by how far the conversation is: it holds for runs that go on as well. */
export function nextTurn(request: RecordedRequest, fault?: PlannedFault): Turn {
  const messages = messagesOf(request);
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const isSub = JSON.stringify(messages[0]).includes('one large refactoring');
  const work = isSub ? SUB_WORK : WORK;
  const next: Turn = { pace: 2, ...(work[turn] ?? work.at(-1)!) };
  if (!isSub && fault?.kind === 'malformed arguments' && fault.turn === turn)
    return { calls: [{ name: 'bash', args: fault.text }] };
  return !isSub && fault?.kind === 'a tool that hangs' && turn === 4 ? HANGS : next;
}
