import type { ProjectConfig } from '../config/index.ts';
import { checkersFor } from '../project/index.ts';

/** A command that says whether a change is sound. */
export interface Validator {
  name: string;
  /** Program and arguments. */
  command: readonly string[];
  /** Where it runs, relative to the top. */
  folder: string;
}

/**
 * What a repository checks a change with: the validators that it names, otherwise the type checkers and linters that it
 * has for the files.
 *
 * @param files that were changed, relative to the top
 */
export function validatorsFor(
  root: string,
  { validators = [] }: Pick<ProjectConfig, 'validators'>,
  files: readonly string[],
): Validator[] {
  if (validators.length > 0)
    return validators.map(({ name, command }) => ({ name: name ?? command.join(' '), command, folder: '.' }));
  return checkersFor(root, files).map(({ name, command, folder }) => ({
    ...{ name: folder === '.' ? name : `${name} in ${folder}`, command, folder },
  }));
}
