import type { Command } from 'commander';
import { artifactsOf, latestOf, ticked, todosOf } from '../../flow/index.ts';
import { printArtifact } from '../artifact.ts';
import { UsageError } from '../exit.ts';
import { positiveInteger } from '../options.ts';
import { paint, plain, print, printJson, table } from '../output.ts';
import { openStore } from '../store.ts';
import { latestThreadIn } from '../thread-here.ts';

interface ArtifactFlags {
  thread?: string;
  version?: number;
  json?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[name]', 'the artifact to read (default: list them)')
    .option('--thread <id>', 'of this thread (default: the newest session of this repository)')
    .option('--version <n>', 'an earlier version', positiveInteger)
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nThose of a flow: kino flow show.')
    .action(run);
}

async function run(name: string | undefined, flags: ArtifactFlags): Promise<void> {
  const store = openStore();
  try {
    const id =
      flags.thread === undefined ? (await latestThreadIn(store, '.')).id : await store.resolve(flags.thread);
    const events = await store.read(id);
    const artifacts = artifactsOf(id, events);
    if (name !== undefined) {
      const artifact = artifacts.find((one) => one.name === name);
      const there = artifacts.map((one) => one.name).join(', ') || 'none';
      if (!artifact) throw new UsageError(`${id} has no artifact ${name}; it has ${there}.`);
      return printArtifact(artifact, flags, (text) => ticked(text, todosOf(events)));
    }
    if (flags.json) return printJson(artifacts);
    if (artifacts.length === 0) return print(`${id} has made no artifact.`);
    const columns = [
      { title: 'artifact' },
      { title: 'kind' },
      { title: 'version' },
      { title: 'comments' },
      { title: 'title' },
    ];
    print(
      table(
        columns,
        artifacts.map((artifact) => [
          artifact.name,
          artifact.kind,
          String(latestOf(artifact).version),
          openWords(artifact.comments.map(({ status }) => status)),
          plain(artifact.title).slice(0, 60),
        ]),
      ),
    );
  } finally {
    store.close();
  }
}

function openWords(statuses: readonly string[]): string {
  const open = statuses.filter((status) => status === 'open' || status === 'draft').length;
  return open === 0 ? String(statuses.length) : paint('yellow', `${statuses.length}, ${open} open`);
}
