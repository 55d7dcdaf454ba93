import { performance } from 'node:perf_hooks';

/** Time as an argument. `now` never jumps; `wall` is what people read. */
export interface Clock {
  /** Monotonic milliseconds, fractional; comparable within one process only (workers get their own origin). */
  now(): number;
  /** Milliseconds since the epoch. */
  wall(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
};
