/** Ways to end a socket without losing what was written to it before. */
import type { Socket } from 'node:net';

/** Sends RST once everything written so far has left the process; at the latest after `lingerMs`. */
export function resetAfterFlush(socket: Socket, lingerMs: number): void {
  afterFlush(socket, lingerMs, () => socket.resetAndDestroy());
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

function afterFlush(socket: Socket, lingerMs: number, act: () => void): void {
  if (socket.destroyed) return;
  if (socket.writableLength === 0) {
    act();
    return;
  }
  const done = (): void => {
    clearTimeout(timer);
    if (!socket.destroyed) act();
  };
  const timer = setTimeout(done, lingerMs);
  socket.once('close', () => clearTimeout(timer));
  // An empty write calls back after all writes before it.
  if (socket.writableEnded) socket.once('finish', done);
  else socket.write('', done);
}
