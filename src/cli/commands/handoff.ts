import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openModel, saveHandoff, writeHandoff } from '../../agent/index.ts';
import { loadConfig } from '../../config/index.ts';
import { newId } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { addHeadlessFlags, type HeadlessFlags, runHeadless } from '../headless.ts';
import { untilInterrupted } from '../interrupt.ts';
import { openThreadHere } from '../open-thread-here.ts';
import { plain, print } from '../output.ts';
import { openStore } from '../store.ts';

interface HandoffFlags extends HeadlessFlags {
  out?: string;
  digest?: boolean;
  start?: string;
}

export function define(command: Command): void {
  addHeadlessFlags(
    command
      .argument('[thread]', 'the id, its beginning or end (default: the newest session of this folder)')
      .argument('[prompt]', 'with --start: what to do next (default: the next step of the notes)'),
  )
    .option('--out <file>', 'where to write the notes (default: the handoffs folder of Kino)')
    .option('--digest', 'only what the thread itself says; no model')
    .option(
      '--start <file>',
      'begin a fresh session from notes that were written, and perhaps changed, before',
    )
    .addHelpText(
      'after',
      '\nWrites goal, decisions, files and lines, what was tried and the next step, for you to read and change.\nThen: kino handoff --start <file> "go on"',
    )
    .action(handoff);
}

async function handoff(
  part: string | undefined,
  prompt: string | undefined,
  flags: HandoffFlags,
): Promise<void> {
  if (flags.start !== undefined) return start(flags.start, prompt ?? part, flags);
  const signal = untilInterrupted();
  await using here = await openThreadHere(part);
  const started = here.events.find((event) => event.type === 'thread.started');
  const name = flags.model ?? started?.model;
  const model = flags.digest
    ? undefined
    : await openModel(
        { ...flags, ...(name !== undefined && { model: name }) },
        await loadConfig(),
        started?.workspace ?? '.',
      );
  const text = await writeHandoff(here.events, model, signal);
  const file = flags.out === undefined ? await saveHandoff(here.id, text) : resolve(flags.out);
  if (flags.out !== undefined) await writeFile(file, `${text}\n`, { mode: 0o600 });
  if (flags.output === 'json') print(JSON.stringify({ thread: here.id, file }));
  else print(`${plain(file)}\nRead it, change it, then: kino handoff --start ${plain(file)}`);
}

async function start(path: string, prompt: string | undefined, flags: HandoffFlags): Promise<void> {
  const signal = untilInterrupted();
  const notes = await readFile(path, 'utf8');
  if (notes.trim() === '') throw new UsageError(`${path} is empty.`);
  const store = openStore();
  try {
    const text = `${prompt ?? 'Go on from these notes with their next step.'}\n\n<handoff>\n${notes.trim()}\n</handoff>`;
    await runHeadless(
      {
        store,
        thread: newId(),
        prompt: text,
        title: (prompt ?? 'Go on from a handoff').slice(0, 120),
        signal,
      },
      flags,
    );
  } finally {
    store.close();
  }
}
