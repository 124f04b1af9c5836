import { type Artifact, anchorOn, type Comment, latestOf, openQuestions } from '../flow/index.ts';
import { UsageError } from './exit.ts';
import { paint, plain, print, printJson, table } from './output.ts';

/**
 * Prints an artifact for a person: its text, the questions that wait for them, the comments and what became of each.
 *
 * @param shown the text, where it is not the one it was written with
 * @throws UsageError for a version that there is none of
 */
export function printArtifact(
  artifact: Artifact,
  flags: { version?: number; json?: boolean },
  shown: (text: string) => string = (text) => text,
): void {
  const wanted = flags.version ?? latestOf(artifact).version;
  const written = artifact.versions.find(({ version }) => version === wanted);
  if (!written) throw new UsageError(`${artifact.name} has the versions 1 to ${artifact.versions.length}.`);
  const questions = openQuestions(written.text ?? '');
  if (flags.json) {
    printJson({ ...written, comments: artifact.comments, questions });
    return;
  }
  print(paint('dim', `${artifact.name}, version ${written.version} of ${artifact.versions.length}`));
  print(plain(written.text === undefined ? (written.file ?? '') : shown(written.text)));
  const answers = new Map(
    artifact.comments.flatMap(({ anchor, text }) =>
      anchor.kind === 'question' ? [[anchor.question, text] as const] : [],
    ),
  );
  if (questions.length > 0) print(paint('bold', '\nQuestions for you'));
  for (const [at, { id, question, options }] of questions.entries()) {
    print(`${String(at + 1).padStart(2)}. ${plain(question)}`);
    for (const [number, option] of options.entries())
      print(paint('dim', `      ${number + 1}) ${plain(option)}`));
    const given = answers.get(id);
    print(
      given === undefined ? paint('yellow', '      not answered') : paint('green', `      ${plain(given)}`),
    );
  }
  const comments = artifact.comments.filter(({ anchor }) => anchor.kind !== 'question');
  if (comments.length > 0) print(paint('bold', '\nComments'));
  for (const comment of comments) printComment(comment);
}

function printComment({ id, anchor, status: is, text, version, answers }: Comment): void {
  const colour = is === 'addressed' ? 'green' : is === 'open' ? 'yellow' : 'dim';
  const on =
    anchor.kind === 'text'
      ? ` on line ${anchor.line}: ${JSON.stringify(plain(anchor.quote).slice(0, 60))}`
      : '';
  print(`${paint(colour, is.padEnd(9))} ${id} ${paint('dim', `v${version}${on}`)}\n          ${plain(text)}`);
  for (const { answer } of answers) print(paint('cyan', `          ↳ ${plain(answer)}`));
}

/** What a comment is about: all of an artifact, or words of its latest version. @throws UsageError where it has no such words */
export function anchorFor(artifact: Artifact, { on, line }: { on?: string; line?: number }) {
  if (on === undefined) return { kind: 'whole' } as const;
  const { text = '', version } = latestOf(artifact);
  const anchor = anchorOn(text, on, line);
  if (anchor) return anchor;
  throw new UsageError(
    `${artifact.name}, version ${version}, has nowhere the words ${JSON.stringify(on)}${line === undefined ? '' : ` on line ${line}`}.`,
  );
}

/** Lists what a thread has made. */
export function listArtifacts(id: string, artifacts: readonly Artifact[], json: boolean): void {
  if (json) {
    printJson(artifacts);
    return;
  }
  if (artifacts.length === 0) {
    print(`${plain(id)} has made no artifact.`);
    return;
  }
  const columns = [
    { title: 'artifact' },
    { title: 'kind' },
    { title: 'version' },
    { title: 'comments' },
    { title: 'title' },
  ];
  print(
    table(
      columns,
      artifacts.map((artifact) => [
        artifact.name,
        artifact.kind,
        String(latestOf(artifact).version),
        openWords(artifact.comments.map(({ status }) => status)),
        plain(artifact.title).slice(0, 60),
      ]),
    ),
  );
}

function openWords(statuses: readonly string[]): string {
  const open = statuses.filter((status) => status === 'open' || status === 'draft').length;
  return open === 0 ? String(statuses.length) : paint('yellow', `${statuses.length}, ${open} open`);
}
