import { createInterface } from 'node:readline';
import { wholeOf } from '../../agent/index.ts';
import type { ThreadEvent, ThreadStore } from '../../thread/index.ts';
import { sentenceFor } from '../exit.ts';
import { plain, print } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { Chat, type ChatFlags } from './chat.ts';
import { runCommand } from './commands.ts';

export interface PlainChatOptions {
  flags: ChatFlags;
  store: ThreadStore;
  thread?: string;
  prompt?: string;
}

/** The interactive session line by line: for terminals that can do no more, for pipes and for screen readers. */
export async function runPlainChat({ flags, store, thread, prompt }: PlainChatOptions): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const waiting: string[] = [];
  let wake: (() => void) | undefined;
  let isOver = false;
  lines.on('line', (line) => {
    waiting.push(line);
    wake?.();
  });
  lines.on('close', () => {
    isOver = true;
    wake?.();
  });
  /** @returns undefined at the end of the input */
  const nextLine = async (question: string, signal?: AbortSignal): Promise<string | undefined> => {
    process.stdout.write(question);
    while (waiting.length === 0 && !isOver && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return signal?.aborted ? undefined : waiting.shift();
  };

  const pick = async (title: string, items: { value: string; label: string }[]) => {
    for (const [index, { label }] of items.entries()) print(`  ${index + 1}  ${plain(label)}`);
    const answer = await nextLine(`${plain(title)} (number): `);
    return items[Number(answer) - 1]?.value;
  };
  const chat = await Chat.open(
    flags,
    store,
    {
      person: {
        async permit({ tool, input, reason }, signal) {
          print(`${plain(wholeOf(tool, (input ?? {}) as Record<string, unknown>))} — ${plain(reason)}`);
          const answer = await nextLine('Allow? (y, n, or say what to do instead) ', signal);
          if (answer === undefined) return undefined;
          if (/^y(?:es)?$/i.test(answer.trim())) return { outcome: 'allow', scope: 'once' };
          const note = /^no?$/i.test(answer.trim()) ? '' : answer.trim();
          return { outcome: 'deny', scope: 'once', ...(note !== '' && { note }) };
        },
        async answer({ question, options }, signal) {
          for (const [index, option] of options.entries()) print(`  ${index + 1}  ${plain(option)}`);
          const answer = await nextLine(`${plain(question)} `, signal);
          return options[Number(answer) - 1] ?? answer;
        },
      },
      onEvent: show,
      onChildEvent: () => {},
    },
    thread,
  );
  const stop = () => (chat.isBusy ? chat.interrupt() : lines.close());
  process.on('SIGINT', stop);
  try {
    for (let text = prompt ?? (await nextLine('> ')); text !== undefined; text = await nextLine('> ')) {
      const given = text.trim();
      if (given === '') continue;
      try {
        if (!given.startsWith('/')) {
          await chat.send(given);
          continue;
        }
        const result = await runCommand(given, {
          chat,
          store,
          context: () => 'The meter needs a whole terminal.',
          pick,
        });
        if (result.say !== undefined) print(plain(result.say));
        if (result.event) print(`took back: ${result.event.restored.join(', ') || 'nothing'}`);
        if (result.prompt !== undefined) await chat.send(result.prompt);
        if (result.thread !== undefined)
          print(`Leave, and say: kino ${result.thread === '' ? '' : `resume ${result.thread}`}`);
        if (result.leave) break;
      } catch (error) {
        print(`! ${plain(sentenceFor(error))}`);
      }
    }
  } finally {
    process.off('SIGINT', stop);
    lines.close();
    await chat.close();
  }
}

function show(event: ThreadEvent): void {
  if (event.type === 'assistant.message' && event.text.trim() !== '') print(plain(event.text.trim()));
  else if (event.type === 'thread.ended' && event.status !== 'done') print(`! ${plain(event.reason)}`);
  else {
    const line = progressLine(event);
    if (line !== undefined) print(plain(line));
  }
}
