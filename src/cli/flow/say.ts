import { latestOf, openQuestions } from '../../flow/index.ts';
import { anchorFor } from '../artifact.ts';
import { UsageError } from '../exit.ts';
import { plain, print } from '../output.ts';
import { artifactIn, withFlow } from './find.ts';

interface SayFlags {
  on?: string;
  line?: number;
  phase?: string;
  artifact?: string;
  flow?: string;
}

export async function comment(text: string, flags: SayFlags): Promise<void> {
  if (text.trim() === '') throw new UsageError('The comment is empty.');
  await withFlow(flags.flow, async ({ store, flows, stand }) => {
    const { state, artifact } = await artifactIn(store, stand, flags);
    const id = await flows.comment(artifact, anchorFor(artifact, flags), text.trim());
    const isCurrent = state === stand.current && stand.state === 'working';
    print(
      `${id} on ${plain(artifact.title)}; \`kino flow ${isCurrent ? 'send' : 'send-back'}\` ${isCurrent ? 'tells the agent while it works' : 'sends it'}`,
    );
  });
}

export async function answer(number: string, text: string, flags: SayFlags): Promise<void> {
  await withFlow(flags.flow, async ({ store, flows, stand }) => {
    const { artifact } = await artifactIn(store, stand, flags);
    const questions = openQuestions(latestOf(artifact).text ?? '');
    const question = questions[Number(number) - 1];
    if (!question)
      throw new UsageError(
        questions.length === 0
          ? `${artifact.name} has no open questions.`
          : `${artifact.name} has the questions 1 to ${questions.length}.`,
      );
    const chosen = /^\d+$/.test(text) ? question.options[Number(text) - 1] : undefined;
    await flows.comment(artifact, { kind: 'question', question: question.id }, chosen ?? text);
    print(`${plain(question.question)}\n  ${plain(chosen ?? text)}`);
  });
}

export async function send(flags: SayFlags): Promise<void> {
  await withFlow(flags.flow, async ({ store, flows, stand }) => {
    const { artifact } = await artifactIn(store, stand, flags);
    const sent = await flows.sendComments(artifact.thread);
    if (sent === 0) throw new UsageError('There is no comment that was not sent.');
    const working = stand.state === 'working';
    print(
      `${sent} ${sent === 1 ? 'comment' : 'comments'} sent${working ? '' : '; nobody works on it now, `kino flow send-back` lets the agent go on'}`,
    );
  });
}
