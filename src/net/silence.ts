/** Watches somebody who may be silent for so long. */
export class Silence {
  readonly #timer: NodeJS.Timeout;

  /** @param isExcused true while nobody listens: its silence is ours. */
  constructor(ms: number, tooLong: () => void, isExcused: () => boolean = () => false) {
    this.#timer = setTimeout(() => {
      if (isExcused()) this.#timer.refresh();
      else tooLong();
    }, ms);
  }

  /** It said something. */
  heard(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
