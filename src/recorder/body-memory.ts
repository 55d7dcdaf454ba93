/** Body bytes that live exchanges hold, all together. An agent's thousand open calls of 300 kB are 300 MB otherwise. */
export class BodyMemory {
  readonly #cap: number;
  #held = 0;

  constructor(capBytes: number) {
    this.#cap = capBytes;
  }

  get held(): number {
    return this.#held;
  }

  get short(): boolean {
    return this.#held >= this.#cap;
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
