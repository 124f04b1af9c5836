import { z } from 'zod';
import type { ThreadEvent } from '../../thread/index.ts';
import type { Tool } from '../../tool/index.ts';

const input = z.object({
  items: z.array(z.object({ text: z.string().min(1), status: z.enum(['pending', 'in_progress', 'done']) })),
});

/** The list of what is to be done, for the person to see and for the agent not to forget. */
export function todoTool(record: (event: ThreadEvent) => Promise<void>): Tool<z.infer<typeof input>> {
  return {
    name: 'todo',
    kind: 'think',
    description: 'Keep the list of steps of a longer task; the whole list each time.',
    input,
    access: () => ({}),
    async run({ items }) {
      await record({ type: 'todo.updated', items });
      const done = items.filter(({ status }) => status === 'done').length;
      return { ok: true, output: `${done} of ${items.length} done.` };
    },
  };
}
