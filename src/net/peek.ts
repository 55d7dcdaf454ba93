import type { Socket } from 'node:net';
import { parseClientHello } from '../wire/client-hello.ts';
import type { FirstBytes } from './policy.ts';

/** What the first bytes of a client are; whatever was read is back in the socket, which is paused. */
export type Peeked =
  | Exclude<FirstBytes, 'unread'>
  /** The client left. */
  | 'gone'
  /** A hello began and did not end in time. */
  | 'stalled';

/** A hello is parsed again for every piece that it comes in; this bounds the work of one that drips. */
const MAX_PIECES = 4096;

/**
 * Reads until the client hello is whole and puts it back: TLS contexts are chosen before TLS begins.
 * @param firstByteMs how long a client may say nothing at all.
 * @param helloMs how long a hello may take once begun.
 */
export function peekFirstBytes(socket: Socket, firstByteMs: number, helloMs: number): Promise<Peeked> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    let pieces = 0;
    const done = (result: Peeked): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onGone).off('close', onGone);
      // Paused explicitly: whoever takes over resumes, and nothing is lost in between.
      socket.pause();
      if (bytes.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(bytes);
      resolve(result);
    };
    const onGone = (): void => done('gone');
    const onData = (chunk: Buffer): void => {
      if (pieces === 0) {
        clearTimeout(timer);
        timer = setTimeout(() => done('stalled'), helloMs);
      }
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      pieces += 1;
      const result = parseClientHello(bytes);
      if (result.state === 'hello') done(result.hello);
      else if (result.state === 'not-tls') done('not-tls');
      else if (pieces >= MAX_PIECES) done('stalled');
    };
    let timer = setTimeout(() => done('silent'), firstByteMs);
    if (socket.destroyed || socket.readableEnded) {
      done('gone');
      return;
    }
    socket.on('data', onData).on('end', onGone).on('close', onGone);
    socket.resume();
  });
}
