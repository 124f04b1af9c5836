import { join } from 'node:path';
import { parseDockerignore } from './ignore-rules.ts';
import { fileIfAny, readTaskText } from './task-files.ts';

/**
 * Which paths of a build context Docker does not see. A file beside the Dockerfile that has its name and
 * `.dockerignore` counts instead of the one in the context.
 *
 * @param context the folder that COPY copies from
 * @param dockerfile where the Dockerfile is
 * @returns a test for paths relative to the context, with slashes; true is out
 * @throws HarborTaskError
 */
export async function readDockerignore(
  context: string,
  dockerfile: string,
): Promise<(path: string) => boolean> {
  const file =
    (await fileIfAny(`${dockerfile}.dockerignore`)) ?? (await fileIfAny(join(context, '.dockerignore')));
  return file === undefined ? () => false : parseDockerignore(await readTaskText(file));
}
