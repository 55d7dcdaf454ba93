/** Every error that a client can get from the entrance, in one shape. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorCode, messageOf } from '../core/errors.ts';
import { endAndDrain } from './flush.ts';

export interface Refusal {
  status: number;
  /** Stable, for programs. */
  type: string;
  /** For people: what is wrong and what to do. */
  message: string;
}

export const HEAD_TIMEOUT: Refusal = {
  status: 408,
  type: 'request_timeout',
  message: 'The request head did not arrive in time.',
};

/** @param reason of a fixed set of literals. */
export function ambiguous(side: 'request' | 'response', reason: string): Refusal {
  const [status, what] = side === 'request' ? [400, 'request'] : [502, 'answer'];
  return { status, type: `ambiguous_${side}`, message: `The ${what} is not framed beyond doubt (${reason}).` };
}

/** A client that is told no may still be sending: that much, for so long, is read and dropped, so that it hears us. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 10_000;

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  authority_malformed: 400,
  address_refused: 403,
  loop: 403,
  client_not_allowed: 403,
  sni_mismatch: 421,
  request_too_large: 413,
  steered: 403,
  no_target: 404,
  target_busy: 503,
  target_unavailable: 503,
  not_convertible: 400,
  not_readable: 415,
  request_malformed: 400,
  aws_credentials: 503,
};

/** What a failed dial means to the client: ours to refuse (403), or the upstream's fault (502). */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof AppError)
    return { status: STATUS_OF[error.code] ?? 502, type: error.code, message: error.message };
  return { status: 502, type: 'upstream_reset', message: `The upstream connection failed: ${messageOf(error)}` };
}

/** The whole answer, for sockets that have no ServerResponse. The reason is in the status line too: bodies of refused CONNECTs are hidden by most clients. */
export function refusalBytes(refusal: Refusal): Buffer {
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${reasonPhrase(refusal)}`,
    ...headersOf(body).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** Refuses on a raw socket, and closes it when the client has read the answer. */
export function refuseSocket(socket: Socket, refusal: Refusal): void {
  endAndDrain(socket, refusalBytes(refusal), LINGER_MS);
}

/** Refuses a request; the connection is closed once its body has been read and dropped. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    request.socket.destroy();
    return;
  }
  const body = bodyOf(refusal);
  response.writeHead(refusal.status, reasonPhrase(refusal), headersOf(body).flat());
  if (request.method === 'HEAD') response.flushHeaders();
  else response.write(body);
  // The answer is whole for the client now; ending it here would close the connection over its unread body.
  const timer = setTimeout(() => response.end(), LINGER_MS);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  let dropped = 0;
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > MAX_DRAINED_BYTES) end();
  });
  request.once('end', end).once('close', end);
  request.resume();
  if (request.readableEnded) end();
}

function bodyOf({ type, message }: Refusal): Buffer {
  return Buffer.from(`${JSON.stringify({ error: { type, message, proxy: 'llm-proxy' } })}\n`);
}

function headersOf(body: Buffer): [string, string][] {
  return [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
    ['Connection', 'close'],
  ];
}

function reasonPhrase({ status, message }: Refusal): string {
  const line = message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
  return `${STATUS_CODES[status] ?? 'Error'} (llm-proxy: ${line})`;
}
