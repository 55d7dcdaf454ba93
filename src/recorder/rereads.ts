import { RecentMap } from '../core/recent-map.ts';

/** What was stored of an answer before this daemon started, or before memory forgot it. */
export interface StoredAnswers {
  /** Its usage counts. */
  isCounted(provider: string, responseId: string): boolean;
  /** A call without usage bears its id: a job that was submitted. */
  submitted(provider: string, responseId: string): Submitted | null;
}

/** A call whose usage comes later, if it comes. */
export interface Submitted {
  model: string | null;
}

/**
 * Which answers have been counted. A stored answer may be read again any number of times (`GET /v1/responses/:id`), with
 * its usage in it: that counts once, by provider and response id. Two calls that happen to bear the same id (local
 * servers, fakes) are two calls. A job that is submitted has no usage; the first reading that has it settles the call.
 */
export class Rereads {
  readonly #stored: StoredAnswers;
  readonly #counted: RecentMap<true>;
  readonly #submitted: RecentMap<Submitted>;

  /** @param stored asked for re-reads that memory does not know: after a restart, or after `capacity` answers. */
  constructor(capacity: number, stored: StoredAnswers) {
    this.#counted = new RecentMap(capacity);
    this.#submitted = new RecentMap(capacity);
    this.#stored = stored;
  }

  /** To be asked for answers that state a usage. False = a re-read of one that counts already. */
  countsFirst(provider: string, responseId: string, reread: boolean): boolean {
    const key = `${provider} ${responseId}`;
    if (reread && (this.#counted.has(key) || this.#stored.isCounted(provider, responseId))) return false;
    this.#counted.set(key, true);
    return true;
  }

  /** A call was answered with an id and without a usage. */
  submit(provider: string, responseId: string, submitted: Submitted): void {
    this.#submitted.set(`${provider} ${responseId}`, submitted);
  }

  /** To be asked once, for a re-read that counts: the call that it settles, or null. */
  settle(provider: string, responseId: string): Submitted | null {
    const key = `${provider} ${responseId}`;
    const known = this.#submitted.get(key);
    this.#submitted.delete(key);
    return known ?? this.#stored.submitted(provider, responseId);
  }
}
