/** Host names and addresses in one spelling, so that every comparison in the product compares the same thing. */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host and a port; the host is normalised. */
export interface Authority {
  host: string;
  port: number;
}

const MAX_NAME = 253;
const MAX_LABEL = 63;
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** What resolvers and URL parsers read as a number; a name that ends in one is an IPv4 address or nothing. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
/** Whatever URL parsers decode, drop or stop at. None of it belongs into a host. */
const FORBIDDEN = /[\u0000-\u0020%/\\?#@:[\]<>^|\u007f]/;

/**
 * Lower case, one trailing dot removed, IDNA to ASCII, IP addresses of every spelling (decimal, hex, octal, short,
 * bracketed, IPv4-mapped, with a zone id) in their canonical form without brackets. Null = not a host.
 */
export function normaliseHost(text: string): string | null {
  // The address of every client is asked for: most are spelt canonically.
  if (isIPv4(text)) return text;
  const literal = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : null;
  if (literal !== null) return canonicalIpv6(literal);
  if (text.includes(':')) return canonicalIpv6(text);
  if (text === '' || text.length > 1024 || FORBIDDEN.test(text)) return null;
  const lower = text.toLowerCase();
  // IDNA first: other alphabets have full stops of their own, also at the end.
  const ascii = withoutTrailingDot(isPlain(lower) ? lower : domainToASCII(lower));
  if (isIPv4(ascii)) return ascii;
  return isName(ascii) ? ascii : null;
}

/** `host:port`, both required, IPv6 only in brackets. Null = malformed. */
export function parseAuthority(text: string): Authority | null {
  const match = /^(\[[^[\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const [, rawHost, rawPort] = match ?? [];
  if (rawHost === undefined || rawPort === undefined) return null;
  const host = normaliseHost(rawHost);
  const port = Number(rawPort);
  return host === null || port < 1 || port > 65_535 ? null : { host, port };
}

/** As `parseAuthority`, with a port that may be left out, or empty: then it is `defaultPort`. */
export function parseHostPort(text: string, defaultPort: number): Authority | null {
  const [, rawHost, rawPort = ''] = /^(\[[^[\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/.exec(text) ?? [];
  const host = rawHost === undefined ? null : normaliseHost(rawHost);
  const port = rawPort === '' ? defaultPort : Number(rawPort);
  return host === null || port < 1 || port > 65_535 ? null : { host, port };
}

/** `host:port` as a URL writes it. */
export function formatAuthority({ host, port }: Authority): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @param host normalised. */
export function isIpAddress(host: string): boolean {
  return isIPv4(host) || isIPv6(host);
}

/**
 * By labels, never by substring. `example.com` is the apex and all below it; in `api.*.example.com` a star stands for
 * one label, or for one or more characters of one (`*-api.example.com`), and such a pattern names nothing below itself.
 * An IP address equals itself alone.
 * @param host normalised.
 */
export function matchesHost(host: string, pattern: string): boolean {
  if (pattern.includes('*'))
    return matchesLabels(host.split('.'), withoutTrailingDot(pattern.toLowerCase()).split('.'));
  const name = normaliseHost(pattern);
  if (name === null) return false;
  if (host === name) return true;
  return !isIpAddress(name) && !isIpAddress(host) && host.endsWith(`.${name}`);
}

/** As `matchesHost`; the pattern may end in `:port`, without one it is any port. */
export function matchesAuthority(authority: Authority, pattern: string): boolean {
  const [, name, port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(pattern) ?? [];
  if (name === undefined) return matchesHost(authority.host, pattern);
  return Number(port) === authority.port && matchesHost(authority.host, name);
}

function matchesLabels(labels: readonly string[], patterns: readonly string[]): boolean {
  return (
    labels.length === patterns.length && patterns.every((pattern, index) => matchesLabel(labels[index] ?? '', pattern))
  );
}

function matchesLabel(label: string, pattern: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return label === pattern;
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  // A second star would need backtracking and names nothing that exists.
  return (
    !after.includes('*') &&
    label.length > before.length + after.length &&
    label.startsWith(before) &&
    label.endsWith(after)
  );
}

function isPlain(lower: string): boolean {
  return LABELS.test(lower) && !lower.includes('xn--') && !NUMBER.test(lastLabel(lower));
}

function isName(ascii: string): boolean {
  if (ascii.length > MAX_NAME || !LABELS.test(ascii) || NUMBER.test(lastLabel(ascii))) return false;
  return ascii.split('.').every((label) => label.length <= MAX_LABEL);
}

function lastLabel(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** RFC 5952; IPv4-mapped addresses become IPv4, since that is what a socket connects to. Zone ids are dropped. */
function canonicalIpv6(text: string): string | null {
  const address = text.replace(/%[\w.-]+$/, '');
  if (!isIPv6(address)) return null;
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}
