import { join } from 'node:path';
import { z } from 'zod';
import type { ContainerEngine } from '../../sandbox/index.ts';
import { ContainerEngineError } from '../../sandbox/index.ts';
import type { Place } from '../place.ts';
import { HarborTaskError } from './error.ts';
import type { HarborEnvironment } from './harbor-task.ts';

/** What Docker or Podman has built or pulled. */
export interface EngineImage {
  engine: ContainerEngine;
  id: string;
  env: Record<string, string>;
  workdir: string;
}

const configSchema = z.object({
  Env: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
});

const underWay = new Map<string, Promise<EngineImage>>();

/** Whether a network without an allow-list is given: an engine has no other. */
export function isOnline({ allowHosts = [] }: Place): boolean {
  return allowHosts.includes('*');
}

/**
 * Builds or pulls the image of an environment, once for each process; the engine keeps what it has built.
 *
 * @throws HarborTaskError with what the engine says
 */
export function ensureEngineImage(
  engine: ContainerEngine,
  place: Place,
  environment: HarborEnvironment,
  seconds: number,
): Promise<EngineImage> {
  const key = JSON.stringify([environment, isOnline(place)]);
  let image = underWay.get(key);
  if (!image) {
    image = make(engine, place, environment, seconds);
    underWay.set(key, image);
    image.catch(() => underWay.delete(key));
  }
  return image;
}

async function make(
  engine: ContainerEngine,
  place: Place,
  environment: HarborEnvironment,
  seconds: number,
): Promise<EngineImage> {
  const { from, folder, dockerfile, image } = environment;
  const milliseconds = seconds * 1000;
  const what = (from === 'image' ? image : dockerfile) ?? '';
  try {
    let id: string;
    if (from === 'image') {
      id = image!;
      const isThere = await engine
        .call(['image', 'inspect', '--format', '{{.Id}}', id])
        .catch(() => undefined);
      if (isThere === undefined) await engine.call(['pull', '--quiet', id], milliseconds, place.signal);
    } else {
      const network = isOnline(place) ? 'default' : 'none';
      // Podman reads the option as a list with commas and quotes, so it is only given where it must be.
      const file = dockerfile === join(folder!, 'Dockerfile') ? [] : ['--file', dockerfile!];
      const said = await engine.call(
        ['build', '--quiet', '--network', network, ...file, folder!],
        milliseconds,
        place.signal,
      );
      id = said.trim().split('\n').at(-1)!;
    }
    const described = await engine.call(['image', 'inspect', '--format', '{{json .Config}}', id]);
    const { Env, WorkingDir } = configSchema.parse(JSON.parse(described));
    const env = Object.fromEntries(
      (Env ?? []).map((one) => {
        const at = one.indexOf('=');
        return [one.slice(0, at), one.slice(at + 1)];
      }),
    );
    return { engine, id, env, workdir: WorkingDir || '/' };
  } catch (error) {
    if (!(error instanceof ContainerEngineError)) throw error;
    const offline =
      from === 'dockerfile' && !isOnline(place) && /resolv|network|connect|fetch|download/i.test(error.output)
        ? ' (without network: the host * in network.allowedDomains of the configuration gives it one)'
        : '';
    throw new HarborTaskError(what, `${error.message.replace(/\.$/, '')}${offline}`);
  }
}
