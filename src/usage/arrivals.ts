/** When the bytes of a streamed answer came. Pairs of numbers: a thousand streams have a thousand chunks each. */
export class Arrivals {
  /** Bytes of the kept body before the chunk, and its time; one after the other. */
  readonly pairs: number[] = [];
  #last = -Infinity;

  /** Chunks of one millisecond are one. @param at milliseconds */
  add(offset: number, at: number): void {
    if (at - this.#last < 1 || this.pairs.length >= MOST) return;
    this.#last = at;
    this.pairs.push(offset, at);
  }
}

/** An hour of a stream with ten chunks a second, and more. */
const MOST = 2 * 50_000;
