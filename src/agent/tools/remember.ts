import { z } from 'zod';
import { keepFact } from '../../config/index.ts';
import { newId, type ThreadEvent } from '../../thread/index.ts';
import type { Tool } from '../../tool/index.ts';
import type { Person } from '../person.ts';

const MAX_CHARS = 400;

const input = z.object({
  fact: z.string().min(1).max(MAX_CHARS).describe('One sentence that will hold in later sessions'),
});

interface Rememberer {
  record(event: ThreadEvent): Promise<void>;
  step(): number;
  person: Person | undefined;
  /** The folder of the project. */
  root: string;
  thread: string;
}

/** Keeps a fact for later sessions. Each is approved by the person, whatever the mode: what is kept is told to every later agent. */
export function rememberTool({
  record,
  step,
  person,
  root,
  thread,
}: Rememberer): Tool<z.infer<typeof input>> {
  return {
    name: 'remember',
    kind: 'think',
    description: 'Ask the person to keep a fact about this project for later sessions.',
    input,
    access: () => ({}),
    async run({ fact }, { callId, signal }) {
      const about = { step: step(), callId, tool: 'remember' };
      if (!person)
        return { ok: false, output: 'Nobody is there to approve it: say it in your answer instead.' };
      const request = {
        ...about,
        request: newId(),
        input: { fact },
        reason: 'it would be kept for later sessions',
      };
      await record({ type: 'permission.requested', ...request, suggestions: [] });
      const answer = await person.permit({ ...request, suggestions: [] }, signal);
      const outcome = answer?.outcome ?? 'deny';
      const reason = `the person ${outcome === 'allow' ? 'approved it' : 'did not approve it'}`;
      await record({ type: 'permission.decided', ...about, outcome, by: 'person', reason });
      if (outcome === 'deny') return { ok: false, output: `Not kept: ${reason}.` };
      await keepFact({ text: fact, project: root, thread });
      return { ok: true, output: 'Kept.' };
    },
  };
}
