import { ROW_REGION_BYTES, ROW_WIDTH, ROWS_PER_SLAB, SLAB_BYTES, type SlabMessage } from './rows.ts';

/** One buffer while it is being filled: rows grow in their region, bytes behind it. */
export class Slab {
  readonly #buffer: ArrayBuffer;
  readonly #rows: Float64Array;
  readonly #bytes: Uint8Array;
  #rowCount = 0;
  #used = 0;
  /** Exchanges whose last row is in here. */
  ends = 0;

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
    this.#rows = new Float64Array(buffer, 0, ROWS_PER_SLAB * ROW_WIDTH);
    this.#bytes = new Uint8Array(buffer, ROW_REGION_BYTES);
  }

  get size(): number {
    return this.#buffer.byteLength;
  }

  /** Bytes that still fit; 0 when there is no row left to point at them. */
  get room(): number {
    return this.#rowCount === ROWS_PER_SLAB ? 0 : this.#bytes.length - this.#used;
  }

  get full(): boolean {
    return this.#rowCount === ROWS_PER_SLAB;
  }

  /** The caller has made sure that `bytes` fit. */
  put(kind: number, exchange: number, at: number, bytes: Uint8Array, extra = 0): void {
    this.#bytes.set(bytes, this.#used);
    this.putRow(kind, exchange, at, this.#used, bytes.length, extra);
    this.#used += bytes.length;
  }

  putRow(kind: number, exchange: number, at: number, offset: number, length: number, extra = 0): void {
    const rows = this.#rows;
    let index = this.#rowCount * ROW_WIDTH;
    rows[index++] = kind;
    rows[index++] = exchange;
    rows[index++] = at;
    rows[index++] = offset;
    rows[index++] = length;
    rows[index] = extra;
    this.#rowCount += 1;
  }

  message(): SlabMessage {
    return { buffer: this.#buffer, rows: this.#rowCount };
  }
}

/** Enough for the slabs under way at the design point; what is beyond goes back to the system. */
const POOLED = 32;
const POOLED_BYTES = ROW_REGION_BYTES + SLAB_BYTES;

/** Buffers that came back. Without it, 300 fresh slabs a second keep the garbage collector's mark high. */
export class SlabPool {
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes the least that must fit into one piece. */
  take(bytes: number): Slab {
    if (bytes > SLAB_BYTES) return new Slab(new ArrayBuffer(ROW_REGION_BYTES + bytes));
    return new Slab(this.#free.pop() ?? new ArrayBuffer(POOLED_BYTES));
  }

  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === POOLED_BYTES && this.#free.length < POOLED) this.#free.push(buffer);
  }
}
