import type { Mount } from '../../sandbox/index.ts';
import type { Place } from '../place.ts';
import type { Container, ContainerOptions } from './container.ts';
import { UnsupportedInstructionError } from './dockerfile-error.ts';
import { findEngine } from './engine.ts';
import { EngineContainer, guardMounts, removeContainer } from './engine-container.ts';
import { type EngineImage, ensureEngineImage, isOnline } from './engine-image.ts';
import type { HarborEnvironmentConfig } from './environment-config.ts';
import { HarborTaskError } from './error.ts';
import { guardPrograms } from './guard-programs.ts';
import type { HarborEnvironment } from './harbor-task.ts';
import { LayeredContainer, upperOf } from './layered-container.ts';
import { ensureLayeredImage, type LayeredImage, planImage } from './layered-image.ts';

/** What a container is started from: layers over the host's system, or what Docker or Podman has built. */
export type Image = LayeredImage | EngineImage;

/**
 * Says whether an environment can be run here: by layers, or where those cannot, by Docker or Podman.
 *
 * @returns what runs it
 * @throws HarborTaskError @throws UnsupportedInstructionError that names the line
 */
export async function whatRuns(environment: HarborEnvironment): Promise<'layers' | 'docker' | 'podman'> {
  return orEngine(
    environment,
    async () => {
      await planImage(environment);
      return 'layers' as const;
    },
    async ({ program }) => program,
  );
}

/** The image of an environment, made once. @throws HarborTaskError @throws UnsupportedInstructionError */
export function ensureImage(place: Place, environment: HarborEnvironment, seconds: number): Promise<Image> {
  return orEngine<Image>(
    environment,
    () => ensureLayeredImage(place, environment, seconds),
    (engine) => ensureEngineImage(engine, place, environment, seconds),
  );
}

/** What layers cannot do, Docker or Podman does, where one answers. */
async function orEngine<T>(
  { from }: HarborEnvironment,
  byLayers: () => Promise<T>,
  byEngine: (engine: EngineImage['engine']) => Promise<T>,
): Promise<T> {
  try {
    return await byLayers();
  } catch (error) {
    const isRefused = error instanceof HarborTaskError || error instanceof UnsupportedInstructionError;
    if (!isRefused || from === 'compose') throw error;
    const engine = await findEngine();
    if (typeof engine === 'string') throw error;
    return byEngine(engine).catch((other: Error) => {
      if (!(other instanceof HarborTaskError)) throw other;
      // Both have tried: what the first lacks may be easier to give.
      const also = `; ${engine.program} cannot do it either: ${other.reason}`;
      throw error instanceof HarborTaskError
        ? new HarborTaskError(error.path, error.reason + also)
        : new UnsupportedInstructionError(error.line, error.instruction, error.why + also);
    });
  }
}

/** @param config what the task says of its container */
export function openContainer(
  image: Image,
  place: Place,
  { cpus, memory_mb, network_mode }: Pick<HarborEnvironmentConfig, 'cpus' | 'memory_mb' | 'network_mode'>,
  options: ContainerOptions & { user?: string | number },
): Promise<Container> {
  if ('layers' in image) return LayeredContainer.open(image, options);
  return EngineContainer.open(image, {
    ...options,
    // A list of hosts could not be enforced.
    online: network_mode === 'public' && isOnline(place),
    ...(cpus !== undefined && { cpus }),
    ...(memory_mb !== undefined && { memoryMegabytes: memory_mb }),
  });
}

/**
 * Sees to it that a verifier's own programs are the image's and not what an agent has put in their place.
 *
 * @param folder of the agent's container
 * @param scratch an empty folder that stays until the verifier has ended
 * @returns what the agent had put there, and what the verifier's container has to mount
 */
export async function guarded(
  image: Image,
  folder: string,
  scratch: string,
): Promise<{ taken: string[]; mounts: Mount[] }> {
  if ('layers' in image)
    return { taken: await guardPrograms(upperOf(folder), image.layers.folders), mounts: [] };
  return guardMounts(image, folder, scratch);
}

/** Removes what of a container does not lie in its folder. */
export async function forget(image: Image, folder: string): Promise<void> {
  if ('engine' in image) await removeContainer(image, folder);
}
