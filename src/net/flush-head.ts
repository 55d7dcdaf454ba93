import type { OutgoingMessage } from 'node:http';

const NO_BYTES = Buffer.alloc(0);

/**
 * Sends a head ahead of its body. By `flushHeaders` node:http would write it as UTF-8, and each byte above 0x7f of a
 * header (a title, a file name) would become two; with bytes behind it, it is Latin-1, as heads are read.
 */
export function flushHead(message: OutgoingMessage): void {
  if (!message.writableEnded) message.write(NO_BYTES);
}
