import type { Artifact, Comment } from './artifact.ts';

/** Comments as an agent is told them, all at once. */
export function commentsText(artifact: Pick<Artifact, 'name'>, comments: readonly Comment[]): string {
  const each = comments.map(
    (
      comment,
    ) => `<comment id="${comment.id}" on="${artifact.name}, version ${comment.version}${placeOf(comment)}">
${quoteOf(comment)}${comment.text}
</comment>`,
  );
  return `The person has commented on your work. Do what each comment asks, or say why not; then answer every one of them with answer_comment. Change the artifact where that is what a comment wants: a new version of it.

${each.join('\n\n')}`;
}

function placeOf({ anchor }: Comment): string {
  switch (anchor.kind) {
    case 'text':
      return `, line ${anchor.line}`;
    case 'diff':
      return `, ${anchor.path}:${anchor.line} (${anchor.side})`;
    case 'region': {
      const percent = (share: number) => `${Math.round(share * 100)} %`;
      const at = anchor.second === undefined ? '' : ` at ${anchor.second.toFixed(1)} s`;
      return `, from ${percent(anchor.x)}, ${percent(anchor.y)}, ${percent(anchor.width)} wide, ${percent(anchor.height)} high${at}`;
    }
    case 'question':
      return `, question ${anchor.question}`;
    case 'whole':
      return '';
  }
}

function quoteOf({ anchor }: Comment): string {
  const quote = anchor.kind === 'text' ? anchor.quote : anchor.kind === 'diff' ? anchor.text : undefined;
  if (quote === undefined) return '';
  return `${quote
    .slice(0, 600)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')}\n`;
}
