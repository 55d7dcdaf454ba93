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

/** Both sockets are connected, allow half-open, and may hold unread bytes. */
export function tunnel(client: Socket, upstream: Socket, { counters, registry }: TunnelDeps): void {
  let moved = performance.now();
  const count = (labels: string) => (bytes: number) => {
    moved = performance.now();
    counters.add('tunnel_bytes', labels, bytes);
  };
  const isIdle = (): boolean => performance.now() - moved > QUIET_MS;
  registry.add(client, isIdle);
  registry.add(upstream, isIdle);
  client.setNoDelay(true);
  copy(client, upstream, count('direction="request"'));
  copy(upstream, client, count('direction="response"'));
}

function copy(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!to.destroyed && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // An RST (ours, theirs or a dead peer's time-out) is passed on as an RST, after the bytes that came before it.
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
