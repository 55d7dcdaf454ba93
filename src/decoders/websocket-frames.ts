/** Of one frame, before its payload. */
export interface FrameHead {
  /** The last frame of its message. */
  fin: boolean;
  /** The first of the three bits that extensions give a meaning to; the others are never set here. */
  rsv1: boolean;
  opcode: number;
  /** Bytes of the payload. */
  length: number;
}

/** Payload as on the wire. The views are valid during the call only. */
export interface FrameHandler {
  frame(head: FrameHead): void;
  /** @param key null = not masked. @param offset of these bytes in the payload: byte `i` is masked by `key[(offset + i) % 4]` */
  payload(bytes: Uint8Array, key: Uint8Array | null, offset: number): void;
  /** So many bytes of the payload were not seen. */
  missing(bytes: number): void;
  /** The payload is whole, but for what is missing. */
  end(): void;
}

/** `framing`: not what RFC 6455 says. `gap`: bytes are missing, and with them the place where the next frame begins. */
export type FrameProblem = 'framing' | 'gap';

/** Two bytes, eight of length, four of the key. */
const MOST_HEAD = 14;
const FIN = 0x80;
const RSV1 = 0x40;
const OTHER_RSV = 0x30;
const MASKED = 0x80;
const CONTROL = 0x08;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MOST_CONTROL = 125;
const DATA_OPCODES = 2;
const CONTROL_OPCODES = 10;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Finds the frames of one direction of a WebSocket (RFC 6455) while its bytes stream by, cut anywhere. It changes
 * nothing and holds at most one head. The first problem is final. Whether a direction is masked, each frame says itself:
 * to insist is for the two ends.
 */
export class FrameParser {
  readonly #handler: FrameHandler;
  readonly #head = new Uint8Array(MOST_HEAD);
  #headLength = 0;
  #needed = 2;
  /** Payload bytes still to come; null = in a head. */
  #left: number | null = null;
  #offset = 0;
  #key: Uint8Array | null = null;
  #problem: FrameProblem | null = null;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Set = nothing is read any more. */
  get problem(): FrameProblem | null {
    return this.#problem;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#problem === null;) {
      at = this.#left === null ? this.#readHead(chunk, at) : this.#readPayload(chunk, at, this.#left);
    }
  }

  /** So many bytes came by unseen: within one payload they cost its message, else all that follows. */
  gap(bytes: number): void {
    if (this.#problem !== null || bytes === 0) return;
    const left = this.#left ?? 0;
    if (bytes > left) {
      this.#problem = 'gap';
      return;
    }
    this.#handler.missing(bytes);
    this.#advance(bytes, left);
  }

  #readPayload(chunk: Uint8Array, at: number, left: number): number {
    const to = Math.min(chunk.length, at + left);
    this.#handler.payload(chunk.subarray(at, to), this.#key, this.#offset);
    this.#advance(to - at, left);
    return to;
  }

  #advance(bytes: number, left: number): void {
    this.#offset += bytes;
    this.#left = left - bytes;
    if (this.#left === 0) this.#endFrame();
  }

  #endFrame(): void {
    this.#left = null;
    this.#headLength = 0;
    this.#needed = 2;
    this.#handler.end();
  }

  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#headLength < this.#needed) {
      this.#head[this.#headLength++] = chunk[at++] ?? 0;
      if (this.#headLength === 2) this.#needed = headLength(this.#head[1] ?? 0);
    }
    if (this.#headLength === this.#needed) this.#begin();
    return at;
  }

  #begin(): void {
    const first = this.#head[0] ?? 0;
    const opcode = first & 0x0f;
    const fin = (first & FIN) !== 0;
    const length = this.#length();
    if (length === null || (first & OTHER_RSV) !== 0 || !isOpcode(opcode, fin, length)) {
      this.#problem = 'framing';
      return;
    }
    this.#key = ((this.#head[1] ?? 0) & MASKED) === 0 ? null : this.#head.subarray(this.#needed - 4, this.#needed);
    this.#offset = 0;
    this.#left = length;
    this.#handler.frame({ fin, rsv1: (first & RSV1) !== 0, opcode, length });
    if (length === 0) this.#endFrame();
  }

  /** Null = more than any message can have. */
  #length(): number | null {
    const short = (this.#head[1] ?? 0) & 0x7f;
    if (short < LENGTH_16) return short;
    const view = new DataView(this.#head.buffer, this.#head.byteOffset);
    if (short === LENGTH_16) return view.getUint16(2);
    const high = view.getUint32(2);
    return high < 2 ** 21 ? high * 2 ** 32 + view.getUint32(6) : null;
  }
}

/** Whether this is just one frame: a text that begins and ends as a JSON object, which no other bytes do by chance. */
export function isJsonFrame(bytes: Uint8Array): boolean {
  const needed = headLength(bytes[1] ?? 0);
  if (bytes[0] !== (FIN | 1) || bytes.length <= needed) return false;
  let frames = 0;
  let first = 0;
  let last = 0;
  let length = 0;
  const parser = new FrameParser({
    frame: (head) => {
      frames += 1;
      ({ length } = head);
    },
    payload: (piece, key) => {
      first = (piece[0] ?? 0) ^ (key?.[0] ?? 0);
      last = (piece.at(-1) ?? 0) ^ (key?.[(piece.length - 1) & 3] ?? 0);
    },
    missing: () => {},
    end: () => {},
  });
  parser.push(bytes);
  return frames === 1 && bytes.length === needed + length && first === OPEN_OBJECT && last === CLOSE_OBJECT;
}

function headLength(second: number): number {
  const short = second & 0x7f;
  const length = short < LENGTH_16 ? 2 : short < LENGTH_64 ? 4 : 10;
  return (second & MASKED) === 0 ? length : length + 4;
}

function isOpcode(opcode: number, fin: boolean, length: number): boolean {
  if (opcode < CONTROL) return opcode <= DATA_OPCODES;
  return opcode <= CONTROL_OPCODES && fin && length <= MOST_CONTROL;
}
