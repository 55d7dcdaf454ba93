/** What every listener of ours does with an http.Server, whoever made it. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { codeOf } from '../core/errors.ts';
import { reset } from './flush.ts';
import { type Refusal, refuseSocket } from './refusal.ts';

export interface FrontDoorHandlers {
  /** `head` holds what the client sent behind the CONNECT. */
  connect(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Also requests with `Expect: 100-continue`, which nobody has answered yet. */
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** A new connection, before its first byte. */
  connection(socket: Socket): void;
  /** The listener itself failed, e.g. EMFILE on accept; it goes on. */
  error(error: Error): void;
}

export interface FrontDoorLimits {
  /** A request head must be whole by then; looked at every `checkEveryMs`. */
  headTimeoutMs: number;
  /** Idle time between two requests of one connection. */
  idleTimeoutMs: number;
  checkEveryMs: number;
  /** Coding agents send long heads; 17 kB was seen. */
  maxHeadBytes: number;
}

export const DEFAULT_LIMITS: FrontDoorLimits = {
  headTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  checkEveryMs: 15_000,
  maxHeadBytes: 64 * 1024,
};

export interface FrontDoorOptions {
  host: string;
  /** 0 = any free port. */
  port: number;
  limits: FrontDoorLimits;
}

/** A listener that has been opened. Replaceable: the tests run on a bare node:http one as well. */
export interface FrontDoor {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
}

export type OpenFrontDoor = (options: FrontDoorOptions, handlers: FrontDoorHandlers) => Promise<FrontDoor>;

/** Puts our handlers, and only ours, on a server; all but CONNECT. */
export function takeOver(server: Server, handlers: FrontDoorHandlers, limits: FrontDoorLimits): void {
  for (const event of ['request', 'checkContinue', 'checkExpectation', 'upgrade', 'clientError', 'timeout', 'error']) {
    server.removeAllListeners(event);
  }
  server.on('connection', (socket) => handlers.connection(socket));
  server.on('request', (request, response) => handlers.request(request, response));
  server.on('checkContinue', (request, response) => handlers.request(request, response));
  server.on('checkExpectation', (request, response) => handlers.request(request, response));
  server.on('upgrade', (request, socket, head) => handlers.upgrade(request, socket as Socket, head));
  server.on('clientError', (error, socket) => answerParseError(error, socket as Socket));
  server.on('error', (error) => handlers.error(error));
  // What the constructor takes as options and nobody can pass through http-mitm-proxy. Absolute-form requests without a
  // Host are served: their target names the host, and node:http would answer a bare 400.
  const options = {
    maxHeaderSize: limits.maxHeadBytes,
    connectionsCheckingInterval: limits.checkEveryMs,
    requireHostHeader: false,
    // Not an option at all, but what node:http looks at in every version: see client-end.ts.
    httpAllowHalfOpen: true,
  };
  Object.assign(server, options);
  server.timeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = limits.headTimeoutMs;
  server.keepAliveTimeout = limits.idleTimeoutMs;
  // 0 = all of them: node:http silently forgets headers beyond the limit. The http-engine counts.
  server.maxHeadersCount = 0;
}

const PARSE_ERRORS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    type: 'head_too_large',
    message: 'The request head is larger than 64 kB: send fewer or shorter headers',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    type: 'head_timeout',
    message: 'The request head was not complete in time',
  },
};

function answerParseError(error: Error, socket: Socket): void {
  if (socket.destroyed) return;
  // A connection that was opened ahead and never used is closed without a word, or its owner would read the 408 as an
  // answer to the request that it sends just then.
  const unused = codeOf(error) === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
  if (unused || !socket.writable || codeOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  // In the middle of an answer an error page would become part of it.
  if (isBeingAnswered(socket)) {
    reset(socket);
    return;
  }
  const malformed = {
    status: 400,
    type: 'request_malformed',
    message: `This is not a well-formed HTTP/1.1 request (${codeOf(error) ?? 'unknown'})`,
  };
  refuseSocket(socket, PARSE_ERRORS[codeOf(error) ?? ''] ?? malformed);
}

/** True when an answer has begun on this connection and has not ended. `_httpMessage` is what Node's own handler looks at. */
function isBeingAnswered(socket: Socket): boolean {
  const message = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
  return message?.headersSent === true && !message.writableEnded;
}
