/** Frames of WebSockets (RFC 6455), made by us. */
import { createHash, randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';

export interface FrameOptions {
  /** 1 = text, 2 = binary, 0 = continuation, 8 = close, 9 = ping, 10 = pong. */
  opcode?: number;
  fin?: boolean;
  /** As a client's. */
  masked?: boolean;
  rsv1?: boolean;
}

export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, masked = false, rsv1 = false } = options;
  const bytes = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const mask = masked ? 0x80 : 0;
  let head: Buffer;
  if (bytes.length < 126) {
    head = Buffer.from([first, mask | bytes.length]);
  } else if (bytes.length < 65_536) {
    head = Buffer.from([first, mask | 126, 0, 0]);
    head.writeUInt16BE(bytes.length, 2);
  } else {
    head = Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(bytes.length, 6);
  }
  if (!masked) return Buffer.concat([head, bytes]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, bytes.map((byte, index) => byte ^ (key[index & 3] ?? 0))]);
}

/** A message in frames of `size` bytes, with a ping behind each but the last. */
export function fragmented(payload: string | Uint8Array, size: number, options: FrameOptions = {}): Buffer {
  const bytes = Buffer.from(payload);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += size) {
    const fin = at + size >= bytes.length;
    const first = at === 0 ? options : { ...options, opcode: 0, rsv1: false };
    parts.push(frame(bytes.subarray(at, at + size), { ...first, fin }));
    if (!fin) parts.push(frame('beat', { opcode: 9, masked: options.masked === true }));
  }
  return Buffer.concat(parts);
}

/** One side's compressor: permessage-deflate, with or without context takeover. */
export class Deflater {
  readonly #takeover: boolean;
  #window: Buffer = Buffer.alloc(0);

  constructor(takeover: boolean) {
    this.#takeover = takeover;
  }

  compress(text: string | Uint8Array): Buffer {
    const bytes = Buffer.from(text);
    const dictionary = this.#window.length === 0 ? {} : { dictionary: this.#window };
    const packed = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary });
    if (this.#takeover) this.#window = Buffer.concat([this.#window, bytes]).subarray(-32_768);
    return packed.subarray(0, -4);
  }
}

/** What a server answers to an upgrade. @param key `Sec-WebSocket-Key` */
export function switchingProtocols(key: string, more: readonly string[] = []): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  return [...lines, `Sec-WebSocket-Accept: ${accept}`, ...more, '', ''].join('\r\n');
}
