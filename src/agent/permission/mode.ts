/** How much happens without asking, from the most careful to the least. */
export const MODES = ['manual', 'accept-edits', 'plan', 'auto', 'dont-ask', 'bypass'] as const;
export type Mode = (typeof MODES)[number];

/** What each mode means, for people. */
export const MODE_MEANINGS: Record<Mode, string> = {
  manual: 'asks before every change and every command that does more than look',
  'accept-edits': 'changes files of the workspace, asks before commands',
  plan: 'looks, and changes nothing',
  auto: 'does without asking what the sandbox contains, asks for the rest',
  'dont-ask': 'never asks: what no rule allows is denied',
  bypass: 'asks for nothing; only deny rules hold',
};
