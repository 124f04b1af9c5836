import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { EXPERIMENT_FORMATS, type ExperimentFormat, exportExperiment } from '../../eval/index.ts';
import { EXPORT_FORMATS, type ExportFormat, exportThread, type ThreadQuery } from '../../thread/index.ts';
import { describeEvent } from '../describe-event.ts';
import { UsageError } from '../exit.ts';
import { positiveInteger } from '../options.ts';
import { fraction, paint, plain, print, printJson, table } from '../output.ts';
import { openStore } from '../store.ts';
import { paintStatus, statusOf } from '../thread-status.ts';

export function define(command: Command): void {
  command
    .command('list')
    .summary('the newest threads')
    .addOption(
      new Option('--kind <kind>', 'only threads of this kind').choices([
        'session',
        'rollout',
        'experiment',
        'flow',
      ]),
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
    .summary('one thread, or an experiment with its rollouts, in another format')
    .argument('<id>', 'the id, or its beginning or end')
    .addOption(
      new Option(
        '--format <format>',
        'of a thread: JSON Lines, or an ATIF v1.7 trajectory; of an experiment: a Harbor job, verifiers traces, Inspect logs',
      )
        .choices([...EXPORT_FORMATS, ...EXPERIMENT_FORMATS])
        .default('jsonl'),
    )
    .option('--out <path>', 'the file to write (default: standard output); for an experiment the folder')
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

async function show(part: string, flags: { json?: boolean }): Promise<void> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    const summary = await store.get(id);
    const events = await store.read(id);
    if (flags.json) return printJson({ ...summary, status: statusOf(summary), events });
    for (const event of events) {
      const text = describeEvent(event);
      if (text !== undefined) print(text);
    }
    if (statusOf(summary) === 'lost') print(paint('yellow', '— its process is gone; the record ends here'));
  } finally {
    store.close();
  }
}

async function exportOne(
  part: string,
  { format, out }: { format: ExportFormat | ExperimentFormat; out?: string },
): Promise<void> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    if (isExperimentFormat(format)) {
      if (out === undefined) throw new UsageError(`The format ${format} is a folder; say --out <folder>.`);
      const files = await exportExperiment(format, { store, experiment: id, out });
      return print(`${files.length} files in ${plain(resolve(out))}`);
    }
    const text = await exportThread(format, id, await store.read(id));
    if (out === undefined) process.stdout.write(text);
    else await writeFile(resolve(out), text);
  } finally {
    store.close();
  }
}

function isExperimentFormat(format: string): format is ExperimentFormat {
  return (EXPERIMENT_FORMATS as readonly string[]).includes(format);
}
