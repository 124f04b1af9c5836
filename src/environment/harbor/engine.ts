import { ContainerEngine } from '../../sandbox/index.ts';
import { isAlive } from '../../thread/index.ts';

/** On what Kino makes the number of the process that made it. */
export const OWNER_LABEL = 'kino.pid';

let found: Promise<ContainerEngine | string> | undefined;

/**
 * Docker or Podman on this machine, or why there is none. Asked once; what killed processes left in it is removed then.
 */
export function findEngine(): Promise<ContainerEngine | string> {
  found ??= ContainerEngine.find().then(async (engine) => {
    if (typeof engine !== 'string') await engine.sweep(OWNER_LABEL, (owner) => isAlive(Number(owner)));
    return engine;
  });
  return found;
}
