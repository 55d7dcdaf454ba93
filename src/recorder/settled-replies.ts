import type { SettledMessage } from '../handover/rows.ts';

/** Answers to those who wait for records: all that one commit settles go in one message. */
export class SettledReplies {
  readonly #post: (message: SettledMessage) => void;
  #stored: number[] = [];
  #lost: number[] = [];

  constructor(post: (message: SettledMessage) => void) {
    this.#post = post;
  }

  add(exchange: number, stored: boolean): void {
    if (this.#stored.length + this.#lost.length === 0) queueMicrotask(() => this.#send());
    (stored ? this.#stored : this.#lost).push(exchange);
  }

  #send(): void {
    const message = { stored: this.#stored, lost: this.#lost };
    this.#stored = [];
    this.#lost = [];
    this.#post(message);
  }
}
