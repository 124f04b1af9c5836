import { onOneLine } from './error.ts';

/** An instruction of a Dockerfile that is broken, or that nothing but Docker can carry out. */
export class UnsupportedInstructionError extends Error {
  override name = 'UnsupportedInstructionError';
  /** Where the instruction begins, counted from 1. */
  readonly line: number;
  readonly instruction: string;
  readonly why: string;

  constructor(line: number, instruction: string, why: string) {
    const shown = instruction.length > 80 ? `${instruction.slice(0, 79)}…` : instruction;
    super(`Dockerfile, line ${line}: \`${onOneLine(shown)}\`: ${onOneLine(why)}.`);
    this.line = line;
    this.instruction = instruction;
    this.why = why;
  }
}

/** What is wrong with a word, before it is known in which instruction it stands. */
export class WordError extends Error {
  override name = 'WordError';
}
