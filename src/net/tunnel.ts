/** Bytes both ways, unread. Nothing of ours ever cuts a tunnel: it lives as long as its two ends. */
import type { Socket } from 'node:net';
import type { Counters } from '../core/counters.ts';
import { resetAfterFlush } from './flush.ts';
import type { ConnectionRegistry } from './types.ts';

/** How long bytes that are on their way to one end may take, once the other end was reset. */
const LINGER_MS = 10_000;
/** Nobody can see whether a tunnel is between two calls; a stop takes it to be when nothing has moved for so long. */
const QUIET_MS = 5_000;

export interface TunnelDeps {
  counters: Counters;
  registry: ConnectionRegistry;
}

/** Bytes that went either way. */
export interface Moved {
  request: number;
  response: number;
}

/**
 * Both sockets are connected, allow half-open, and may hold unread bytes.
 * @param done is called when both have closed.
 * @param hear is shown what passes, and must not throw.
 */
export function tunnel(
  client: Socket,
  upstream: Socket,
  { counters, registry }: TunnelDeps,
  done?: (moved: Moved) => void,
  hear?: (side: keyof Moved, bytes: Buffer) => void,
): void {
  let movedAt = performance.now();
  const moved: Moved = { request: 0, response: 0 };
  const count = (side: keyof Moved) => (bytes: Buffer) => {
    movedAt = performance.now();
    moved[side] += bytes.length;
    counters.add('tunnel_bytes', `direction="${side}"`, bytes.length);
    hear?.(side, bytes);
  };
  const isIdle = (): boolean => performance.now() - movedAt > QUIET_MS;
  registry.add(client, isIdle);
  registry.add(upstream, isIdle);
  client.setNoDelay(true);
  let open = 2;
  for (const socket of [client, upstream]) {
    const closed = (): void => {
      open -= 1;
      if (open === 0) done?.(moved);
    };
    if (socket.destroyed) closed();
    else socket.once('close', closed);
  }
  copy(client, upstream, count('request'));
  copy(upstream, client, count('response'));
}

function copy(from: Socket, to: Socket, count: (bytes: Buffer) => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk);
    if (!to.destroyed && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // An RST (or a dead peer's time-out) is passed on as an RST, after the bytes that came before it. One that arrives in
  // the same poll as the last bytes cannot be seen: libuv reports it as an end.
  from.on('error', () => resetAfterFlush(to, LINGER_MS));
  from.on('close', () => {
    // Closed without an end and without an error: somebody here destroyed it.
    if (!from.readableEnded && !from.errored) resetAfterFlush(to, LINGER_MS);
  });
  if (from.destroyed) {
    resetAfterFlush(to, LINGER_MS);
  } else if (from.readableEnded) {
    to.end();
  } else {
    from.resume();
  }
}
