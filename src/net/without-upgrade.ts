import type { IncomingMessage } from 'node:http';
import { pairsOf, rawValue } from './end-to-end.ts';
import { headBytes } from './exchange-rows.ts';

/**
 * True when an `Upgrade` is better not heard: HTTP/2 (Java's HttpClient offers it with every plain request), and
 * requests that have a body, which would stand between the two protocols. RFC 9110 7.8 lets a server do so.
 */
export function ignoresUpgrade(request: IncomingMessage): boolean {
  const length = rawValue(request.rawHeaders, 'content-length');
  const hasBody =
    (length !== null && length.trim() !== '0') || rawValue(request.rawHeaders, 'transfer-encoding') !== null;
  const protocols = (request.headers.upgrade ?? '').toLowerCase().split(',');
  return hasBody || protocols.every((protocol) => /^\s*(?:h2c?|http\/2(?:\.0)?|tls\/.*)?\s*$/.test(protocol));
}

/** The head again, without what asks for the upgrade: node:http has stopped parsing at it and must begin anew. */
export function headWithoutUpgrade(request: IncomingMessage): Buffer {
  const headers = pairsOf(request.rawHeaders).flatMap(([name, value]) => {
    const key = name.toLowerCase();
    if (key === 'upgrade' || key === 'http2-settings') return [];
    return key === 'connection' ? [name, otherTokens(value)] : [name, value];
  });
  return headBytes(`${request.method} ${request.url} HTTP/${request.httpVersion}`, headers);
}

function otherTokens(value: string): string {
  const tokens = value.split(',').map((token) => token.trim());
  return tokens.filter((token) => !/^(?:upgrade|http2-settings)$/i.test(token)).join(', ');
}
