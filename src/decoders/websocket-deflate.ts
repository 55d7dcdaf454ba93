/** permessage-deflate (RFC 7692): what two ends agreed on, and its messages inflated. */
import { constants, inflateRawSync } from 'node:zlib';

/** The side that sends keeps its window from one message to the next. */
export interface Deflate {
  clientTakeover: boolean;
  serverTakeover: boolean;
}

const EMPTY = Buffer.alloc(0);
const WINDOW = 32 * 1024;
const SMALL_CHUNK = 1024;
const LARGE_CHUNK = 256 * 1024;
/** Text compresses 3 to 30 times; past the free part, more than this is a bomb. */
const MAX_RATIO = 250;
const FREE_OUTPUT = 4 * 1024 * 1024;

/** @param extensions `Sec-WebSocket-Extensions` of the 101; null = none */
export function negotiatedDeflate(extensions: string | null): Deflate | null {
  for (const extension of (extensions ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = extension.split(';').map((part) => part.trim());
    if (name !== 'permessage-deflate') continue;
    const has = (wanted: string): boolean => parameters.some((each) => each.split('=')[0]?.trim() === wanted);
    return {
      clientTakeover: !has('client_no_context_takeover'),
      serverTakeover: !has('server_no_context_takeover'),
    };
  }
  return null;
}

/**
 * Inflates the messages of one direction. Each is one synchronous call with the last 32 kB as its dictionary: between
 * two messages nothing but that window is kept, where a stream would hold some 60 kB of zlib's for every idle socket.
 */
export class MessageInflater {
  readonly #takeover: boolean;
  readonly #maxLength: number;
  #store: Buffer = EMPTY;
  /** Of the store: what is in it. */
  #window: Buffer = EMPTY;

  constructor(takeover: boolean, maxLength: number) {
    this.#takeover = takeover;
    this.#maxLength = maxLength;
  }

  /** Bytes that are kept from one message to the next. */
  get held(): number {
    return this.#store.length;
  }

  /** Null = it cannot be inflated: corrupt, or too large. With a window that is lost, no later one can be either. */
  inflate(payload: Uint8Array): Buffer | null {
    const maxOutputLength = Math.min(this.#maxLength, Math.max(FREE_OUTPUT, payload.length * MAX_RATIO));
    let message: Buffer;
    try {
      // The four bytes that every message leaves out are not missed: what is there is flushed.
      message = inflateRawSync(payload, {
        maxOutputLength,
        finishFlush: constants.Z_SYNC_FLUSH,
        // Most messages are short: the usual 16 kB for each are garbage.
        chunkSize: Math.min(LARGE_CHUNK, Math.max(SMALL_CHUNK, payload.length * 4)),
        ...(this.#window.length === 0 ? {} : { dictionary: this.#window }),
      });
    } catch {
      return null;
    }
    if (this.#takeover) this.#remember(message);
    return message;
  }

  /** The last 32 kB of all messages, in one place: it is moved, not made anew for each. */
  #remember(message: Buffer): void {
    const added = message.subarray(Math.max(0, message.length - WINDOW));
    const kept = Math.min(this.#window.length, WINDOW - added.length);
    const length = kept + added.length;
    if (length > this.#store.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(WINDOW, Math.max(length, this.#store.length * 2)));
      grown.set(this.#window);
      this.#store = grown;
    }
    this.#store.copyWithin(0, this.#window.length - kept, this.#window.length);
    this.#store.set(added, kept);
    this.#window = this.#store.subarray(0, length);
  }
}
