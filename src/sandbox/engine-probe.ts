import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

/** Two blocks of zeros end an archive: one with nothing in it. */
const EMPTY_TAR = new Uint8Array(1024);
const NOWHERE = '/kino-probe-of-nothing';

/**
 * Why an engine that answers starts no container; undefined where it does. It is let start a container of an image with
 * nothing in it: an engine that gets as far as missing the program has set up everything around it.
 *
 * @param call runs one of the engine's commands; throws with what the engine said
 */
export async function startProblem(
  call: (args: readonly string[]) => Promise<string>,
): Promise<string | undefined> {
  const folder = await temporaryFolder('probe');
  const last = async (args: readonly string[]) => (await call(args)).trim().split('\n').at(-1)!;
  let [image, container] = ['', ''];
  try {
    const archive = join(folder, 'nothing.tar');
    await writeFile(archive, EMPTY_TAR);
    image = await last(['import', archive]);
    container = await last(['create', '--network', 'none', image, NOWHERE]);
    await call(['start', container]);
    return undefined;
  } catch (error) {
    const { output, message } = error as Error & { output?: string };
    return container !== '' && (output ?? message).includes(NOWHERE) ? undefined : message;
  } finally {
    if (container !== '') await call(['rm', '--force', container]).catch(() => {});
    if (image !== '') await call(['rmi', '--force', image]).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}
