import { z } from 'zod';
import { keepMedia, lookOf, MAX_MEDIA_BYTES, mediaTypeOf } from '../../agent/index.ts';
import type { ArtifactKind, ArtifactWritten, ThreadEvent } from '../../thread/index.ts';
import { failure, success, type Tool, type ToolContext, type ToolResult } from '../../tool/index.ts';
import { ARTIFACT_KINDS } from '../workflow.ts';
import { type Artifact, artifactsOf, latestOf } from './artifact.ts';
import { proofMarkdown, proofOf } from './proof.ts';

export interface ArtifactDesk {
  thread: string;
  /** What the thread holds now. */
  read(): Promise<readonly ThreadEvent[]>;
  /** The kind of an artifact whose name is none. */
  kind: ArtifactKind;
  /** A person decides on it before work goes on: its author can say whether that is needed, and revises it in pieces. */
  isReviewed: boolean;
  /** Keeps a version as a file beside the work. Never throws. @returns how the file is called there */
  keep(written: Extract<ThreadEvent, { type: 'artifact.written' }>): Promise<string | undefined>;
}

const MAX_BYTES = 1024 * 1024;
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

const writeInput = z.object({
  name: name.describe('Of it, always the same'),
  content: z.string().min(1).optional().describe('Whole Markdown; ```mermaid, ![shows](artifact:name)'),
  file: z.string().min(1).optional().describe('Instead: an image or recording'),
  proof: z.array(z.string().min(1)).max(40).optional().describe('Commands as run; Kino adds their results'),
});
const reviewedInput = writeInput.extend({
  title: z.string().min(1).max(200).optional(),
  wants_review: z.boolean().optional().describe('false where nobody need look before work goes on'),
});
type Written = z.infer<typeof reviewedInput>;
const editInput = z.object({
  name,
  old: z.string().min(1).describe('Words that are there exactly once'),
  new: z.string(),
});
const answerInput = z.object({
  comment: z.string().min(1),
  answer: z.string().min(1).describe('What you did, or why not'),
  addressed: z.boolean(),
});

/** The tools with which an agent makes artifacts and answers what a person says of them. */
export function artifactTools(desk: ArtifactDesk, record: (event: ThreadEvent) => Promise<void>): Tool[] {
  const find = async (wanted: string): Promise<Artifact | undefined> =>
    artifactsOf(desk.thread, await desk.read()).find((artifact) => artifact.name === wanted);

  async function write(
    { name: artifact, title, wants_review, proof = [] }: Omit<Written, 'content' | 'file'>,
    content: string,
  ): Promise<ToolResult> {
    const proven = proofOf(proof.length > 0 ? await desk.read() : [], proof);
    const text = proof.length > 0 ? `${content.trimEnd()}\n\n${proofMarkdown(proven)}` : content;
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_BYTES) return failure('Not written: it is longer than a megabyte.');
    const known = await find(artifact);
    const written = await put(known, {
      ...{ artifact, mediaType: 'text/markdown', text, bytes },
      kind: known?.kind ?? kindNamed(artifact) ?? desk.kind,
      title: title ?? headingOf(text) ?? known?.title ?? artifact,
      ...(wants_review !== undefined && { wantsReview: wants_review }),
    });
    const unproven = proven.filter(({ result, isOld }) => result !== 'passed' || isOld);
    return success(
      unproven.length === 0
        ? written
        : `${written} Its proof says: ${unproven.map(({ command, result, isOld }) => `${command} ${result}${isOld ? ', before the last change' : ''}`).join('; ')}.`,
    );
  }

  async function attach(
    { name: artifact, title, wants_review }: Omit<Written, 'content' | 'file'>,
    path: string,
    { sandbox, allows }: ToolContext,
  ): Promise<ToolResult> {
    if (allows?.read?.(path) === false) return failure(`${path} may not be read.`);
    const file = await sandbox.open(path).catch((error: NodeJS.ErrnoException) => error);
    if (file instanceof Error) return failure(`${path} cannot be read (${file.code ?? file.message}).`);
    try {
      const { size } = await file.stat();
      if (size > MAX_MEDIA_BYTES)
        return failure(`${path} has ${size} bytes; ${MAX_MEDIA_BYTES} can be kept.`);
      const content = await file.readFile();
      const mediaType = mediaTypeOf(content);
      if (!mediaType) return failure(`${path} is no image and no recording that can be shown.`);
      const look = await lookOf(content, mediaType);
      return success(
        await put(await find(artifact), {
          ...{ artifact, mediaType, bytes: content.length, ...(look && { look }) },
          title: title ?? artifact.replaceAll('-', ' '),
          ...(wants_review !== undefined && { wantsReview: wants_review }),
          kind: mediaType.startsWith('video/') ? 'recording' : 'image',
          file: await keepMedia(content, mediaType),
        }),
      );
    } finally {
      await file.close();
    }
  }

  async function put(known: Artifact | undefined, about: Omit<ArtifactWritten, 'type' | 'version'>) {
    const version = (known ? latestOf(known).version : 0) + 1;
    const written: ArtifactWritten = { type: 'artifact.written', version, ...about };
    await record(written);
    const file = await desk.keep(written);
    return `${about.artifact} is written, version ${version}${file === undefined ? '' : `, as ${file}`}.`;
  }

  const writing: Tool<Written> = {
    name: 'write_artifact',
    kind: 'think',
    description:
      'Write something for the person to review: a plan, research, a walkthrough of what you did. Same name, new version.',
    input: desk.isReviewed ? reviewedInput : writeInput,
    access: ({ file }) => (file === undefined ? {} : { reads: file }),
    async run({ content, file, ...about }, context) {
      if ((content === undefined) === (file === undefined)) return failure('Say either content or file.');
      return content === undefined ? attach(about, file!, context) : write(about, content);
    },
  };
  const editing: Tool<z.infer<typeof editInput>> = {
    name: 'edit_artifact',
    kind: 'think',
    description: 'Change some words of an artifact; makes a new version.',
    input: editInput,
    access: () => ({}),
    async run({ name: artifact, old, new: replacement }) {
      const known = await find(artifact);
      const text = known && latestOf(known).text;
      if (text === undefined) return failure(`There is no text ${artifact}; write it first.`);
      const count = text.split(old).length - 1;
      if (count !== 1)
        return failure(`Not changed: the words are there ${count === 0 ? 'nowhere' : `${count} times`}.`);
      return write(
        { name: artifact },
        text.replace(old, () => replacement),
      );
    },
  };
  const answering: Tool<z.infer<typeof answerInput>> = {
    name: 'answer_comment',
    kind: 'think',
    description: 'Answer a comment of the person; each wants one.',
    input: answerInput,
    access: () => ({}),
    async run({ comment, answer, addressed }) {
      const artifacts = artifactsOf(desk.thread, await desk.read());
      const known = artifacts.flatMap(({ comments }) => comments).find(({ id }) => id === comment);
      if (!known) return failure(`There is no comment ${comment}.`);
      await record({ type: 'comment.answered', comment, answer, addressed });
      return success('Answered.');
    },
  };
  return [writing, ...(desk.isReviewed ? [editing] : []), answering] as Tool[];
}

function kindNamed(name: string): ArtifactKind | undefined {
  return ARTIFACT_KINDS.find((kind) => kind === name);
}

function headingOf(markdown: string): string | undefined {
  const heading = /^#[ \t]([^\n]{1,400})$/m.exec(markdown)?.[1]?.trim();
  return heading === undefined || heading === '' ? undefined : heading.slice(0, 200);
}
