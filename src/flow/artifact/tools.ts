import { z } from 'zod';
import type { ArtifactKind, ThreadEvent } from '../../thread/index.ts';
import type { Tool, ToolResult } from '../../tool/index.ts';
import { ARTIFACT_KINDS } from '../workflow.ts';
import { type Artifact, artifactsOf, latestOf } from './artifact.ts';

export interface ArtifactDesk {
  thread: string;
  /** What the thread holds now. */
  read(): Promise<readonly ThreadEvent[]>;
  /** The kind of an artifact that is not said. */
  kind: ArtifactKind;
  /** Keeps a version as a file beside the work. Never throws. @returns how the file is called there */
  keep(written: Extract<ThreadEvent, { type: 'artifact.written' }>): Promise<string | undefined>;
}

const MAX_BYTES = 1024 * 1024;
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

const writeInput = z.object({
  name: name.describe('Lower-case words with hyphens; the same name again makes a new version'),
  title: z.string().min(1).max(200).optional(),
  kind: z.enum(ARTIFACT_KINDS).optional(),
  content: z.string().min(1).describe('Markdown, whole; diagrams as ```mermaid'),
  wants_review: z.boolean().optional().describe('false where nobody need look before work goes on'),
});
const editInput = z.object({
  name,
  old: z.string().min(1).describe('Words that are there exactly once'),
  new: z.string(),
});
const answerInput = z.object({
  comment: z.string().min(1).describe('Its id'),
  answer: z.string().min(1).describe('What you did, or why not, in a sentence or two'),
  addressed: z.boolean().describe('Whether you did what it asks'),
});

/** The tools with which an agent makes artifacts and answers what a person says of them. */
export function artifactTools(desk: ArtifactDesk, record: (event: ThreadEvent) => Promise<void>): Tool[] {
  const find = async (wanted: string): Promise<Artifact | undefined> =>
    artifactsOf(desk.thread, await desk.read()).find((artifact) => artifact.name === wanted);

  async function write(
    { name: artifact, title, kind, wants_review }: Omit<z.infer<typeof writeInput>, 'content'>,
    text: string,
  ): Promise<ToolResult> {
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_BYTES) return { ok: false, output: 'Not written: it is longer than a megabyte.' };
    const known = await find(artifact);
    const written = {
      type: 'artifact.written',
      artifact,
      kind: kind ?? known?.kind ?? desk.kind,
      title: title ?? headingOf(text) ?? known?.title ?? artifact,
      version: (known ? latestOf(known).version : 0) + 1,
      mediaType: 'text/markdown',
      text,
      bytes,
      ...(wants_review !== undefined && { wantsReview: wants_review }),
    } as const;
    await record(written);
    const file = await desk.keep(written);
    return {
      ok: true,
      output: `${artifact} is written, version ${written.version}${file === undefined ? '' : `, as ${file}`}.`,
    };
  }

  const tools: [
    Tool<z.infer<typeof writeInput>>,
    Tool<z.infer<typeof editInput>>,
    Tool<z.infer<typeof answerInput>>,
  ] = [
    {
      name: 'write_artifact',
      kind: 'think',
      description:
        'Write something for the person to review: research, a plan, a walkthrough. Kept in versions; the person can comment on it while you work.',
      input: writeInput,
      access: () => ({}),
      run: ({ content, ...about }) => write(about, content),
    },
    {
      name: 'edit_artifact',
      kind: 'think',
      description: 'Change some words of an artifact; makes a new version.',
      input: editInput,
      access: () => ({}),
      async run({ name: artifact, old, new: replacement }) {
        const known = await find(artifact);
        const text = known && latestOf(known).text;
        if (text === undefined)
          return { ok: false, output: `There is no artifact ${artifact}; write it first.` };
        const count = text.split(old).length - 1;
        if (count !== 1)
          return {
            ok: false,
            output: `Not changed: the words are there ${count === 0 ? 'nowhere' : `${count} times`}.`,
          };
        return write(
          { name: artifact },
          text.replace(old, () => replacement),
        );
      },
    },
    {
      name: 'answer_comment',
      kind: 'think',
      description: 'Answer a comment of the person on an artifact. Every comment wants an answer.',
      input: answerInput,
      access: () => ({}),
      async run({ comment, answer, addressed }) {
        const artifacts = artifactsOf(desk.thread, await desk.read());
        const known = artifacts.flatMap(({ comments }) => comments).find(({ id }) => id === comment);
        if (!known) return { ok: false, output: `There is no comment ${comment}.` };
        await record({ type: 'comment.answered', comment, answer, addressed });
        return { ok: true, output: 'Answered.' };
      },
    },
  ];
  return tools as Tool[];
}

function headingOf(markdown: string): string | undefined {
  const heading = /^#[ \t]([^\n]{1,400})$/m.exec(markdown)?.[1]?.trim();
  return heading === undefined || heading === '' ? undefined : heading.slice(0, 200);
}
