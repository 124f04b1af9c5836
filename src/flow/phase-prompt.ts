import type { Artifact } from './artifact/artifact.ts';
import { latestOf } from './artifact/artifact.ts';
import { openQuestions } from './artifact/questions.ts';
import type { Flow } from './flow.ts';
import type { Phase } from './workflow.ts';

/** What a phase starts from: its instructions, and what it may read. Nothing else of the flow is in it. */
export function phasePrompt(
  { request, base }: Pick<Flow, 'request' | 'base'>,
  phase: Phase,
  read: readonly { phase: string; artifact: Artifact; version: number }[],
): string {
  const parts = [phase.instructions];
  if (phase.reads.includes('request')) parts.push(`<request>\n${request}\n</request>`);
  for (const { phase: from, artifact, version } of read) {
    const written = artifact.versions.find((one) => one.version === version) ?? latestOf(artifact);
    parts.push(`<artifact from="${from}">\n${written.text ?? written.title}\n</artifact>`);
    const answers = answersTo(artifact);
    if (answers !== '') parts.push(`<answers to="the open questions of ${from}">\n${answers}\n</answers>`);
  }
  if (base !== undefined && phase.name === 'review') parts.push(`The work started from the commit ${base}.`);
  if (phase.makes !== undefined)
    parts.push(
      `Write what you make as an artifact with write_artifact, under the name "${phase.makes}": it is all that the phases after this one and the person see of your work.`,
    );
  return parts.join('\n\n');
}

/** What the person has answered to the questions of an artifact, in Markdown. */
export function answersTo({ comments, versions }: Artifact): string {
  const questions = new Map(
    versions.flatMap(({ text }) => openQuestions(text ?? '')).map((one) => [one.id, one.question]),
  );
  return comments
    .flatMap(({ anchor, text }) => (anchor.kind === 'question' ? [{ id: anchor.question, text }] : []))
    .map(({ id, text }) => `- ${questions.get(id) ?? id}\n  ${text}`)
    .join('\n');
}
