import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';

const QUIET_MS = 60_000;

/** Warnings that a broken part could repeat thousands of times a second: each message at most once a minute. */
export class CalmLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #last = new Map<string, { at: number; silenced: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param message static text; with `key` it names what is limited. */
  warn(fields: object, message: string, key = ''): void {
    const id = `${message} ${key}`;
    const now = this.#clock.now();
    const last = this.#last.get(id);
    if (last !== undefined && now - last.at < QUIET_MS) {
      last.silenced += 1;
      return;
    }
    this.#last.set(id, { at: now, silenced: 0 });
    const silenced = last?.silenced ?? 0;
    this.#log.warn(silenced === 0 ? fields : { ...fields, silenced }, message);
  }
}
