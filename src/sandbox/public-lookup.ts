import { lookup as lookupHost } from 'node:dns';
import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6');

/** Whether an address belongs to this machine or a private network. */
export function isPrivateAddress(address: string): boolean {
  const plain = unmapped(address);
  return PRIVATE.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a host, as an address names it, is this machine itself: by its name, or by any of its own addresses. */
export function isLoopback(host: string): boolean {
  if (/^(?:.+\.)?localhost\.?$/i.test(host)) return true;
  const plain = unmapped(host);
  return isIP(plain) === 4 ? /^(?:127|0)\./.test(plain) : plain === '::1' || plain === '::';
}

/** The IPv4 address that an IPv6 one stands for, however it is written. */
function unmapped(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = [high, low].flatMap((part) => {
    const value = Number.parseInt(part, 16);
    return [value >> 8, value & 0xff];
  });
  return bytes.join('.');
}

/** Looks a name up as usual, and refuses it where it stands for a private address: the connection goes to what was checked. */
export const publicLookup: typeof lookupHost = ((
  hostname: string,
  options: object,
  callback: (...args: unknown[]) => void,
) => {
  lookupHost(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error);
    const isPrivate = found.some(({ address }) => isPrivateAddress(address));
    if (isPrivate) return callback(new Error('the name stands for a private address'));
    if ((options as { all?: boolean }).all) return callback(null, found);
    return callback(null, found[0]!.address, found[0]!.family);
  });
}) as typeof lookupHost;
