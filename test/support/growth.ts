import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

/** Between the first two sizes: 16 for linear work, 256 for quadratic work. */
const FACTOR = 16;
const MOST = 64;
/** Four times the size: 4 for linear work, 16 for quadratic work. */
const MOST_OF_FOURFOLD = 9;
/** Below this a measurement says nothing; what needs less than 64 times as much at the larger size hurts nobody. */
const FLOOR_MS = 1;
const ATTEMPTS = 3;

/**
 * Expects `work` to take time in proportion to its size. CPU time, sizes of one run, the best of three: no bound in
 * milliseconds, so neither a slow machine nor its other programs decide. Quadratic work fails each attempt.
 * @param prepare makes the input of a size and returns the work on it; only the work is timed.
 * @param measure milliseconds that a piece of work takes.
 */
export async function expectLinearTime(
  prepare: (size: number) => () => unknown,
  size: number,
  what = 'the work',
  measure: (work: () => unknown) => Promise<number> = cpuTime,
): Promise<void> {
  const small = Math.ceil(size / FACTOR);
  // Not compiled yet, the first piece of work is slow.
  await measure(prepare(small));
  let growth = Infinity;
  const best = { small: Infinity, large: Infinity, fourfold: Infinity };
  for (let attempt = 0; attempt < ATTEMPTS && growth > MOST; attempt += 1) {
    best.small = Math.min(best.small, await measure(prepare(small)));
    best.large = Math.min(best.large, await measure(prepare(size)));
    growth = best.large / Math.max(best.small, FLOOR_MS);
  }
  if (growth <= MOST) return;
  // Where the garbage collector changes its ways between the two sizes there is a step: only above it can one tell.
  for (let attempt = 0; attempt < ATTEMPTS && best.fourfold > MOST_OF_FOURFOLD * best.large; attempt += 1) {
    best.large = Math.min(best.large, await measure(swept(prepare(size))));
    best.fourfold = Math.min(best.fourfold, await measure(swept(prepare(size * 4))));
  }
  expect(best.fourfold, `${what}: ms for four times ${size}, which took ${best.large} ms`).toBeLessThanOrEqual(
    MOST_OF_FOURFOLD * best.large,
  );
}

/** `work`, before which the collector has cleared what the tests before it in this process have left. */
function swept(work: () => unknown): () => unknown {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return work;
}

/** Milliseconds of CPU of this process, in which V8 may still be compiling and collecting for the tests before. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
