import type { Instruction } from './dockerfile.ts';
import { UnsupportedInstructionError, WordError } from './dockerfile-error.ts';
import { plainWords, setVariable } from './dockerfile-state.ts';
import { splitWords, substitute } from './dockerfile-words.ts';

/** A FROM and what follows it up to the next. */
export interface Stage {
  from: Instruction;
  image: string;
  platform?: string;
  parent?: Stage;
  body: Instruction[];
}

/**
 * The stages of a Dockerfile in order, and which of them each is based on.
 *
 * @param globals gets what the ARGs before the first FROM set
 * @throws UnsupportedInstructionError
 */
export function stagesOf(
  instructions: readonly Instruction[],
  escapeChar: string,
  buildArgs: ReadonlyMap<string, string>,
  globals: Map<string, string>,
): Stage[] {
  const stages: Stage[] = [];
  const byName = new Map<string, Stage>();
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    attempt(instruction, () => {
      if (instruction.name === 'FROM') {
        const [image = '', as, name, ...more] = plainWords(instruction.rest);
        if (more.length > 0 || (as !== undefined && (as.toLowerCase() !== 'as' || !name))) {
          throw new WordError('is not of the form "FROM image AS name"');
        }
        const filled = substitute(image, { escapeChar, env: globals });
        if (filled === '') throw new WordError('names no image');
        const parent = byName.get(filled.toLowerCase());
        const next: Stage = { from: instruction, image: filled, ...(parent && { parent }), body: [] };
        for (const flag of instruction.flags) {
          if (flag.name !== 'platform')
            throw new WordError(`has the flag --${flag.name}, which is not supported`);
          next.platform = substitute(flag.value ?? '', { escapeChar, env: globals });
        }
        stages.push(next);
        if (name !== undefined) byName.set(name.toLowerCase(), next);
      } else if (stage) stage.body.push(instruction);
      else if (instruction.name !== 'ARG') throw new WordError('comes before any FROM');
      else {
        for (const word of splitWords(instruction.rest, escapeChar)) {
          const [name, value] = argOf(word);
          const given = buildArgs.get(name);
          if (given !== undefined) setVariable(globals, name, given);
          else if (value !== undefined)
            setVariable(globals, name, substitute(value, { escapeChar, env: globals }));
        }
      }
    });
  }
  return stages;
}

/** A word of ARG. @throws WordError */
export function argOf(word: string): [name: string, value?: string] {
  const equals = word.indexOf('=');
  if (equals === 0) throw new WordError('sets a variable without a name');
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** Does what an instruction asks, and names it where that cannot be done. @throws UnsupportedInstructionError */
export function attempt(instruction: Instruction, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof WordError)
      throw new UnsupportedInstructionError(instruction.line, instruction.text, error.message);
    throw error;
  }
}
