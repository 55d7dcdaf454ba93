const EMPTY = Buffer.alloc(0);

/** Growing copy of what it is given, up to a cap. Many small chunks cost one copy each, not one object each. */
export class ByteBuffer {
  readonly #cap: number;
  #store: Buffer = EMPTY;
  #length = 0;
  #truncated = false;

  constructor(cap: number) {
    this.#cap = cap;
  }

  get length(): number {
    return this.#length;
  }

  /** True once something did not fit. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** What follows is known to be missing (a gap in the capture). */
  markTruncated(): void {
    this.#truncated = true;
  }

  push(chunk: Uint8Array): void {
    const room = this.#cap - this.#length;
    const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
    if (part.length < chunk.length) this.#truncated = true;
    if (part.length === 0) return;
    const needed = this.#length + part.length;
    if (needed > this.#store.length) this.#grow(needed);
    this.#store.set(part, this.#length);
    this.#length = needed;
  }

  /** A view; valid until the next push. */
  view(): Buffer {
    return this.#store.subarray(0, this.#length);
  }

  clear(): void {
    // A small store is worth keeping for the next message, a large one is not.
    if (this.#store.length > 64 * 1024) this.#store = EMPTY;
    this.#length = 0;
    this.#truncated = false;
  }

  #grow(needed: number): void {
    const size = Math.min(Math.max(needed, this.#store.length * 2, 256), this.#cap);
    // From Node's pool where small: an ArrayBuffer of its own for each short body costs more in collection than all else.
    const grown = Buffer.allocUnsafe(size);
    grown.set(this.view());
    this.#store = grown;
  }
}

/** The last `size` bytes of what it is given. */
export class TailBuffer {
  readonly #size: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  push(chunk: Uint8Array): void {
    const part = chunk.length > this.#size ? chunk.subarray(chunk.length - this.#size) : chunk;
    this.#chunks.push(Buffer.from(part));
    this.#length += part.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#length - first.length < this.#size) break;
      this.#length -= first.length;
      this.#chunks.shift();
    }
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.length > this.#size ? all.subarray(all.length - this.#size) : all;
  }
}
