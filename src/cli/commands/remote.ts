import type { Command } from 'commander';
import { answer, board, connect, inbox, run, say, stop, watch } from '../remote/acts.ts';

export function define(command: Command): void {
  command.addHelpText(
    'after',
    '\nDrives the server of another machine, or of another terminal. KINO_SERVER and KINO_SERVE_TOKEN win over what\n`connect` has kept. An authority of your own: NODE_EXTRA_CA_CERTS.',
  );
  command
    .command('connect')
    .summary('say which server')
    .argument(
      '[address]',
      'what `kino serve` prints, with its token; asked for, or read from standard input, if left out',
    )
    .action(connect);
  command
    .command('board')
    .summary('what its agents are at')
    .option('--all', 'not the newest 20 alone')
    .option('--json', 'print it as JSON')
    .action(board);
  command
    .command('run')
    .summary('start an agent there')
    .argument('<prompt>', 'what to do')
    .requiredOption('--folder <path>', 'the repository, as that machine knows it')
    .option('--model <name>', 'as provider/model')
    .option('--no-worktree', 'work in the folder itself')
    .option('--no-follow', 'do not wait for its end')
    .option('--json', 'print what comes as JSON')
    .action(run);
  command
    .command('watch')
    .summary('follow a thread to the end of its work')
    .argument('<thread>', 'the id, its beginning or end')
    .option('--json', 'print its events as JSON, at its end')
    .action(watch);
  command
    .command('say')
    .summary('tell an agent something; one that has ended goes on')
    .argument('<thread>', 'the id, its beginning or end')
    .argument('<text>', 'what')
    .option('--queue', 'to be heard when it is done, and not at its next step')
    .action(say);
  command
    .command('stop')
    .summary('stop an agent')
    .argument('<thread>', 'the id, its beginning or end')
    .action(stop);
  command.command('inbox').summary('what waits for you').option('--json', 'print it as JSON').action(inbox);
  command
    .command('answer')
    .summary('answer what waits')
    .argument('<id>', 'as `kino remote inbox` shows it')
    .argument('<answer>', 'yes or no, or the answer to a question')
    .action(answer);
}
