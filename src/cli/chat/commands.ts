import { expandPrompt, MODE_MEANINGS, MODES, saveHandoff, writeHandoff } from '../../agent/index.ts';
import { rememberedRules, trustFolder } from '../../config/index.ts';
import type { FilesRestored, ThreadStore } from '../../thread/index.ts';
import { sessionsIn } from '../thread-here.ts';
import type { Chat } from './chat.ts';

export interface CommandAround {
  chat: Chat;
  store: ThreadStore;
  /** What fills the window, in words. */
  context(): string;
  pick(
    title: string,
    items: { value: string; label: string; description?: string }[],
  ): Promise<string | undefined>;
}

/** What a command asks the face to do. */
export interface CommandResult {
  say?: string;
  /** Told to the agent. */
  prompt?: string;
  event?: FilesRestored;
  /** The thread to go to; empty for a new one. */
  thread?: string;
  leave?: boolean;
}

interface ChatCommand {
  name: string;
  summary: string;
  run(argument: string, around: CommandAround): Promise<CommandResult>;
}

export const COMMANDS: readonly ChatCommand[] = [
  {
    name: 'help',
    summary: 'what can be said here',
    async run(_, { chat }) {
      const own = chat.commands.map(({ name, description }) => ({ name, summary: description }));
      const lines = [...COMMANDS, ...own].map(({ name, summary }) => `  /${name.padEnd(12)} ${summary}`);
      return {
        say: [
          ...lines,
          '',
          '  enter sends, or steers while the agent works; tab queues; esc stops the step;',
          '  shift+tab changes the mode; ctrl+r searches earlier prompts; ctrl+o shows whole outputs.',
        ].join('\n'),
      };
    },
  },
  {
    name: 'mode',
    summary: `how much happens without asking: ${MODES.join(', ')}`,
    async run(argument, { chat, pick }) {
      const items = MODES.map((mode) => ({ value: mode, label: mode, description: MODE_MEANINGS[mode] }));
      const wanted = argument || (await pick('Mode', items));
      if (wanted === undefined) return {};
      const mode = MODES.find((one) => one === wanted);
      if (!mode) return { say: `There is no mode ${wanted}. Modes: ${MODES.join(', ')}.` };
      chat.mode = mode;
      return { say: `${mode}: ${MODE_MEANINGS[mode]}.` };
    },
  },
  {
    name: 'context',
    summary: 'what fills the context window',
    run: async (_, { context }) => ({ say: context() }),
  },
  {
    name: 'undo',
    summary: 'take back what the last step changed',
    async run(_, { chat }) {
      if (chat.isBusy) return { say: 'The agent works; stop it first (esc).' };
      const event = await chat.undo();
      return event ? { event } : { say: 'No step has changed a file.' };
    },
  },
  {
    name: 'handoff',
    summary: 'write notes that a fresh session starts from',
    async run(_, { chat }) {
      const events = await chat.events();
      if (events.length === 0) return { say: 'Nothing has happened yet.' };
      const file = await saveHandoff(chat.thread, await writeHandoff(events));
      return { say: `${file}\n\`kino handoff ${chat.thread}\` has the model write the rest of it.` };
    },
  },
  {
    name: 'permissions',
    summary: 'the rules that hold',
    async run(_, { chat }) {
      const rules = chat.open.session.gate.policy.rules.map(
        ({ outcome, text, source }) => `  ${outcome.padEnd(5)} ${text}  (${source})`,
      );
      const kept = (await rememberedRules()).length;
      return {
        say:
          rules.length === 0
            ? `No rules; mode ${chat.mode} decides. ${kept} are remembered in all.`
            : rules.join('\n'),
      };
    },
  },
  {
    name: 'trust',
    summary: 'say that you trust this folder',
    async run(_, { chat }) {
      await trustFolder(chat.open.origin);
      return {
        say: `${chat.open.origin} is trusted.`,
        thread: (await chat.events()).length > 0 ? chat.thread : '',
      };
    },
  },
  { name: 'new', summary: 'begin a new session', run: async () => ({ thread: '' }) },
  {
    name: 'resume',
    summary: 'go on with an earlier session of this folder',
    async run(_, { chat, store, pick }) {
      const sessions = await sessionsIn(store, chat.open.origin);
      const threads = sessions.filter(({ id }) => id !== chat.thread);
      if (threads.length === 0) return { say: 'There is no earlier session here.' };
      const items = threads.slice(0, 100).map(({ id, title, updatedAt }) => ({
        value: id,
        label: title || id,
        description: new Date(updatedAt).toISOString().slice(0, 16).replace('T', ' '),
      }));
      const thread = await pick('Sessions', items);
      return thread === undefined ? {} : { thread };
    },
  },
  { name: 'quit', summary: 'leave; the session can be resumed', run: async () => ({ leave: true }) },
];

/** Runs a line that begins with a slash. */
export async function runCommand(line: string, around: CommandAround): Promise<CommandResult> {
  const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = COMMANDS.find((one) => one.name === name);
  const prompt = command ? undefined : expandPrompt(line, around.chat.commands);
  if (prompt !== undefined) return { prompt };
  if (!command) return { say: `There is no command /${name}; /help lists them.` };
  return command.run(argument.trim(), around);
}
