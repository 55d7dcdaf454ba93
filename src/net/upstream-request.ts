import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as httpRequest,
} from 'node:http';
import { AppError, messageOf } from '../core/errors.ts';

/** Where a request goes. */
export interface UpstreamPlace {
  agent: Agent;
  host: string;
  port: number;
  path: string;
}

/** Response heads of model servers are short; this is what we accept from clients too. */
const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Starts the upstream half of an exchange: the head is sent with what the caller writes, ends or flushes.
 * Throws AppError `request_malformed` for what node:http does not write.
 */
export function startUpstreamRequest(
  { method }: Pick<IncomingMessage, 'method'>,
  { agent, host, port, path }: UpstreamPlace,
  headers: readonly string[],
): ClientRequest {
  const outgoing = written({
    agent,
    host,
    port,
    method,
    path,
    headers,
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  // 0 = all of them: the default silently forgets those beyond the 2,000th.
  outgoing.maxHeadersCount = 0;
  return outgoing;
}

/** For a request that asks for no other protocol: of a 101 without a listener, node:http tells nobody but by `close`. */
export function refuseSwitch(outgoing: ClientRequest): void {
  outgoing.once('upgrade', (_incoming, socket) => {
    socket.destroy();
    outgoing.emit('error', new Error('it switched protocols, which nobody had asked for'));
  });
}

function written(options: RequestOptions): ClientRequest {
  try {
    return httpRequest(options);
  } catch (cause) {
    throw new AppError('request_malformed', `The request cannot be sent on: ${messageOf(cause)}`, { cause });
  }
}
