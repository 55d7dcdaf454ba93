/** Which addresses are never dialled. Decided on the resolved address, which is then the one that is dialled. */
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { normaliseHost } from '../core/hosts.ts';

/** Names that only a cloud's metadata service answers to, whatever they resolve to. */
const METADATA_NAMES = [
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
];

type Bytes = readonly number[];

interface Range {
  bytes: Bytes;
  bits: number;
  reason: string;
}

const V4_REFUSED = ranges([
  ['0.0.0.0/8', 'unspecified'],
  ['100.100.100.200/32', 'cloud metadata'],
  ['168.63.129.16/32', 'cloud metadata'],
  ['169.254.0.0/16', 'link-local'],
  ['192.0.0.192/32', 'cloud metadata'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
]);
const V6_REFUSED = ranges([
  ['::/128', 'unspecified'],
  ['fd00:ec2::254/128', 'cloud metadata'],
  ['fd20:ce::254/128', 'cloud metadata'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
]);
/** Forms of IPv6 that carry an IPv4 address, and where in the sixteen bytes it is. */
const V4_CARRIERS: readonly { range: Range; at: number }[] = [
  { range: range('::ffff:0:0/96', 'mapped'), at: 12 },
  { range: range('::ffff:0:0:0/96', 'translated'), at: 12 },
  { range: range('::/96', 'compatible'), at: 12 },
  { range: range('64:ff9b::/96', 'NAT64'), at: 12 },
  { range: range('64:ff9b:1::/96', 'local NAT64'), at: 12 },
  { range: range('2002::/16', '6to4'), at: 2 },
];
const PRIVATE = ranges([
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['::1/128', 'loopback'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
]);

/** Why this address is never dialled, or null. Text that is no IP address is refused too. */
export function checkAddress(ip: string): string | null {
  const bytes = bytesOf(ip);
  if (bytes === null) return 'not an IP address';
  // `::1` lies in the range of the IPv4-compatible addresses, as 0.0.0.1.
  if (isLoopback(ip)) return null;
  return reasonOf(bytes);
}

/** @param host normalised. */
export function isMetadataName(host: string): boolean {
  // Asked for every call: no pattern is normalised for it.
  return METADATA_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
}

/** True when `ip:port` is one of our own listeners, by whatever address of this machine. */
export function isOwnEndpoint(ip: string, port: number, ownPorts: ReadonlySet<number>): boolean {
  if (!ownPorts.has(port)) return false;
  const host = normaliseHost(ip);
  if (host === null) return false;
  if (isLoopback(host) || host === '0.0.0.0' || host === '::') return true;
  // Asked anew each time (it is rare): addresses come and go with networks.
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => normaliseHost(address) === host),
  );
}

export function isLoopback(ip: string): boolean {
  const host = normaliseHost(ip);
  return host === '::1' || (host !== null && isIPv4(host) && host.startsWith('127.'));
}

/** Loopback, private, shared, link-local: whoever comes from there shares a machine or a network with us. */
export function isPrivateAddress(ip: string): boolean {
  const bytes = bytesOf(ip);
  return bytes !== null && PRIVATE.some((range) => contains(range, bytes));
}

function reasonOf(bytes: Bytes): string | null {
  if (bytes.length === 4) return V4_REFUSED.find((range) => contains(range, bytes))?.reason ?? null;
  const refused = V6_REFUSED.find((range) => contains(range, bytes));
  if (refused !== undefined) return refused.reason;
  const carrier = V4_CARRIERS.find(({ range }) => contains(range, bytes));
  return carrier === undefined ? null : reasonOf(bytes.slice(carrier.at, carrier.at + 4));
}

function contains({ bytes: network, bits }: Range, address: Bytes): boolean {
  if (network.length !== address.length) return false;
  return address.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - left)) & 0xff;
    return (byte & mask) === ((network[index] ?? 0) & mask);
  });
}

function ranges(list: readonly (readonly [cidr: string, reason: string])[]): readonly Range[] {
  return list.map(([cidr, reason]) => range(cidr, reason));
}

function range(cidr: string, reason: string): Range {
  const [network = '', bits = ''] = cidr.split('/');
  return { bytes: isIPv4(network) ? v4Bytes(network) : v6Bytes(network), bits: Number(bits), reason };
}

function bytesOf(ip: string): Bytes | null {
  const host = normaliseHost(ip);
  if (host === null) return null;
  if (isIPv4(host)) return v4Bytes(host);
  return isIPv6(host) ? v6Bytes(host) : null;
}

function v4Bytes(address: string): Bytes {
  return address.split('.').map(Number);
}

/** @param address as RFC 5952 writes it, without a dotted tail. */
function v6Bytes(address: string): Bytes {
  const [head = '', tail] = address.split('::');
  const before = wordsOf(head);
  const after = wordsOf(tail ?? '');
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: gap }, () => 0), ...after].flatMap((word) => [word >> 8, word & 0xff]);
}

function wordsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}
