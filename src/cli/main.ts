import { Command, CommanderError } from 'commander';
import { version } from '../config/index.ts';
import { exitCodeFor, sentenceFor, UsageError } from './exit.ts';
import { wasInterrupted } from './interrupt.ts';
import { plain } from './output.ts';

/** Every command: what it is for, and the file that is loaded when it is asked for. */
const COMMANDS: Record<string, { summary: string; load: () => Promise<{ define(command: Command): void }> }> =
  {
    demo: {
      summary: 'mine, roll out and score on a small real repository; no key needed',
      load: () => import('./commands/demo.ts'),
    },
    chat: { summary: 'work with an agent, interactively', load: () => import('./commands/chat.ts') },
    run: { summary: "run Kino's agent on a prompt, headless", load: () => import('./commands/run.ts') },
    resume: { summary: 'go on with a session', load: () => import('./commands/resume.ts') },
    fork: {
      summary: 'go on from a session in a copy of it',
      load: () => import('./commands/fork.ts'),
    },
    undo: { summary: 'take back what the last step changed', load: () => import('./commands/undo.ts') },
    rewind: {
      summary: 'take back a session to the beginning of a step',
      load: () => import('./commands/rewind.ts'),
    },
    trust: { summary: 'say that you trust a folder', load: () => import('./commands/trust.ts') },
    permissions: {
      summary: 'list and remove permission rules',
      load: () => import('./commands/permissions.ts'),
    },
    handoff: {
      summary: 'write notes from which a fresh session starts',
      load: () => import('./commands/handoff.ts'),
    },
    memory: {
      summary: 'what is remembered from session to session',
      load: () => import('./commands/memory.ts'),
    },
    worktree: { summary: 'list, run and remove worktrees', load: () => import('./commands/worktree.ts') },
    acp: {
      summary: 'be an agent for an editor (Agent Client Protocol)',
      load: () => import('./commands/acp.ts'),
    },
    flow: {
      summary: 'work in phases, with artifacts that you review and approve',
      load: () => import('./commands/flow.ts'),
    },
    artifacts: {
      summary: 'what a session made for you to review',
      load: () => import('./commands/artifacts.ts'),
    },
    share: {
      summary: 'a session or an artifact as one page, without secrets',
      load: () => import('./commands/share.ts'),
    },
    remote: {
      summary: 'drive a manager that runs elsewhere',
      load: () => import('./commands/remote.ts'),
    },
    team: {
      summary: 'who had what done, and what of it still stands',
      load: () => import('./commands/team.ts'),
    },
    serve: {
      summary: 'the manager: many agents, one inbox, in the browser',
      load: () => import('./commands/serve.ts'),
    },
    review: {
      summary: 'a guided tour of a change: what to read first, why, and what to ask',
      load: () => import('./commands/review.ts'),
    },
    find: { summary: 'find the files that a text is about', load: () => import('./commands/find.ts') },
    mine: { summary: "turn a repository's history into tasks", load: () => import('./commands/mine.ts') },
    tasks: { summary: 'import and export tasks of other formats', load: () => import('./commands/tasks.ts') },
    check: {
      summary: 'check that tasks can be solved, and not without work',
      load: () => import('./commands/check.ts'),
    },
    eval: { summary: 'roll agents out on tasks and score them', load: () => import('./commands/eval.ts') },
    compare: {
      summary: 'compare two experiments, task by task',
      load: () => import('./commands/compare.ts'),
    },
    threads: {
      summary: 'list, show and export what was recorded',
      load: () => import('./commands/threads.ts'),
    },
    cache: {
      summary: 'what is kept for environments, and how to be rid of it',
      load: () => import('./commands/cache.ts'),
    },
    doctor: {
      summary: 'check what Kino needs and say how to mend it',
      load: () => import('./commands/doctor.ts'),
    },
  };

/** Runs a command line and sets the exit code: 0 done, 1 the work failed, 2 bad input, 130 interrupted. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader that leaves early (`| head`) ends the output, not the work with a stack trace.
  let left = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (left) return;
    left = true;
    // Work that is under way ends as at Ctrl-C, so that its record and its sandbox are closed.
    if (!process.emit('SIGINT')) process.exit(0);
  });
  try {
    const line = lineOf(args);
    const program = await buildProgram(line[0]);
    await program.parseAsync(line, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    // Ctrl-C reaches the programs that Kino runs as well, and they fail each in their own way.
    process.exitCode = wasInterrupted() ? 130 : exitCodeFor(error);
    const isOurs = error instanceof Error && error.name === 'InterruptedError';
    const said = wasInterrupted() && !isOurs ? 'Stopped.' : plain(sentenceFor(error));
    process.stderr.write(`kino: ${said}\n`);
  }
}

/** Without a command it is the interactive session, with `--web` the manager; where nobody can type, the help. */
function lineOf(args: readonly string[]): string[] {
  const [first] = args;
  if (first === undefined) return process.stdin.isTTY && process.stdout.isTTY ? ['chat'] : [];
  if (first === '--web') return ['serve', '--open', ...args.slice(1)];
  const isOwn = ['-h', '--help', '-V', '--version'].includes(first);
  return first.startsWith('-') && !isOwn ? ['chat', ...args] : [...args];
}

async function buildProgram(name: string | undefined): Promise<Command> {
  const program = new Command('kino')
    .description('A local-first workbench for coding agents: run, review, prove, improve.')
    .version(version())
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();
  for (const [command, { summary, load }] of Object.entries(COMMANDS)) {
    const added = program
      .command(command)
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
    // Only the command that is asked for is loaded; `kino help <command>` asks for it as well.
    if (command === name || name === 'help') (await load()).define(added);
  }
  program.action(() => {
    const [unknown] = program.args;
    if (unknown !== undefined) throw new UsageError(unknownCommand(unknown));
    program.outputHelp();
  });
  program.allowExcessArguments();
  // With an action of its own a program gets no help command unless it asks for one.
  program.helpCommand('help [command]', 'display help for a command');
  return program;
}

function unknownCommand(name: string): string {
  const names = Object.keys(COMMANDS);
  const near = names.find((known) => known.startsWith(name.slice(0, 2)));
  return `There is no command ${name}.${near ? ` Did you mean ${near}?` : ''} \`kino --help\` lists them.`;
}
