import { fileURLToPath } from 'node:url';
import type { NetworkProxy } from './network-proxy.ts';
import type { BridgedPorts } from './ports.ts';

const INSIDE = '/tmp/.kino';

/** What a command needs to be reached and to reach out: mounts for bubblewrap, and the program that stands before it. */
export interface Bridge {
  mounts: string[];
  command: string[];
}

/**
 * The bridge of one command into a network of its own.
 *
 * @param keep how many file descriptors the command gets besides the first three
 */
export async function bridgeFor({
  proxy,
  ports,
  keep = 0,
}: {
  proxy?: NetworkProxy | undefined;
  ports?: BridgedPorts | undefined;
  keep?: number;
}): Promise<Bridge> {
  if (!proxy && !ports) return { mounts: [], command: [] };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const inside = `${INSIDE}/bridge.m${extension}`;
  const place = await proxy?.place();
  const config = {
    keep,
    ...(place && { proxy: { socket: `${INSIDE}/proxy`, port: place.port } }),
    ...(ports && { ports: { socket: `${INSIDE}/ports` } }),
  };
  return {
    mounts: [
      ...['--dir', INSIDE],
      ...(place ? ['--bind', place.socket, `${INSIDE}/proxy`] : []),
      ...(ports ? ['--bind', ports.socket, `${INSIDE}/ports`] : []),
      ...['--ro-bind', bridgeProgram(), inside],
    ],
    command: [process.execPath, '--disable-warning=ExperimentalWarning', inside, JSON.stringify(config)],
  };
}

/** The file that runs inside, as it lies on this machine. */
export function bridgeProgram(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./bridge.${extension}`, import.meta.url));
}
