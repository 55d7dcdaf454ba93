/** Resolves as soon as `condition` holds; rejects with `what` after `deadlineMs`: late on a
 * busy machine, but before the product's own patience of half a minute and more makes it come true. */
export async function untilTrue(condition: () => boolean, what = 'condition', deadlineMs = 25_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/**
 * The least of what `run` returns, tried until it is below `enough`, five times at most: a busy machine makes some runs
 * slow, a timer in the product all of them.
 */
export async function leastOf(enough: number, run: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < 5 && least >= enough; attempt += 1) least = Math.min(least, await run());
  return least;
}
