/** The last bytes of a response whose middle cannot be kept: that is where providers put the usage. */
export class Tail {
  readonly #size: number;
  readonly #chunks: Uint8Array[] = [];
  #kept = 0;
  #missing = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that came and are no longer here. */
  get missing(): number {
    return this.#missing;
  }

  get kept(): number {
    return this.#kept;
  }

  /** Copies. */
  push(bytes: Uint8Array): void {
    const part = bytes.length > this.#size ? bytes.subarray(bytes.length - this.#size) : bytes;
    this.#missing += bytes.length - part.length;
    this.#add(part);
    for (let first = this.#chunks[0]; first !== undefined && this.#kept > this.#size; first = this.#chunks[0]) {
      this.#dropFrom(first);
    }
  }

  bytes(): readonly Uint8Array[] {
    return this.#chunks;
  }

  #add(part: Uint8Array): void {
    const last = this.#chunks.at(-1);
    // Many 100-byte events must not become many objects: a chunk is a page with room at its end.
    if (last !== undefined && last.byteOffset + last.length + part.length <= last.buffer.byteLength) {
      const grown = new Uint8Array(last.buffer, last.byteOffset, last.length + part.length);
      grown.set(part, last.length);
      this.#chunks[this.#chunks.length - 1] = grown;
    } else {
      const page = new Uint8Array(new ArrayBuffer(Math.max(PAGE, part.length)), 0, part.length);
      page.set(part);
      this.#chunks.push(page);
    }
    this.#kept += part.length;
  }

  #dropFrom(first: Uint8Array): void {
    const excess = Math.min(first.length, this.#kept - this.#size);
    if (excess === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(excess);
    this.#kept -= excess;
    this.#missing += excess;
  }
}

const PAGE = 4096;
