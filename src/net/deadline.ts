/** A timer that is armed once, and may be put off. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;

  /** Does nothing when it is armed already. */
  arm(ms: number, missed: () => void): void {
    this.#timer ??= setTimeout(missed, ms);
  }

  putOff(): void {
    this.#timer?.refresh();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
