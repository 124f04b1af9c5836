import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportThread,
  isAlive,
  type StoredEvent,
  type ThreadQuery,
  type ThreadStatus,
  type ThreadSummary,
} from '../../thread/index.ts';
import { positiveInteger } from '../options.ts';
import { dollars, fraction, paint, plain, print, printJson, seconds, table } from '../output.ts';
import { openStore } from '../store.ts';

export function define(command: Command): void {
  command
    .command('list')
    .summary('the newest threads')
    .addOption(
      new Option('--kind <kind>', 'only threads of this kind').choices(['session', 'rollout', 'experiment']),
    )
    .option('--parent <id>', 'only the rollouts of this experiment')
    .option('--limit <n>', 'at most this many', positiveInteger, 20)
    .option('--json', 'print them as JSON')
    .action(list);
  command
    .command('show')
    .summary('one thread, readable')
    .argument('<id>', 'the id, or its beginning or end')
    .option('--json', 'print the summary and the events as JSON')
    .action(show);
  command
    .command('export')
    .summary('one thread in another format')
    .argument('<id>', 'the id, or its beginning or end')
    .addOption(
      new Option('--format <format>', 'JSON Lines, or an ATIF v1.7 trajectory')
        .choices(EXPORT_FORMATS)
        .default('jsonl'),
    )
    .option('--out <file>', 'where to write (default: standard output)')
    .action(exportOne);
}

async function list(flags: { kind?: string; parent?: string; limit: number; json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const parent = flags.parent === undefined ? undefined : await store.resolve(flags.parent);
    const threads = await store.list({
      limit: flags.limit,
      ...(flags.kind !== undefined && { kind: flags.kind as NonNullable<ThreadQuery['kind']> }),
      ...(parent !== undefined && { parent }),
    });
    if (flags.json) return printJson(threads.map((thread) => ({ ...thread, status: statusOf(thread) })));
    if (threads.length === 0) return print('There is no thread yet. `kino demo` makes some.');
    print(
      table(
        [
          { title: 'thread' },
          { title: 'kind' },
          { title: 'status' },
          { title: 'agent' },
          { title: 'reward', align: 'right' },
          { title: 'events', align: 'right' },
          { title: 'started' },
          { title: 'title' },
        ],
        threads.map((thread) => [
          thread.id,
          thread.kind,
          paintStatus(statusOf(thread)),
          thread.agent ?? '',
          thread.reward === undefined ? '' : thread.reward === null ? 'unscored' : fraction(thread.reward),
          String(thread.lastSeq),
          new Date(thread.startedAt).toISOString().slice(0, 16).replace('T', ' '),
          plain(thread.title).slice(0, 60),
        ]),
      ),
    );
  } finally {
    store.close();
  }
}

type ShownStatus = ThreadStatus | 'lost';

/** A thread that says it runs while its process is gone was killed. */
function statusOf(thread: ThreadSummary): ShownStatus {
  if (thread.status !== 'running' || thread.host !== hostname()) return thread.status;
  return isAlive(thread.pid) ? 'running' : 'lost';
}

function paintStatus(status: ShownStatus): string {
  const colour =
    status === 'done' ? 'green' : status === 'running' ? 'cyan' : status === 'failed' ? 'red' : 'yellow';
  return paint(colour, status);
}

async function show(part: string, flags: { json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    const summary = await store.get(id);
    const events = await store.read(id);
    if (flags.json) return printJson({ ...summary, status: statusOf(summary), events });
    for (const event of events) {
      const text = describe(event);
      if (text !== undefined) print(text);
    }
    if (statusOf(summary) === 'lost') print(paint('yellow', '— its process is gone; the record ends here'));
  } finally {
    store.close();
  }
}

/** One event for a reader; undefined for those that a later event repeats. */
function describe(event: StoredEvent): string | undefined {
  const dim = (text: string) => paint('dim', plain(text));
  switch (event.type) {
    case 'thread.started':
      return [
        paint('bold', plain(event.title)),
        dim(
          [
            event.kind,
            event.agent,
            event.model,
            event.sandbox,
            event.repository,
            event.base?.slice(0, 12),
            new Date(event.at).toISOString(),
          ]
            .filter((part) => part !== undefined)
            .join(' · '),
        ),
      ].join('\n');
    case 'user.message':
      return `\n${paint('cyan', 'person')}\n${indent(event.text)}`;
    case 'assistant.message': {
      const tokens = `${event.usage.inputTokens ?? '?'} in, ${event.usage.outputTokens ?? '?'} out`;
      const head = `\n${paint('green', 'agent')} ${dim(`step ${event.step}, ${seconds(event.durationMs / 1000)}, ${tokens}`)}`;
      return [
        head,
        ...(event.reasoning ? [paint('dim', indent(event.reasoning))] : []),
        ...(event.text ? [indent(event.text)] : []),
      ].join('\n');
    }
    case 'tool.started':
      return `${paint('yellow', event.tool)} ${plain(JSON.stringify(event.input))}`;
    case 'tool.ended': {
      const full = event.outputFile === undefined ? '' : dim(` (all of it: ${event.outputFile})`);
      return `${event.ok ? '' : `${paint('red', 'failed')} `}${dim(seconds(event.durationMs / 1000))}${full}\n${paint('dim', indent(shorten(event.output)))}`;
    }
    case 'model.retried':
      return paint('yellow', plain(`try ${event.attempt} after: ${event.reason}`));
    case 'instructions.loaded':
      return dim(`instructions: ${event.path}, ${event.bytes} bytes`);
    case 'warning':
      return paint('yellow', plain(event.message));
    case 'rollout.scored': {
      const metrics = Object.entries(event.metrics).map(([name, value]) => `${name} ${fraction(value)}`);
      const reward = event.reward === null ? 'unscored' : `reward ${fraction(event.reward)}`;
      return `\n${paint('bold', reward)} ${dim(metrics.join(', '))}${event.explanation ? `\n${indent(event.explanation)}` : ''}`;
    }
    case 'experiment.planned':
      return dim(JSON.stringify(event.plan).slice(0, 400));
    case 'rollout.finished':
      return `${event.thread}  ${event.reward === null ? 'unscored' : fraction(event.reward)}  ${plain(event.agent)}  ${dim(event.task)}`;
    case 'thread.resumed':
      return dim(`went on in process ${event.pid}`);
    case 'thread.ended': {
      const answer = event.answer === '' || event.steps > 0 ? '' : `${indent(event.answer)}\n`;
      return `${answer}\n${paintStatus(event.status)} ${plain(event.reason)} ${dim(`${event.steps} steps, ${seconds(event.durationMs / 1000)}, cost ${dollars(event.costUsd)}`)}`;
    }
    default:
      return undefined;
  }
}

function indent(text: string): string {
  return plain(text)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function shorten(text: string): string {
  const lines = text.split('\n');
  return lines.length <= 12
    ? text
    : [...lines.slice(0, 8), `… ${lines.length - 11} lines …`, ...lines.slice(-3)].join('\n');
}

async function exportOne(part: string, flags: { format: ExportFormat; out?: string }): Promise<void> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    const text = await exportThread(flags.format, id, await store.read(id));
    if (flags.out === undefined) process.stdout.write(text);
    else await writeFile(resolve(flags.out), text);
  } finally {
    store.close();
  }
}
