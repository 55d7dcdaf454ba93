/** Ways to end a socket without losing what was written to it before. */
import type { Socket } from 'node:net';

/** A reset makes the kernel drop what it has not sent yet: it gets that long after our last byte. */
const RESET_DELAY_MS = 20;

/** Sends RST behind everything written so far; at the latest after `lingerMs`. */
export function resetAfterFlush(socket: Socket, lingerMs: number): void {
  if (socket.destroyed) return;
  let timer = setTimeout(() => socket.resetAndDestroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  if (socket.writableLength === 0 && socket.bytesWritten === 0) {
    socket.resetAndDestroy();
    return;
  }
  const flushed = (): void => {
    clearTimeout(timer);
    if (!socket.destroyed) timer = setTimeout(() => socket.resetAndDestroy(), RESET_DELAY_MS);
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
