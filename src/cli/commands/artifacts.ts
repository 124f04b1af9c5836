import type { Command } from 'commander';
import { artifactsOf, ticked, todosOf } from '../../flow/index.ts';
import { listArtifacts, printArtifact } from '../artifact.ts';
import { UsageError } from '../exit.ts';
import { positiveInteger } from '../options.ts';
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
    listArtifacts(id, artifacts, flags.json === true);
  } finally {
    store.close();
  }
}
