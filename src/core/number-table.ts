/** Room to begin with. A power of two. */
const SLOTS = 64;

/**
 * Values by positive whole numbers that come in about the order of counting and go soon, such as exchanges by their
 * number. A `Map` with such a churn is laid out anew every few entries, and each layout that it leaves behind, long in
 * the old generation, keeps what was in it alive until the next full collection: of 5.2 kB that a JSON call left behind
 * in the recorder, 4.8 were of that kind. This one is overwritten in place.
 */
export class NumberTable<T> {
  /** 0 = free. */
  #keys = new Float64Array(SLOTS);
  #values: (T | undefined)[] = slots(SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    const slot = this.#find(key);
    return this.#keys[slot] === key ? this.#values[slot] : undefined;
  }

  set(key: number, value: T): void {
    // At most half full: a search that finds nothing ends soon.
    if (2 * (this.#size + 1) > this.#keys.length) this.#grow();
    const slot = this.#find(key);
    if (this.#keys[slot] !== key) this.#size += 1;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  /** False = it was not there. */
  delete(key: number): boolean {
    const slot = this.#find(key);
    if (this.#keys[slot] !== key) return false;
    this.#size -= 1;
    this.#close(slot);
    return true;
  }

  clear(): void {
    this.#keys.fill(0);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** In no order. A copy: the table may be changed meanwhile. */
  entries(): [key: number, value: T][] {
    const entries: [number, T][] = [];
    for (const [slot, key] of this.#keys.entries()) if (key !== 0) entries.push([key, this.#values[slot] as T]);
    return entries;
  }

  /** The slot of the key, or the free one where it would be. */
  #find(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = key & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  /** Frees a slot, and moves what lies behind it to where a search will find it. */
  #close(freed: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let free = freed;
    for (let slot = (free + 1) & mask; keys[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (keys[slot] as number) & mask;
      // Not past its home: the distance from there must not become one round.
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      keys[free] = keys[slot] as number;
      this.#values[free] = this.#values[slot];
      free = slot;
    }
    keys[free] = 0;
    this.#values[free] = undefined;
  }

  #grow(): void {
    const entries = this.entries();
    this.#keys = new Float64Array(2 * this.#keys.length);
    this.#values = slots(this.#keys.length);
    for (const [key, value] of entries) {
      const slot = this.#find(key);
      this.#keys[slot] = key;
      this.#values[slot] = value;
    }
  }
}

function slots<T>(count: number): (T | undefined)[] {
  return Array.from<T | undefined>({ length: count }).fill(undefined);
}
