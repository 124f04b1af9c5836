import { bubblewrapSandbox } from './bubblewrap.ts';
import { hostSandbox, type SandboxOptions } from './host.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * What commands may do: look at the workspace, change it, or whatever this user may. The first two run under
 * bubblewrap; the last protects nothing.
 */
export const SANDBOXES = ['read-only', 'workspace-write', 'danger-full-access'] as const;
export type SandboxName = (typeof SANDBOXES)[number];

/**
 * Opens the named sandbox on a workspace. There is no silent way from one to the other.
 *
 * @throws SandboxUnavailableError where bubblewrap is needed and does not work
 */
export async function openSandbox(name: SandboxName, options: SandboxOptions): Promise<Sandbox> {
  return name === 'danger-full-access' ? hostSandbox(options) : bubblewrapSandbox(name, options);
}
