import { MessageInflater } from './websocket-deflate.ts';
import { type FrameHandler, type FrameHead, FrameParser, type FrameProblem, isJsonFrame } from './websocket-frames.ts';

/** `deflate`: a compressed message could not be read, and those behind it need it. */
export type MessageProblem = FrameProblem | 'deflate';

export interface MessageReaderOptions {
  /** The messages of this direction may be compressed, and whether each needs those before it. */
  deflate: { takeover: boolean } | null;
  /** Bytes of one message, compressed and not; a longer one is skipped without being held. */
  maxLength: number;
  /** False = memory is short: no large message is put together. */
  mayHold(): boolean;
  /** A whole message. @param bytes valid during the call. @param wireBytes of its payload on the wire */
  onMessage(bytes: Uint8Array, wireBytes: number): void;
  /** A message that is not read: too long, or with bytes missing. */
  onSkipped(wireBytes: number): void;
  /** This side has said its last. */
  onClose(): void;
}

const EMPTY = Buffer.alloc(0);
const CONTROL = 0x08;
const CLOSE = 0x08;
const CONTINUATION = 0;
/** As much is put together even when memory is short: the usage stands in messages that repeat a whole answer. */
const SMALL = 1024 * 1024;
/** Of what a message was put together in, so much is worth keeping for the next. */
const KEPT = 1024;

/** A masked message that is there in one piece is unmasked here: one for all sockets, for each message is read at once. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Frames of one direction -> messages: put together, unmasked, inflated. Bounded. Behind a problem nothing is read; but
 * for a gap, which ends with the first chunk that is one message by itself, as most chunks are.
 */
export class SocketMessages implements FrameHandler {
  readonly #options: MessageReaderOptions;
  #frames: FrameParser;
  readonly #inflater: MessageInflater | null;
  #problem: MessageProblem | null = null;
  #hadGap = false;
  #closed = false;
  #frame: FrameHead = { fin: true, rsv1: false, opcode: 0, length: 0 };
  /** Between the first frame of a message and its last. */
  #open = false;
  #compressed = false;
  #skipping = false;
  #wireBytes = 0;
  #store: Buffer = EMPTY;
  #length = 0;
  /** The message in one piece, where it need not be put together. */
  #whole: Uint8Array | null = null;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
    this.#frames = new FrameParser(this);
    const { deflate, maxLength } = options;
    this.#inflater = deflate === null ? null : new MessageInflater(deflate.takeover, maxLength);
  }

  /** Set = not all was read. */
  get problem(): MessageProblem | null {
    // What is behind a close is nobody's any more.
    return this.#problem ?? (this.#closed ? null : this.#frames.problem) ?? (this.#hadGap ? 'gap' : null);
  }

  /** Bytes that are held of a message that is not whole, and between two. */
  get held(): number {
    return this.#store.length + (this.#inflater?.held ?? 0);
  }

  push(chunk: Uint8Array): void {
    if (this.#frames.problem === 'gap' && this.#mayResume(chunk)) this.#resume();
    if (this.#problem === null && !this.#closed) this.#frames.push(chunk);
    if (this.#isLost) this.#release();
  }

  /** So many bytes came by unseen. */
  gap(bytes: number): void {
    if (this.#problem === null && !this.#closed) this.#frames.gap(bytes);
    if (this.#isLost) this.#release();
  }

  // Of the frames

  frame(head: FrameHead): void {
    this.#frame = head;
    if (this.#isDeaf || head.opcode >= CONTROL) return;
    const isFirst = head.opcode !== CONTINUATION;
    if (isFirst === this.#open || (head.rsv1 && (!isFirst || this.#inflater === null))) {
      this.#problem = 'framing';
      return;
    }
    if (!isFirst) return;
    this.#open = true;
    this.#compressed = head.rsv1;
    this.#skipping = false;
    this.#wireBytes = 0;
    this.#length = 0;
  }

  payload(bytes: Uint8Array, key: Uint8Array | null, offset: number): void {
    if (this.#isDeaf || this.#frame.opcode >= CONTROL) return;
    const isWhole = this.#wireBytes === 0 && this.#frame.fin && bytes.length === this.#frame.length;
    this.#wireBytes += bytes.length;
    if (this.#skipping || !this.#mayGrow(bytes.length)) return;
    if (isWhole && key === null) {
      this.#whole = bytes;
    } else if (isWhole && bytes.length <= scratch.length) {
      unmask(bytes, key, offset, scratch, 0);
      this.#whole = scratch.subarray(0, bytes.length);
    } else {
      this.#grow(this.#length + bytes.length);
      unmask(bytes, key, offset, this.#store, this.#length);
      this.#length += bytes.length;
    }
  }

  missing(bytes: number): void {
    if (this.#frame.opcode >= CONTROL) return;
    this.#wireBytes += bytes;
    this.#skip();
  }

  end(): void {
    if (this.#isDeaf) return;
    const { opcode, fin } = this.#frame;
    if (opcode === CLOSE) {
      this.#closed = true;
      this.#release();
      this.#options.onClose();
    } else if (opcode < CONTROL && fin) {
      this.#open = false;
      this.#deliver();
      this.#whole = null;
      if (this.#store.length > KEPT) this.#store = EMPTY;
    }
  }

  get #isDeaf(): boolean {
    return this.#problem !== null || this.#closed;
  }

  get #isLost(): boolean {
    return this.#problem !== null || this.#frames.problem !== null;
  }

  /** Compressed messages may need those that were not seen. */
  #mayResume(chunk: Uint8Array): boolean {
    return this.#problem === null && !this.#closed && this.#options.deflate?.takeover !== true && isJsonFrame(chunk);
  }

  #resume(): void {
    this.#frames = new FrameParser(this);
    this.#hadGap = true;
    this.#open = false;
  }

  #deliver(): void {
    const bytes = this.#skipping ? null : this.#plain(this.#whole ?? this.#store.subarray(0, this.#length));
    if (bytes !== null) {
      this.#options.onMessage(bytes, this.#wireBytes);
      return;
    }
    if (this.#compressed && this.#options.deflate?.takeover === true) this.#problem = 'deflate';
    this.#options.onSkipped(this.#wireBytes);
  }

  #plain(payload: Uint8Array): Uint8Array | null {
    return this.#compressed && this.#inflater !== null ? this.#inflater.inflate(payload) : payload;
  }

  #mayGrow(bytes: number): boolean {
    const length = this.#length + bytes;
    // A head that promises too much is not waited for.
    const promised = Math.max(length, this.#frame.length);
    if (promised <= this.#options.maxLength && (length <= SMALL || this.#options.mayHold())) return true;
    this.#skip();
    return false;
  }

  #skip(): void {
    this.#skipping = true;
    this.#release();
  }

  #release(): void {
    this.#store = EMPTY;
    this.#length = 0;
    this.#whole = null;
  }

  #grow(needed: number): void {
    if (needed <= this.#store.length) return;
    const most = Math.max(needed, Math.min(this.#options.maxLength, this.#store.length * 2));
    const grown = Buffer.allocUnsafeSlow(Math.max(most, Math.min(KEPT, this.#options.maxLength)));
    grown.set(this.#store.subarray(0, this.#length));
    this.#store = grown;
  }
}

function unmask(bytes: Uint8Array, key: Uint8Array | null, offset: number, into: Uint8Array, at: number): void {
  if (key === null) {
    into.set(bytes, at);
    return;
  }
  for (let index = 0; index < bytes.length; index += 1) {
    into[at + index] = (bytes[index] ?? 0) ^ (key[(offset + index) & 3] ?? 0);
  }
}
