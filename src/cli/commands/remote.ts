import { type Command, Option } from 'commander';
import { MODES } from '../../agent/index.ts';
import { POLICIES } from '../../flow/index.ts';
import { collect, positiveInteger } from '../options.ts';
import { board, connect, run, say, stop, watch } from '../remote/acts.ts';
import { answerQuestion, artifacts, comment, send } from '../remote/artifacts.ts';
import { approve, discard, resume as resumeFlow, sendBack, show, start, status } from '../remote/flow.ts';
import { answer, inbox, seen } from '../remote/inbox.ts';
import { compare, fork, handoff, resume, review, share } from '../remote/thread.ts';

const THREAD = 'the id, its beginning or end';
const FLOW = 'the id, its beginning or end (default: the newest)';

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
  defineAgents(command);
  defineInbox(command);
  defineArtifacts(command);
  defineThreads(command);
  defineFlows(command.command('flow').summary('work in phases: begin, look, decide'));
}

function defineAgents(command: Command): void {
  command
    .command('run')
    .summary('start an agent there')
    .argument('<prompt>', 'what to do')
    .requiredOption('--folder <path>', 'the repository, as that machine knows it')
    .option('-a, --agent <name>', 'kino, or acp:<name or command>')
    .option('-m, --model <name>', 'as provider/model')
    .addOption(new Option('--mode <mode>', 'what happens without asking').choices(MODES))
    .option('--no-worktree', 'work in the folder itself')
    .option('--no-follow', 'do not wait for its end')
    .option('--json', 'print what comes as JSON')
    .action(run);
  command
    .command('watch')
    .summary('follow a thread to the end of its work')
    .argument('<thread>', THREAD)
    .option('--json', 'print its events as JSON, at its end')
    .action(watch);
  command
    .command('say')
    .summary('tell an agent something; one that has ended goes on')
    .argument('<thread>', THREAD)
    .argument('<text>', 'what')
    .option('--queue', 'to be heard when it is done, and not at its next step')
    .action(say);
  command.command('stop').summary('stop an agent').argument('<thread>', THREAD).action(stop);
  command
    .command('resume')
    .summary('go on with work that was cut off')
    .argument('<thread>', THREAD)
    .action(resume);
}

function defineInbox(command: Command): void {
  command
    .command('inbox')
    .summary('what waits for you, and what has ended')
    .option('--json', 'print it as JSON')
    .action(inbox);
  command
    .command('answer')
    .summary('answer what waits')
    .argument('<id>', 'as `kino remote inbox` shows it')
    .argument('<answer>', 'yes or no, or the answer to a question')
    .option('--for <scope>', 'of a permission: once, session, project or user', 'once')
    .option('--note <text>', 'of a refusal: what to do instead')
    .action(answer);
  command.command('seen').summary('say that you know how it ended').argument('<thread>', THREAD).action(seen);
}

function defineArtifacts(command: Command): void {
  command
    .command('artifacts')
    .summary('what a thread has made for you')
    .argument('<thread>', THREAD)
    .argument('[name]', 'the artifact to read (default: list them)')
    .option('--version <n>', 'an earlier version', positiveInteger)
    .option('--json', 'print them as JSON')
    .action(artifacts);
  command
    .command('comment')
    .summary('comment on an artifact; the agent is told when it is sent')
    .argument('<thread>', THREAD)
    .argument('<artifact>', 'its name')
    .argument('<text>', 'the comment')
    .option('--on <words>', 'the words of the artifact that it is about')
    .option('--line <n>', 'the line that the words are on', positiveInteger)
    .action(comment);
  command
    .command('answer-question')
    .summary('answer an open question of an artifact')
    .argument('<thread>', THREAD)
    .argument('<artifact>', 'its name')
    .argument('<question>', 'its number')
    .argument('<answer>', 'one of its options, by number, or any text')
    .action(answerQuestion);
  command
    .command('send')
    .summary('send your comments; a session that is over goes on with them')
    .argument('<thread>', THREAD)
    .action(send);
}

function defineThreads(command: Command): void {
  command
    .command('review')
    .summary('what a thread has changed, in the order in which it is read')
    .argument('<thread>', THREAD)
    .option('--hunks', 'list the parts of the change, with their ids and what was decided')
    .option('--accept <hunk...>', 'parts that need not be looked at again')
    .option('--reject <hunk...>', 'take parts out of the workspace')
    .option('--reopen <hunk...>', 'look at parts again; what was taken out is put back')
    .option('--json', 'print the diff, the tour and the slop as JSON')
    .action(review);
  command
    .command('compare')
    .summary('two attempts, side by side')
    .argument('<a>', THREAD)
    .argument('<b>', THREAD)
    .option('--json', 'print it as JSON')
    .action(compare);
  command
    .command('fork')
    .summary('another thread that shares its beginning, in a worktree of its own')
    .argument('<thread>', THREAD)
    .option('--at <event>', 'the number of the last event that it shares', positiveInteger)
    .option('--json', 'print it as JSON')
    .action(fork);
  command
    .command('handoff')
    .summary('notes from which a fresh session can start')
    .argument('<thread>', THREAD)
    .option('--digest', 'only what the thread itself says; no model')
    .option('--json', 'print it as JSON')
    .action(handoff);
  command
    .command('share')
    .summary('a thread as one page without secrets')
    .argument('<thread>', THREAD)
    .option('--artifact <name>', 'only this one of its artifacts')
    .option('--hide <words>', 'further words that are to be shown to nobody', collect)
    .option('--out <file>', 'where to write the page (default: <thread>.html)')
    .option('--link', 'keep it there, and print a link to it')
    .option('--days <n>', 'how long the link is good for', positiveInteger, 7)
    .option('--json', 'print it as JSON')
    .action(share);
}

function defineFlows(command: Command): void {
  const works = (one: Command) =>
    one
      .option('--no-follow', 'do not wait until it needs you')
      .option('--json', 'print where the flow stands as JSON');
  works(
    command.command('start').summary('begin to work on a request in phases').argument('<request>', 'what'),
  )
    .requiredOption('--folder <path>', 'the repository, as that machine knows it')
    .option('-w, --workflow <name>', 'the phases', 'research-plan-implement')
    .option('--here', 'work in the folder itself and not in a worktree')
    .addOption(new Option('--policy <policy>', 'who looks at artifacts').choices(POLICIES))
    .option('-a, --agent <name>', 'kino, or acp:<name or command>')
    .option('-m, --model <name>', 'as provider/model')
    .action(start);
  command
    .command('status', { isDefault: true })
    .summary('where a flow stands')
    .argument('[flow]', FLOW)
    .option('--json', 'print it as JSON')
    .action(status);
  command
    .command('show')
    .summary('read an artifact, with its comments and open questions')
    .argument('[phase]', 'the phase (default: the one that the flow stands at)')
    .option('--flow <id>', FLOW)
    .option('--artifact <name>', 'another one than the phase was to make')
    .option('--version <n>', 'an earlier version', positiveInteger)
    .option('--json', 'print it as JSON')
    .action(show);
  works(command.command('approve').summary('approve what the phase made, and go on').argument('[flow]', FLOW))
    .option('--note <text>', 'kept with the decision')
    .option('--anyway', 'although comments are not addressed')
    .action(approve);
  works(
    command
      .command('send-back')
      .summary('send a phase back with your comments')
      .argument('[note]', 'what is to be different, as a whole'),
  )
    .option('--phase <name>', 'an earlier phase; those after it begin afresh')
    .option('--flow <id>', FLOW)
    .action(sendBack);
  works(
    command.command('discard').summary('throw away what the phase made and changed').argument('[flow]', FLOW),
  )
    .option('--note <text>', 'kept with the decision')
    .action(discard);
  works(
    command.command('resume').summary('go on with work that was cut off').argument('[flow]', FLOW),
  ).action(resumeFlow);
}
