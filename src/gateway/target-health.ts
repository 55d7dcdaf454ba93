/** How a target does: how many calls are at it, and whether it is worth asking. Times come in as arguments. */

/** So many failures in a row, and it is left alone for a while. */
const MAX_FAILURES = 5;
const REST_MS = 30_000;

/** A place at a target; to be given back once. */
export interface Place {
  release(): void;
}

export class TargetHealth {
  readonly #limits: { maxCalls: number; maxCopies: number };
  readonly #waiting: ((place: Place) => void)[] = [];
  #calls = 0;
  #copies = 0;
  #failures = 0;
  #restsUntil = -Infinity;
  /** One call is trying whether it is back. */
  #isTrying = false;

  /** @param limits `maxCalls` 0 = none */
  constructor(limits: { maxCalls: number; maxCopies: number }) {
    this.#limits = limits;
  }

  /** False = it has failed too often just now. After the rest one call may try. @param now milliseconds, monotonic */
  isWorthAsking(now: number): boolean {
    if (this.#failures < MAX_FAILURES) return true;
    return now >= this.#restsUntil && !this.#isTrying;
  }

  /** A call goes there. */
  asks(): void {
    if (this.#failures >= MAX_FAILURES) this.#isTrying = true;
  }

  answered(): void {
    this.#failures = 0;
    this.#isTrying = false;
  }

  /** The call was given up for reasons of its own. */
  unknown(): void {
    this.#isTrying = false;
  }

  /** @returns true when it is left alone from now on. */
  failed(now: number): boolean {
    this.#failures += 1;
    this.#isTrying = false;
    if (this.#failures < MAX_FAILURES) return false;
    this.#restsUntil = now + REST_MS;
    return this.#failures === MAX_FAILURES;
  }

  /** Null = there is no place for a copy now. */
  takeCopy(): Place | null {
    if (this.#copies >= this.#limits.maxCopies) return null;
    this.#copies += 1;
    return once(() => {
      this.#copies -= 1;
    });
  }

  /** For a call, in the order in which they asked. @param given called at once when there is a place. @returns gives up waiting */
  take(given: (place: Place) => void): () => void {
    const { maxCalls } = this.#limits;
    if (maxCalls === 0 || this.#calls < maxCalls) {
      given(this.#taken());
      return () => {};
    }
    this.#waiting.push(given);
    return () => {
      const index = this.#waiting.indexOf(given);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  #taken(): Place {
    this.#calls += 1;
    return once(() => {
      this.#calls -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) next(this.#taken());
    });
  }
}

/** Given back once, however often it is tried. */
export function once(release: () => void): Place {
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      release();
    },
  };
}
