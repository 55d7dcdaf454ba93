import type { AgeClock } from '../core/age-clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { FrameText } from '../core/session-entries.ts';

/** What every sink is given. */
export interface SinkDeps {
  counters: Counters;
  log: Logger;
  clock: Clock;
  /** For what is deleted when it is old; absent = `clock` is right. */
  age?: AgeClock;
  /** Reads the frames of a binary stream; without it they are not shown. */
  frameTexts?: (body: Uint8Array) => FrameText[];
}

const QUIET_MS = 60_000;

/** What people can do, by reason. */
const HINTS: Readonly<Record<string, string>> = {
  disk_full: 'calls flow and are counted; make room: llm-proxy prune --size 500MB, logs.max_total_bytes',
  read_only:
    'calls flow and are counted; the file system is read-only, mostly because the kernel found an error: llm-proxy stop, unmount, fsck, mount, start',
  not_permitted: 'calls flow and are counted; the files belong to another user or may not be written: chown, chmod',
};

/** What a sink could not write: counted always, told once a minute. */
export class Losses {
  readonly #sink: string;
  readonly #deps: SinkDeps;
  #toldAt = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(sink: string, deps: SinkDeps) {
    this.#sink = sink;
    this.#deps = deps;
  }

  /** @param reason a fixed word, e.g. `queue_full` */
  add(reason: string, count: number, error?: unknown): void {
    if (count === 0) return;
    const { counters, log, clock } = this.#deps;
    counters.add('dropped', `reason="${reason}",sink="${this.#sink}"`, count);
    this.#untold += count;
    const now = clock.now();
    if (now - this.#toldAt < QUIET_MS) return;
    this.#toldAt = now;
    const cause = error === undefined ? {} : { error: messageOf(error) };
    const hint = HINTS[reason] === undefined ? {} : { hint: HINTS[reason] };
    log.warn({ sink: this.#sink, reason, dropped: this.#untold, ...cause, ...hint }, 'a sink lost calls');
    this.#untold = 0;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EROFS: 'read_only',
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
};

/** A fixed word for what the file system said. */
export function reasonOf(error: unknown): string {
  return REASONS[codeOf(error) ?? ''] ?? 'io_error';
}
