import { bubblewrapSandbox } from './bubblewrap.ts';
import { hostSandbox, type SandboxOptions } from './host.ts';
import type { Sandbox } from './sandbox.ts';

export const SANDBOXES = ['bubblewrap', 'host'] as const;
export type SandboxName = (typeof SANDBOXES)[number];

/**
 * Opens the named sandbox on a workspace. There is no silent way from one to the other.
 *
 * @throws SandboxUnavailableError where bubblewrap was asked for and does not work
 */
export async function openSandbox(name: SandboxName, options: SandboxOptions): Promise<Sandbox> {
  return name === 'host' ? hostSandbox(options) : bubblewrapSandbox(options);
}
