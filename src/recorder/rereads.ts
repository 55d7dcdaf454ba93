/**
 * Which answers have been counted. A stored answer may be read again any number of times (`GET /v1/responses/:id`), with
 * its usage in it: that counts once, by provider and response id. Two calls that happen to bear the same id (local
 * servers, fakes) are two calls.
 */
export class Rereads {
  readonly #capacity: number;
  readonly #inStore: (provider: string, responseId: string) => boolean;
  readonly #counted = new Set<string>();

  /** @param inStore asked for re-reads that memory does not know: after a restart, or after `capacity` answers. */
  constructor(capacity: number, inStore: (provider: string, responseId: string) => boolean) {
    this.#capacity = capacity;
    this.#inStore = inStore;
  }

  /** To be asked for answers that state a usage. False = a re-read of one that counts already. */
  countsFirst(provider: string, responseId: string, reread: boolean): boolean {
    const key = `${provider} ${responseId}`;
    if (reread && (this.#counted.has(key) || this.#inStore(provider, responseId))) return false;
    this.#counted.delete(key);
    this.#counted.add(key);
    if (this.#counted.size > this.#capacity) {
      for (const oldest of this.#counted) {
        this.#counted.delete(oldest);
        break;
      }
    }
    return true;
  }
}
