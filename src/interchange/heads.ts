import { type HeaderPairs, headerValue } from '../core/headers.ts';
import { type Authority, parseAuthority } from '../core/hosts.ts';
import type { StoredMessage } from '../core/transfer.ts';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** `host` or `host:port`, as records have it. Null = neither. */
export function authorityOf(host: string, scheme: 'http' | 'https'): Authority | null {
  return parseAuthority(/:\d{1,5}$/.test(host) ? host : `${host}:${DEFAULT_PORTS[scheme]}`);
}

/** What the bytes of a kept body no longer are. */
const CODING_HEADERS: ReadonlySet<string> = new Set(['content-encoding', 'transfer-encoding', 'content-length']);

/** A head as on the wire, of a body whose codings are removed. @param length of the body in bytes; absent = not told */
export function formatHead(
  { startLine, headers }: Pick<StoredMessage, 'startLine' | 'headers'>,
  length?: number,
): Buffer {
  const kept: (readonly [string, string])[] = headers.filter(([name]) => !CODING_HEADERS.has(name.toLowerCase()));
  if (length !== undefined) kept.push(['content-length', String(length)]);
  const lines = kept.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`);
  return Buffer.from(`${[oneLine(startLine), ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A line feed in a value would begin the next header. What other programs decoded becomes bytes again. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\r\n\0]+/g, ' ');
  return /[^\0-\u00ff]/.test(line) ? Buffer.from(line, 'utf8').toString('latin1') : line;
}

/** Media type with its parameters; empty = not told. */
export function contentTypeOf(headers: HeaderPairs): string {
  return headerValue(headers, 'content-type') ?? '';
}
