const GAP = 8;
const PADDING = 24;

/** Pixels that the columns of a grid need at least, with what is between and beside them. */
export function leastWidth(columns: readonly { width: string }[]): number {
  const least = columns.map(({ width }) => Number(/(\d+(?:\.\d+)?)px/.exec(width)?.[1] ?? 0));
  return least.reduce((sum, width) => sum + width + GAP, PADDING - GAP);
}
