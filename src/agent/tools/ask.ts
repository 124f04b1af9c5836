import { z } from 'zod';
import { newId, type ThreadEvent } from '../../thread/index.ts';
import type { Tool } from '../../tool/index.ts';
import type { Person } from '../person.ts';

const input = z.object({
  question: z.string().min(1),
  options: z.array(z.string().min(1)).max(8).optional().describe('Answers to choose from, the best first'),
});

interface Asker {
  record(event: ThreadEvent): Promise<void>;
  step(): number;
  person: Person | undefined;
}

/** A question to the person. Where nobody is there the agent is told to choose, and to say so. */
export function askTool({ record, step, person }: Asker): Tool<z.infer<typeof input>> {
  return {
    name: 'ask',
    kind: 'think',
    description: 'Ask the person what only they can decide. Not for permission.',
    input,
    access: () => ({}),
    async run({ question, options = [] }, { callId, signal }) {
      const about = { step: step(), callId };
      const request = newId();
      await record({ type: 'question.asked', ...about, request, question, options });
      const answer = await person?.answer({ ...about, request, question, options }, signal);
      if (answer !== undefined) {
        await record({ type: 'question.answered', ...about, answer, by: 'person' });
        return { ok: true, output: answer };
      }
      const choice = options[0];
      const policy =
        choice === undefined
          ? 'Decide yourself what is safest and easiest to change later'
          : `Take the first option (${choice})`;
      const told = `Nobody is there to answer. ${policy}, and say in your answer that you did.`;
      await record({ type: 'question.answered', ...about, answer: choice ?? '', by: 'nobody' });
      return { ok: true, output: told };
    },
  };
}
