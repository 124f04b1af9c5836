import { join } from 'node:path';
import type { HarborEnvironment, SeparateVerifier } from './harbor-task.ts';
import type { HarborConfig, HarborStepConfig } from './task-config.ts';
import { fileIfAny, folderIfAny } from './task-files.ts';

/** What a container is made from that is described in a folder, or undefined where nothing describes it. */
export async function environmentIn(folder: string, image?: string): Promise<HarborEnvironment | undefined> {
  const [found, dockerfile, compose] = await Promise.all([
    folderIfAny(folder),
    fileIfAny(join(folder, 'Dockerfile')),
    fileIfAny(join(folder, 'docker-compose.yaml')),
  ]);
  const from = compose ? 'compose' : image !== undefined ? 'image' : dockerfile ? 'dockerfile' : undefined;
  if (from === undefined) return undefined;
  return {
    from,
    ...(found && { folder: found }),
    ...(image !== undefined && { image }),
    ...(dockerfile && { dockerfile }),
    ...(compose && { compose }),
  };
}

/**
 * The container that a verifier has to itself, or undefined where it runs in the agent's. A step decides for itself
 * where it says anything. What the verifier's own table names is taken first, then what its tests describe, then a
 * fresh copy of the agent's environment.
 *
 * @throws HarborTaskError
 */
export async function separateVerifier(of: {
  /** The task's folder. */
  root: string;
  config: HarborConfig;
  /** The agent's. */
  environment: HarborEnvironment;
  step?: HarborStepConfig;
}): Promise<SeparateVerifier | undefined> {
  const { root, config, environment, step } = of;
  const mode = step?.verifier.environment_mode ?? config.verifier.environment_mode;
  if (mode === 'shared') return undefined;
  const own = step?.verifier.environment ?? config.verifier.environment;
  const described = own ?? config.environment;
  const candidates: [HarborConfig['environment'] | undefined, string][] = [
    [config.verifier.environment, join(root, 'tests')],
  ];
  if (step) candidates.unshift([step.verifier.environment, join(root, 'steps', step.name, 'tests')]);
  for (const [table, folder] of candidates) {
    const found = await environmentIn(folder, table?.docker_image);
    if (found) return { environment: found, config: described, bringsTests: true };
  }
  return { environment, config: described, bringsTests: false };
}
