import type { Artifact } from '../../flow/index.ts';
import { anchorFor, listArtifacts, printArtifact } from '../artifact.ts';
import { UsageError } from '../exit.ts';
import { plain, print } from '../output.ts';
import { clientOf, type Remote, read, theRemote } from './client.ts';
import { threadOf } from './find.ts';

async function artifactsOf(remote: Remote, part: string) {
  const id = await threadOf(remote, part);
  const { artifacts } = await read(clientOf(remote).threads[':id'].artifacts.$get({ param: { id } }));
  return { id, artifacts };
}

async function artifactOf(remote: Remote, part: string, name: string) {
  const { id, artifacts } = await artifactsOf(remote, part);
  const artifact = artifacts.find((one) => one.name === name);
  const there = artifacts.map((one) => plain(one.name)).join(', ') || 'none';
  if (!artifact) throw new UsageError(`${id} has no artifact ${name}; it has ${there}.`);
  return { id, artifact };
}

export async function artifacts(
  part: string,
  name: string | undefined,
  flags: { version?: number; json?: boolean },
): Promise<void> {
  const remote = await theRemote();
  if (name === undefined) {
    const found = await artifactsOf(remote, part);
    return listArtifacts(found.id, found.artifacts as Artifact[], flags.json === true);
  }
  const { artifact } = await artifactOf(remote, part, name);
  printArtifact(artifact as Artifact, flags, (text) => (flags.version === undefined ? artifact.shown : text));
}

export async function comment(
  part: string,
  name: string,
  text: string,
  flags: { on?: string; line?: number },
): Promise<void> {
  if (text.trim() === '') throw new UsageError('The comment is empty.');
  const remote = await theRemote();
  const { id, artifact } = await artifactOf(remote, part, name);
  const anchor = anchorFor(artifact as Artifact, flags);
  const json = { artifact: name, anchor, text: text.trim() };
  const made = await read(clientOf(remote).threads[':id'].comments.$post({ param: { id }, json }));
  print(`${plain(made.comment)} on ${plain(artifact.title)}; \`kino remote send ${id.slice(-6)}\` sends it`);
}

export async function answerQuestion(
  part: string,
  name: string,
  number: string,
  text: string,
): Promise<void> {
  const remote = await theRemote();
  const { id, artifact } = await artifactOf(remote, part, name);
  const question = artifact.questions[Number(number) - 1];
  if (!question) throw new UsageError(`${name} has ${artifact.questions.length} open questions.`);
  const chosen = /^\d+$/.test(text) ? question.options[Number(text) - 1] : undefined;
  const json = {
    ...{ artifact: name, text: chosen ?? text },
    anchor: { kind: 'question' as const, question: question.id },
  };
  await read(clientOf(remote).threads[':id'].comments.$post({ param: { id }, json }));
  print(`${plain(question.question)}\n  ${plain(chosen ?? text)}`);
}

export async function send(part: string): Promise<void> {
  const remote = await theRemote();
  const id = await threadOf(remote, part);
  const { sent } = await read(clientOf(remote).threads[':id'].comments.send.$post({ param: { id } }));
  if (sent === 0) throw new UsageError('There is no comment that was not sent.');
  print(`${sent} ${sent === 1 ? 'comment' : 'comments'} sent`);
}
