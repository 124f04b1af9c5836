import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { AgentChoice } from '../../agent/index.ts';
import { kinoHome } from '../../config/index.ts';
import { UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { addModelFlags } from '../model-flags.ts';
import { httpUrl, portNumber } from '../options.ts';
import { paint, print, printJson } from '../output.ts';
import { openStore } from '../store.ts';

/** One that is given is not guessed. */
const MIN_TOKEN = 32;

interface ServeFlags extends AgentChoice {
  port: number;
  host: string;
  tlsCert?: string;
  tlsKey?: string;
  proxy?: string;
  open?: boolean;
  resume: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  addModelFlags(command)
    .option('--port <n>', 'the port; 0 for one that is free', portNumber, 4611)
    .option('--host <name>', 'where it listens; another than loopback wants TLS or a proxy', '127.0.0.1')
    .option('--tls-cert <file>', 'the certificate, with --tls-key')
    .option('--tls-key <file>', 'its key')
    .option('--proxy <origin>', 'the origin that a proxy with TLS before it goes by', httpUrl)
    .option('--no-resume', 'leave what a server that was killed was at')
    .option('--open', 'open it in the browser')
    .option('--json', 'print the address and the token as JSON, in one line')
    .addHelpText(
      'after',
      '\nThe address carries a token: whoever has it may do what you may. It is a new one each time, unless KINO_SERVE_TOKEN is set.',
    )
    .action(run);
}

async function run(flags: ServeFlags): Promise<void> {
  const signal = untilInterrupted();
  const { serve } = await import('../../server/index.ts');
  const store = openStore();
  try {
    const { port, host, proxy, tlsCert, tlsKey, open, resume, json, ...choice } = flags;
    if ((tlsCert === undefined) !== (tlsKey === undefined))
      throw new UsageError('--tls-cert and --tls-key go together.');
    const tls =
      tlsCert && tlsKey ? { cert: await readFile(tlsCert), key: await readFile(tlsKey) } : undefined;
    const token = process.env.KINO_SERVE_TOKEN;
    if (token !== undefined && token.length < MIN_TOKEN)
      throw new UsageError(`KINO_SERVE_TOKEN wants ${MIN_TOKEN} characters or more.`);
    const serving = await serve({
      ...(token !== undefined && { token }),
      store,
      choice,
      port,
      host,
      resume,
      ...(tls && { tls }),
      ...(proxy !== undefined && { proxy }),
    });
    const { url, origin } = serving;
    if (json) printJson({ url, origin, token: serving.token });
    else {
      if (serving.resumed > 0)
        print(
          serving.resumed === 1
            ? 'It goes on with a thread that was cut off.'
            : `It goes on with ${serving.resumed} threads that were cut off.`,
        );
      print(
        `The manager is at ${paint('bold', url)}\n${paint('dim', 'Ctrl-C stops it and the agents that it started.')}`,
      );
    }
    if (open) await openInBrowser(url);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await serving.close();
  } finally {
    store.close();
  }
}

/**
 * Opens an address by whatever this system opens files with. What a program is started with everybody on the machine can
 * read, so the address is in a file that this user alone can.
 */
async function openInBrowser(url: string): Promise<void> {
  const file = join(kinoHome(), 'open.html');
  await rm(file, { force: true });
  await writeFile(
    file,
    `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><title>Kino</title>\n`,
    { mode: 0o600 },
  );
  const program =
    process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  spawn(program, [file], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
