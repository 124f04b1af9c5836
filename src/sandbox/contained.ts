import { createServer } from 'node:net';
import { bridgeFor, bridgeProgram } from './bridged.ts';
import { ISOLATION, mountsFor } from './bubblewrap.ts';
import { NetworkProxy, type NetworkRules } from './network-proxy.ts';

/** A program that runs as long as it likes and speaks with us by more than its output: a browser. */
export interface ContainPlan {
  program: string;
  /** In a sandbox of its own; without it only its network is held to the rules, and only as far as it keeps to the proxy. */
  contained: boolean;
  /** The workspace, which it may read. */
  root: string;
  /** Folders that it may write. */
  writable: readonly string[];
  network: NetworkRules;
  /** How many file descriptors it gets besides the first three. */
  keep: number;
}

export interface Contained {
  /** What to start; its arguments come behind. */
  argv: string[];
  /** The port of loopback that its proxy listens on, as the program sees it. */
  proxyPort: number;
  dispose(): Promise<void>;
}

/**
 * Prepares a program that sees the system and the workspace read-only, writes nowhere but in its own folders, and reaches
 * nothing but by an allow-listing proxy.
 */
export async function containProgram(plan: ContainPlan): Promise<Contained> {
  const proxy = new NetworkProxy(plan.network);
  const dispose = () => proxy.close();
  if (!plan.contained) {
    const { socket } = await proxy.place();
    const port = await freePort();
    const config = JSON.stringify({ keep: plan.keep, proxy: { socket, port } });
    return { argv: [process.execPath, bridgeProgram(), config, plan.program], proxyPort: port, dispose };
  }
  const { port } = await proxy.place();
  const bridge = await bridgeFor({ proxy, keep: plan.keep });
  const mounts = mountsFor(plan.root, 'read-only', { root: plan.root });
  const writable = plan.writable.flatMap((folder) => ['--bind', folder, folder]);
  return {
    argv: [
      'bwrap',
      ...ISOLATION,
      ...mounts,
      ...writable,
      ...bridge.mounts,
      '--',
      ...bridge.command,
      plan.program,
    ],
    proxyPort: port,
    dispose,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
