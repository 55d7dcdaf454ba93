/** Ways to end a socket without losing what was written to it before. */
import type { Socket } from 'node:net';

/** A reset makes the kernel drop what it has not sent yet: it gets that long after our last byte. */
const RESET_DELAY_MS = 20;

/** TCP sockets by the TLS sockets above them, where we made both. */
const BELOW = new WeakMap<Socket, Socket>();

/** Only the TCP socket can be reset: on the TLSSocket above it resetAndDestroy throws ERR_INVALID_HANDLE_TYPE. */
export function isAbove(tls: Socket, tcp: Socket): void {
  BELOW.set(tls, tcp);
}

/** RST, now. */
export function reset(socket: Socket): void {
  const tcp = BELOW.get(socket);
  if (tcp === undefined) socket.resetAndDestroy();
  else {
    tcp.resetAndDestroy();
    socket.destroy();
  }
}

/** Sends RST behind everything written so far; at the latest after `lingerMs`. */
export function resetAfterFlush(socket: Socket, lingerMs: number): void {
  if (socket.destroyed) return;
  let timer = setTimeout(() => reset(socket), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  if (socket.writableLength === 0 && socket.bytesWritten === 0) {
    reset(socket);
    return;
  }
  const flushed = (): void => {
    clearTimeout(timer);
    // One look at the sockets behind a loop that was held up: see client-side.ts.
    if (!socket.destroyed) timer = setTimeout(() => setImmediate(() => reset(socket)), RESET_DELAY_MS);
  };
  if (socket.writableFinished) flushed();
  else if (socket.writableEnded) socket.once('finish', flushed);
  // An empty write calls back behind all writes before it.
  else socket.write('', flushed);
}

/**
 * Sends `last`, then FIN, and drops what still arrives: closing over unread bytes would send an RST, which takes the
 * answer away from the client before it has read it.
 */
export function endAndDrain(socket: Socket, last: Uint8Array | string, lingerMs: number): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => socket.destroy());
  socket.once('end', () => socket.destroySoon());
  socket.end(last);
  socket.resume();
}
