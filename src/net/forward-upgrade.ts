/** `Upgrade` over plain http: relayed if the upstream agrees, answered as it answers if not. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { endToEndHeaders } from './end-to-end.ts';
import type { Side } from '../core/recorder-port.ts';
import { headBytes, type ExchangeRows } from './exchange-rows.ts';
import { endAndDrain, resetAfterFlush } from './flush.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { startUpstreamRequest } from './upstream-request.ts';
import { refusalFor, refusalBytes } from './refusal.ts';
import { tunnel, type Moved } from './tunnel.ts';
import type { NetDeps } from './types.ts';

const LINGER_MS = 10_000;
const MAX_EARLY_BYTES = 64 * 1024;

export interface UpgradeRequest {
  request: IncomingMessage;
  socket: Socket;
  /** What the client sent behind its head. */
  head: Buffer;
}

export function forwardUpgrade(
  { request, socket, head }: UpgradeRequest,
  plan: ForwardPlan,
  deps: Pick<NetDeps, 'counters' | 'registry'>,
): void {
  const { rows } = plan;
  const failed = (error: unknown): void => {
    const refusal = refusalFor(error);
    rows?.end('upstream_error', { type: refusal.type, message: refusal.message });
    endAndDrain(socket, refusalBytes(refusal), LINGER_MS);
  };
  let outgoing: ClientRequest;
  try {
    outgoing = startUpstreamRequest(request, plan, plan.headers);
  } catch (error) {
    failed(error);
    return;
  }
  outgoing.end();
  const clientClosed = (): void => {
    rows?.end('client_aborted');
    outgoing.destroy();
  };
  let answered = false;
  socket.once('close', clientClosed);
  const early = hearEarly(socket, head);
  outgoing.on('upgrade', (incoming, upstream, first) => {
    answered = true;
    socket.off('close', clientClosed);
    early.giveBack();
    upstream.on('error', () => {});
    relayHead(incoming, socket, plan, true);
    if (first.length > 0) upstream.unshift(first);
    const protocol = /websocket/i.test(request.headers.upgrade ?? '') ? 'protocol="websocket"' : 'protocol="other"';
    deps.counters.add('upgrades', protocol);
    const isWebSocket = /^websocket$/i.test(incoming.headers.upgrade ?? '');
    const left = firstToLeave(socket, upstream);
    const done = (moved: Moved): void => rows?.end('upgraded', null, { ...moved, upstreamLeft: left() === upstream });
    tunnel(socket, upstream, deps, done, isWebSocket && rows !== null ? hearer(rows) : undefined);
  });
  outgoing.on('response', (incoming) => {
    answered = true;
    early.giveBack();
    relayHead(incoming, socket, plan, false);
    incoming.on('data', (chunk: Buffer) => {
      rows?.responseBody(chunk);
      if (!socket.write(chunk)) incoming.pause();
    });
    socket.on('drain', () => incoming.resume());
    incoming.on('error', () => {});
    incoming.once('close', () => {
      rows?.end(incoming.complete ? 'complete' : 'upstream_aborted');
      // The head said "until close".
      if (incoming.complete) endAndDrain(socket, '', LINGER_MS);
      else resetAfterFlush(socket, LINGER_MS);
    });
  });
  outgoing.on('error', (error) => {
    if (!answered && !socket.destroyed) failed(error);
  });
}

function hearer(rows: ExchangeRows): (side: Side, bytes: Buffer) => void {
  return (side, bytes) => (side === 'request' ? rows.requestBody(bytes) : rows.responseBody(bytes));
}

function firstToLeave(...sockets: Socket[]): () => Socket | null {
  let left: Socket | null = null;
  for (const socket of sockets) {
    const leave = (): void => {
      left ??= socket;
    };
    socket.once('end', leave).once('close', leave);
  }
  return () => left;
}

/** Whoever reads sees the client leave. What it says before it is answered is kept, if it is not much. */
function hearEarly(socket: Socket, head: Buffer): { giveBack(): void } {
  const heard = [head];
  let bytes = head.length;
  const hear = (chunk: Buffer): void => {
    heard.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_EARLY_BYTES) socket.pause();
  };
  const leave = (): void => void socket.destroy();
  socket.on('data', hear).once('end', leave);
  return {
    giveBack: () => {
      socket.off('data', hear).off('end', leave).pause();
      if (bytes > 0 && !socket.destroyed) socket.unshift(Buffer.concat(heard));
    },
  };
}

function relayHead(incoming: IncomingMessage, socket: Socket, { rows }: ForwardPlan, upgraded: boolean): void {
  const line = `${incoming.statusCode} ${incoming.statusMessage}`;
  rows?.responseHead(`HTTP/${incoming.httpVersion} ${line}`, incoming.rawHeaders);
  const headers = endToEndHeaders(incoming.rawHeaders, { upgrade: upgraded, withoutTransferEncoding: true });
  socket.write(headBytes(`HTTP/1.1 ${line}`, upgraded ? headers : [...headers, 'Connection', 'close']));
}
