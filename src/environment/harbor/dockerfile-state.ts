import { posix } from 'node:path';
import { WordError } from './dockerfile-error.ts';
import type { PlanStep } from './dockerfile-steps.ts';
import { splitWords, substitute } from './dockerfile-words.ts';

/** Far more than any image has; a short file that repeats a long variable gets beyond any memory. */
const MAX_FILLED = 16 * 1024 * 1024;
const MAX_VARIABLES = 1000;

const BLANKS = /[\t\v\f\r ]+/;

/** Where a build stands between two instructions. */
export interface BuildState {
  escapeChar: string;
  steps: PlanStep[];
  /** What ENV and ARG have set: instructions and commands see both. */
  variables: Map<string, string>;
  /** What ENV has set: the image keeps it. */
  env: Map<string, string>;
  workdir: string;
  user: string;
  shell: string[];
  cmd?: string[] | undefined;
  entrypoint?: string[] | undefined;
  labels: Map<string, string>;
  exposed: string[];
  volumes: string[];
  stopSignal?: string;
  /** How many characters were filled in so far. */
  filled: number;
  /** What was read and has no effect here, a sentence each. */
  notes: string[];
}

/** A text with variables filled in and quotes taken off. @throws WordError */
export function fill(state: BuildState, text: string): string {
  const filled = substitute(text, { escapeChar: state.escapeChar, env: state.variables });
  state.filled += filled.length;
  if (state.filled > MAX_FILLED) throw new WordError(`makes more than ${MAX_FILLED} characters of the file`);
  return filled;
}

/** Words of the plain form: blanks part them, quotes do not hold them together. */
export function plainWords(rest: string): string[] {
  return rest === '' ? [] : rest.split(BLANKS);
}

/** A path inside the image, absolute, without `.`, `..` and a slash at the end. */
export function imagePath(state: BuildState, path: string): string {
  const whole = posix.resolve('/', state.workdir, path);
  return whole.replace(/^\/+/, '/');
}

/** The names and values of `NAME=value …` and of the old form `NAME value`. @throws WordError */
export function pairsOf(state: BuildState, rest: string): [name: string, value: string][] {
  const words = splitWords(rest, state.escapeChar);
  if (words.length === 0) throw new WordError('needs a name and a value');
  const [first = '', second] = splitOnce(rest, BLANKS);
  if (!words[0]!.includes('=')) {
    if (second === undefined) throw new WordError('needs a name and a value');
    return [[fill(state, first), fill(state, second)]];
  }
  // Every value is filled in with what was set before the instruction.
  return words.map((word) => {
    const [name = '', value] = splitOnce(word, /=/);
    if (value === undefined) throw new WordError(`has no "=" after ${word}`);
    return [fill(state, name), fill(state, value)];
  });
}

/** @throws WordError for a name that is none, and for more names than anybody sets */
export function setVariable(variables: Map<string, string>, name: string, value: string): void {
  if (name === '') throw new WordError('sets a variable without a name');
  variables.set(name, value);
  if (variables.size > MAX_VARIABLES) throw new WordError(`sets more than ${MAX_VARIABLES} variables`);
}

function splitOnce(text: string, separator: RegExp): [string, string?] {
  const found = separator.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + found[0].length)] : [text];
}
