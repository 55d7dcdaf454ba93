import { uptime } from 'node:os';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export interface AgeClockOptions {
  clock: Clock;
  /** Milliseconds that have passed, sleep of the machine included. Absent = `clock.now`. */
  elapsed?: () => number;
  log: Logger;
  /** False: nobody has confirmed the date yet. Default true: whoever asks knows what day it is. */
  isSure?: boolean;
}

const DAY_MS = 86_400_000;
/** So long a date that nobody confirms must hold: who asks no provider on the internet has to keep limits, too. */
const BELIEVED_AFTER_MS = DAY_MS;

/**
 * What day it is, for those who delete what is old: what a wrong clock takes for old is gone for good. The date is sure
 * when an answer from the internet confirms it, and no more when the clock jumps forward by more than a day.
 */
export class AgeClock {
  readonly #options: AgeClockOptions;
  readonly #listeners: (() => void)[] = [];
  /** The last time that nothing was wrong with, and when that was. */
  #wall: number;
  #at: number;
  #isConfirmed: boolean;
  /** Days by which the clock jumped forward; 0 = it did not. */
  #jump = 0;
  /** Since when the date is as doubtful as it is. */
  #since: number;
  #isTold = false;

  constructor(options: AgeClockOptions) {
    this.#options = options;
    this.#wall = options.clock.wall();
    this.#at = this.#elapsed();
    this.#since = this.#at;
    this.#isConfirmed = options.isSure ?? true;
  }

  /** As far as anybody has looked. */
  get isSure(): boolean {
    return this.#isConfirmed && this.#jump === 0;
  }

  /** Milliseconds since the epoch; null = nothing may be called old. */
  wall(): number | null {
    this.#look();
    return this.isSure ? this.#options.clock.wall() : null;
  }

  /** The same for somebody who wants it now: null only after a jump. */
  asked(): number | null {
    this.#look();
    return this.#jump === 0 ? this.#options.clock.wall() : null;
  }

  /** Somebody on the internet says what time it is. @param date milliseconds since the epoch */
  witness(date: number): void {
    this.#look();
    if (this.isSure) return;
    const wall = this.#options.clock.wall();
    const days = Math.round((wall - date) / DAY_MS);
    if (Math.abs(wall - date) < DAY_MS) this.#believe();
    else if (!this.#isTold)
      this.#options.log.warn({ days }, 'the clock of this machine is wrong: nothing is deleted for its age');
    this.#isTold = true;
  }

  /** Called each time that the date has become sure. */
  onSure(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #look(): void {
    const at = this.#elapsed();
    const wall = this.#options.clock.wall();
    const ahead = wall - (this.#wall + at - this.#at);
    if (ahead < DAY_MS) {
      // Also when it was set back, to what it was or further: so much less is old, and it may come back.
      this.#jump = 0;
      if (ahead > -DAY_MS) [this.#wall, this.#at] = [wall, at];
    } else if (this.#jump === 0) {
      this.#jump = Math.round(ahead / DAY_MS);
      this.#since = at;
      this.#options.log.warn(
        { days: this.#jump },
        'the clock was set forward: nothing is deleted for its age until an answer of a provider confirms the date',
      );
    }
    if (!this.isSure && at - this.#since >= BELIEVED_AFTER_MS) this.#believe();
  }

  #believe(): void {
    [this.#wall, this.#at] = [this.#options.clock.wall(), this.#elapsed()];
    this.#isConfirmed = true;
    this.#jump = 0;
    this.#isTold = false;
    for (const listener of this.#listeners) listener();
  }

  #elapsed(): number {
    return this.#options.elapsed?.() ?? this.#options.clock.now();
  }
}

/** Milliseconds since the machine was started, sleep included, to about 10 ms. Nobody can set it. */
export function sinceBoot(): number {
  return uptime() * 1000;
}
