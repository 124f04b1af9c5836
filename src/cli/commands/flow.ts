import { type Command, Option } from 'commander';
import { POLICIES } from '../../flow/index.ts';
import { approve, discard, resume, sendBack, start } from '../flow/decide.ts';
import { answer, comment, send } from '../flow/say.ts';
import { list, show, status, workflows } from '../flow/show.ts';
import { addModelFlags } from '../model-flags.ts';
import { positiveInteger } from '../options.ts';

/** The flags of every command that lets a phase be worked on. */
function addWorkFlags(command: Command): Command {
  return addModelFlags(command)
    .option('--max-steps <n>', 'of a phase, stop after this many answers of the model', positiveInteger)
    .option('--no-run', 'only write it down; `kino flow resume` goes on')
    .option('-q, --quiet', 'no progress on standard error')
    .option('--json', 'print where the flow stands as JSON');
}

const FLOW = 'the flow (default: the newest of this repository)';

export function define(command: Command): void {
  addWorkFlags(
    command
      .command('start')
      .summary('begin to work on a request in phases')
      .argument('<request>', 'what is wanted; - reads it from standard input'),
  )
    .option('-w, --workflow <name>', 'the phases', 'research-plan-implement')
    .addOption(
      new Option('--policy <policy>', 'who looks at artifacts (default: as the workflow says)').choices(
        POLICIES,
      ),
    )
    .option('-C, --cwd <folder>', 'the workspace', '.')
    .option('--here', 'work in the folder itself and not in a worktree')
    .action(start);
  command
    .command('status', { isDefault: true })
    .summary('where a flow stands')
    .argument('[flow]', FLOW)
    .option('--json', 'print it as JSON')
    .action(status);
  command
    .command('list')
    .summary('the flows of this repository')
    .option('--all', 'of every repository')
    .option('--json', 'print them as JSON')
    .action(list);
  command
    .command('show')
    .summary('read an artifact, with its comments and open questions')
    .argument('[phase]', 'the phase (default: the one that the flow stands at)')
    .option('--flow <id>', FLOW)
    .option('--artifact <name>', 'another one than the phase was to make')
    .option('--version <n>', 'an earlier version', positiveInteger)
    .option('--json', 'print it as JSON')
    .action(show);
  command
    .command('comment')
    .summary('comment on an artifact; the agent is told when it is sent')
    .argument('<text>', 'the comment')
    .option('--on <words>', 'the words of the artifact that it is about')
    .option(
      '--line <n>',
      'the line that the words are on, where they are there more than once',
      positiveInteger,
    )
    .option('--phase <name>', 'the phase (default: the one that the flow stands at)')
    .option('--artifact <name>', 'another one than the phase was to make')
    .option('--flow <id>', FLOW)
    .action(comment);
  command
    .command('answer')
    .summary('answer an open question of an artifact')
    .argument('<question>', 'its number, as `kino flow show` counts them')
    .argument('<answer>', 'one of its options, by number, or any text')
    .option('--phase <name>', 'the phase (default: the one that the flow stands at)')
    .option('--flow <id>', FLOW)
    .action(answer);
  command
    .command('send')
    .summary('send your comments to the agent while it works')
    .option('--phase <name>', 'the phase (default: the one that the flow stands at)')
    .option('--flow <id>', FLOW)
    .action(send);
  addWorkFlags(
    command.command('approve').summary('approve what the phase made, and go on').argument('[flow]', FLOW),
  )
    .option('--note <text>', 'kept with the decision')
    .option('--anyway', 'although comments are not addressed')
    .action(approve);
  addWorkFlags(
    command
      .command('send-back')
      .summary('send the phase back with your comments; the same agent goes on')
      .argument('[note]', 'what is to be different, as a whole'),
  )
    .option('--phase <name>', 'an earlier phase; those after it begin afresh')
    .option('--flow <id>', FLOW)
    .action(sendBack);
  addWorkFlags(
    command
      .command('discard')
      .summary('throw away what the phase made and changed; it begins afresh')
      .argument('[flow]', FLOW),
  )
    .option('--note <text>', 'kept with the decision')
    .action(discard);
  addWorkFlags(
    command.command('resume').summary('go on with work that was cut off').argument('[flow]', FLOW),
  ).action(resume);
  command
    .command('workflows')
    .summary('the workflows that there are, and their phases')
    .option('--json', 'print them as JSON')
    .action(workflows);
}
