import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Change } from '../../review/index.ts';
import { plain, print, printJson } from '../output.ts';
import { printHunks, printTour } from '../print-change.ts';
import { printComparison } from '../print-comparison.ts';
import { clientOf, RemoteError, read, theRemote } from './client.ts';
import { threadOf } from './find.ts';

interface Json {
  json?: boolean;
}

/** Goes on with work that was cut off, from where it was. */
export async function resume(part: string): Promise<void> {
  const remote = await theRemote();
  const id = await threadOf(remote, part);
  await read(clientOf(remote).threads[':id'].resume.$post({ param: { id } }));
  print(`It goes on; \`kino remote watch ${id.slice(-6)}\` shows it.`);
}

export async function fork(part: string, { at, json }: Json & { at?: number }): Promise<void> {
  const remote = await theRemote();
  const param = { id: await threadOf(remote, part) };
  const given = at === undefined ? {} : { at };
  const made = await read(clientOf(remote).threads[':id'].fork.$post({ param, json: given }));
  if (json) printJson(made);
  else
    print(
      `${plain(made.thread)} in ${plain(made.workspace)}\nThen: kino remote say ${plain(made.thread).slice(-6)} "…"`,
    );
}

/** Prints the notes from which a fresh session can start. */
export async function handoff(part: string, { digest, json }: Json & { digest?: boolean }): Promise<void> {
  const remote = await theRemote();
  const param = { id: await threadOf(remote, part) };
  const made = await read(
    clientOf(remote).threads[':id'].handoff.$post({ param, json: { digest: digest === true } }),
  );
  if (json) printJson(made);
  else print(plain(made.text));
}

export async function review(
  part: string,
  flags: Json & { hunks?: boolean; accept?: string[]; reject?: string[]; reopen?: string[] },
): Promise<void> {
  const remote = await theRemote();
  const param = { id: await threadOf(remote, part) };
  const { changes } = clientOf(remote).threads[':id'];
  const look = () => read(changes.$get({ param, query: {} }));
  for (const hunk of flags.reopen ?? [])
    await read(changes.decisions.$post({ param, query: {}, json: { decision: 'reopen', hunk } }));
  for (const decision of ['accept', 'reject'] as const)
    for (const hunk of flags[decision] ?? []) {
      const file = (await look()).files.find((one) => one.hunks.some((own) => own.id === hunk));
      if (!file) throw new RemoteError(`The change has no part ${hunk}; --hunks lists them.`);
      const json = {
        ...{ decision, hunk, path: file.path },
        ...(file.from !== undefined && { from: file.from }),
      };
      await read(changes.decisions.$post({ param, query: {}, json }));
    }
  const change = await look();
  if (flags.json) printJson(change);
  else if (flags.hunks)
    printHunks(change as Change, { accepted: new Set(change.accepted), rejected: change.rejected });
  else if (change.files.length === 0) print('Nothing has changed.');
  else printTour(change as Change);
}

export async function compare(a: string, b: string, { json }: Json): Promise<void> {
  const remote = await theRemote();
  const query = { a: await threadOf(remote, a), b: await threadOf(remote, b) };
  const found = await read(clientOf(remote).compare.$get({ query }));
  if (json) printJson(found);
  else printComparison(found);
}

/** A page of a thread without its secrets: as a file here, or behind a link there. */
export async function share(
  part: string,
  flags: Json & { artifact?: string; hide?: string[]; out?: string; link?: boolean; days: number },
): Promise<void> {
  const remote = await theRemote();
  const param = { id: await threadOf(remote, part) };
  const json = {
    ...{ hide: flags.hide ?? [], days: flags.days },
    ...(flags.artifact !== undefined && { artifact: flags.artifact }),
  };
  const { share: own } = clientOf(remote).threads[':id'];
  const { scrubbed } = await read(own.preview.$post({ param, json }));
  if (flags.link) {
    const { path, expiresAt } = await read(own.link.$post({ param, json }));
    const url = `${remote.origin}${path}`;
    if (flags.json) return printJson({ url, expiresAt, scrubbed });
    print(url);
  } else {
    const response = await own.file.$post({ param, json });
    if (!response.ok) throw new RemoteError(`The server answered ${response.status}.`);
    const file = resolve(flags.out ?? `${param.id}.html`);
    await writeFile(file, Buffer.from(await response.arrayBuffer()), { mode: 0o600 });
    if (flags.json) return printJson({ file, scrubbed });
    print(plain(file));
  }
  for (const { kind, hint, count } of scrubbed) print(`  ${count} × ${plain(kind)} ${plain(hint)}`);
}
