import { RecentMap } from '../core/recent-map.ts';

/** One answer, as far as its identity goes. Times: milliseconds of one monotonic clock. */
export interface Sighting {
  responseId: string;
  /** Host and port. */
  upstream: string;
  openedAt: number;
  endedAt: number;
  /** The counts that its provider stated, as a text to compare; null = none. */
  stated: string | null;
}

/** Shorter ones are made up by fakes and local servers (`chatcmpl-1`), and repeat. */
const MIN_ID = 16;

/**
 * Two proxies in a row: a client calls a gateway through us, and the gateway calls the provider through us, while the
 * client waits. Both answers bear the provider's response id; the tokens are those of one call.
 */
export class SeenAnswers {
  readonly #seen: RecentMap<Sighting>;

  constructor(capacity: number) {
    this.#seen = new RecentMap(capacity);
  }

  /**
   * True when this answer passed already, at another upstream and at the same time. To be asked once for each answer;
   * the inner one ends first nearly always, so that the outer one is the duplicate.
   */
  isDuplicate(sighting: Sighting): boolean {
    if (sighting.responseId.length < MIN_ID) return false;
    const known = this.#seen.get(sighting.responseId);
    const isDuplicate = known !== undefined && areNested(known, sighting) && standsIn(known, sighting);
    if (!isDuplicate) this.#seen.set(sighting.responseId, sighting);
    return isDuplicate;
  }
}

/**
 * An answer without usage does not stand in for one that has it, nor one with other counts: some servers make up ids that
 * look like a provider's, and give the same one to all.
 */
function standsIn(known: Sighting, sighting: Sighting): boolean {
  return sighting.stated === null || known.stated === sighting.stated;
}

/** One began while the other was under way. */
function areNested(one: Sighting, other: Sighting): boolean {
  return one.upstream !== other.upstream && one.openedAt <= other.endedAt && other.openedAt <= one.endedAt;
}
