import type { Agent } from '../agent.ts';

/** Does nothing. Whatever it scores above 0, the verifier gives away. */
export const nopAgent: Agent = {
  name: 'nop',
  run: async () => ({
    status: 'done',
    reason: 'It did nothing, as it should.',
    answer: '',
    steps: 0,
    usage: {},
  }),
};
