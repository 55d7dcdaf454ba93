/** Resolves as soon as `condition` holds; rejects with `what` after `deadlineMs`. */
export async function untilTrue(condition: () => boolean, what = 'condition', deadlineMs = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
