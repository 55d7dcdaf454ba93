/** What node:http says of a message that is coming in. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { codeOf } from '../core/errors.ts';

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Nothing comes behind the chunk that is being read. Never true of a stream that is still coming. */
export function isLast({ complete, readableLength, rawTrailers }: IncomingMessage): boolean {
  return complete && readableLength === 0 && rawTrailers.length === 0;
}

export function expectsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' && /^\s*100-continue\s*$/i.test(headers.expect ?? '');
}

/**
 * Once, for a request without a body and without effects that met the idle close of a kept connection. A POST never.
 * @param headers as they were sent on
 */
export function mayRepeat(
  outgoing: ClientRequest | null,
  error: unknown,
  { complete, method }: IncomingMessage,
  headers: readonly string[],
): boolean {
  const stale = outgoing?.reusedSocket === true && ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
  const empty = complete && REPEATABLE.has(method ?? '');
  return stale && empty && !headers.some((text) => /^(?:content-length|transfer-encoding)$/i.test(text));
}
