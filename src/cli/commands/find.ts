import type { Command } from 'commander';
import { openRepository, resolveCommit } from '../../git/index.ts';
import { RepositoryIndex } from '../../search/index.ts';
import { UsageError } from '../exit.ts';
import { positiveInteger } from '../options.ts';
import { fraction, paint, plain, print, printJson } from '../output.ts';

export function define(command: Command): void {
  command
    .argument('<text>', 'a question, a bug report, an identifier')
    .argument('[repo]', 'the repository', '.')
    .option('--at <commit>', 'search the files of this commit', 'HEAD')
    .option('--limit <n>', 'at most this many files', positiveInteger, 10)
    .option('--json', 'print [{path, score, lines}]')
    .addHelpText(
      'after',
      '\nSearches what is committed, by words, identifiers, paths and earlier commits. No model, no network.',
    )
    .action(find);
}

async function find(
  text: string,
  path: string,
  flags: { at: string; limit: number; json?: boolean },
): Promise<void> {
  if (text.trim() === '') throw new UsageError('There is nothing to find: the text is empty.');
  const repository = await openRepository(path);
  const commit = await resolveCommit(repository, flags.at);
  const index = new RepositoryIndex(repository);
  const { files } = await index.find(text, commit, { limit: flags.limit });
  const lines = await index.lines(text, commit, files);
  const found = files.map((file, place) => ({
    path: file.path,
    score: Number(file.score.toFixed(4)),
    lines: lines[place] ?? [],
  }));
  if (flags.json) return printJson(found);
  if (found.length === 0) return print('Nothing in this commit speaks of that.');
  for (const file of found) {
    print(`${paint('bold', plain(file.path))} ${paint('dim', fraction(file.score))}`);
    for (const { line, text: code } of file.lines)
      print(`  ${paint('dim', String(line).padStart(5))}  ${plain(code)}`);
  }
}
