import { setTimeout as pause } from 'node:timers/promises';
import { AgeClock } from '../core/age-clock.ts';
import type { Clock } from '../core/clock.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { KeepLimits, PruneSlice, Retention } from '../core/ports.ts';
import { rollDay } from '../store/days.ts';
import type { UseStore } from '../store/driver.ts';
import { emptyWal, giveBack, spaceOf } from '../store/space.ts';
import { Sweep } from '../store/sweep.ts';
import { inTransaction } from '../store/transaction.ts';

export interface UpkeepOptions {
  retention: Retention;
  /** Of the database file. */
  path: string;
  use: UseStore;
  clock: Clock;
  /** Absent = `clock` is right. */
  age?: AgeClock;
  log: Logger;
  /** Milliseconds: from the start to the first round, and between two. */
  firstMs?: number;
  everyMs?: number;
}

const FIRST_MS = 10_000;
const EVERY_MS = 60_000;
/** Of one transaction: so long nobody else writes. */
const SLICE_MS = 8;
/** Of one answer; whoever wants more asks again. */
const ANSWER_MS = 1000;
const DAY_MS = 86_400_000;
/** Readers hold it up; it shrinks by itself but for those. */
const WAL_BYTES = 64 * 1024 * 1024;

/** Keeps the database within its limits, in the thread that writes it: slices of some ms, and a rest after each. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #age: AgeClock;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#age = options.age ?? new AgeClock(options);
  }

  open(): void {
    this.#next(this.#options.firstMs ?? FIRST_MS);
  }

  /** Resolves when nothing of it is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  /** About a second of it. @param limits null = those of the configuration. Rejects with what SQLite says. */
  prune(limits: KeepLimits | null): Promise<PruneSlice> {
    return this.#alone(() => this.#work(limits ?? this.#limits(this.#age.asked()), ANSWER_MS));
  }

  /** A round: all of it, however long. Never rejects. */
  async round(): Promise<void> {
    try {
      for (let done = false; !done && !this.#isClosed;) {
        const slice = await this.prune(this.#limits(this.#age.wall()));
        if (slice.records + slice.bodies > 0)
          this.#options.log.info(
            { records: slice.records, bodies: slice.bodies, ...slice.space },
            'old calls were deleted',
          );
        done = slice.done;
      }
      await this.#rollDays();
      this.#options.use((database) => {
        if (spaceOf(database, this.#options.path).wal > WAL_BYTES) emptyWal(database);
      });
    } catch (error) {
      // Somebody else writes, or there is no database: in a minute again.
      if (codeOf(error) !== 'store_unusable')
        this.#options.log.debug({ error: messageOf(error) }, 'database upkeep failed');
    }
  }

  /** A day takes some ms. Of calls that come late, or are imported, it may be done again. */
  async #rollDays(): Promise<void> {
    const { use, clock } = this.#options;
    for (let isMore = true; isMore && !this.#isClosed;) {
      const began = clock.now();
      const today = new Date(clock.wall()).toISOString().slice(0, 10);
      isMore = use((database) => inTransaction(database, () => rollDay(database, today) !== null));
      await pause(Math.ceil(clock.now() - began));
    }
  }

  #next(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.round().then(() => this.#next(this.#options.everyMs ?? EVERY_MS)), ms);
    this.#timer.unref();
  }

  /** One after the other: two at once would take the time of two. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#running.then(work);
    this.#running = result.catch(() => {});
    return result;
  }

  async #work(limits: KeepLimits, ms: number): Promise<PruneSlice> {
    const { use, clock, path } = this.#options;
    const now = (): number => clock.now();
    const sweep = new Sweep(limits, now, new Date(clock.wall()).toISOString());
    let isSmall = false;
    for (const until = now() + ms; !isSmall && now() < until && !this.#isClosed;) {
      const began = now();
      if (!sweep.isDone) use((database) => sweep.next(database, SLICE_MS));
      else isSmall = use((database) => giveBack(database, SLICE_MS, now));
      // Half of the time at the most, so that what waits is written in between.
      if (!isSmall) await pause(Math.ceil(now() - began));
    }
    const { records, bodies } = sweep.swept;
    return { records, bodies, done: isSmall, space: use((database) => spaceOf(database, path)) };
  }

  /** @param wall null = nothing is old */
  #limits(wall: number | null): KeepLimits {
    const { retention } = this.#options;
    const before = (days: number): string | null =>
      days === 0 || wall === null ? null : new Date(wall - days * DAY_MS).toISOString();
    return {
      bodiesBefore: before(retention.bodiesMaxAgeDays),
      recordsBefore: before(retention.recordsMaxAgeDays),
      bodiesBytes: limitOf(retention.bodiesMaxTotalBytes),
      usedBytes: null,
      recordsBytes: limitOf(retention.recordsMaxTotalBytes),
    };
  }
}

function limitOf(bytes: number): number | null {
  return bytes === 0 ? null : bytes;
}
