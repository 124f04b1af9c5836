import { isIP } from 'node:net';
import { z } from 'zod';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const networkMode = z.enum(['public', 'no-network', 'allowlist']);

/** Names, names below `*.`, addresses and ranges of addresses; in lower case and without the last dot. */
const allowedHosts = z.array(
  z.string().transform((value, context) => {
    const host = value.trim().toLowerCase().replace(/\.$/, '');
    if (isHost(host)) return host;
    context.addIssue('is no name of a host, address or range of addresses');
    return z.NEVER;
  }),
);

/** Keys of an environment, where the network is always decided. */
export const environmentNetwork = {
  network_mode: networkMode.default('public'),
  allowed_hosts: allowedHosts.optional(),
};

/** Keys of a phase, which may override its environment. */
export const phaseNetwork = {
  network_mode: networkMode.optional(),
  allowed_hosts: allowedHosts.optional(),
};

/** Refuses hosts that no mode asks for: their author believes the network is closed to all others. */
export function checkHosts(
  value: { network_mode?: z.output<typeof networkMode>; allowed_hosts?: string[] },
  context: z.RefinementCtx,
): void {
  const { network_mode: mode, allowed_hosts: hosts } = value;
  if (mode === 'allowlist' || hosts === undefined || (mode !== undefined && hosts.length === 0)) return;
  const message = 'has a meaning only where network_mode is "allowlist"';
  context.addIssue({ code: 'custom', path: ['allowed_hosts'], message });
}

function isHost(host: string): boolean {
  if (isIP(host)) return true;
  const [address = '', bits = '', ...more] = host.split('/');
  if (host.includes('/')) {
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
  }
  const wildcard = host.startsWith('*.');
  const name = wildcard ? host.slice(2) : host;
  if (wildcard && isIP(name)) return false;
  return name.split('.').every((label) => LABEL.test(label));
}
