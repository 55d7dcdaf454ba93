/** How much a sum is made of. */
export interface Counted {
  requests: number;
  calls_without_usage: number;
  estimated: { calls: number };
}

/** Of no call there was a usage, or estimates alone, which stand beside the sums: a sum of 0 is no 0 then. */
export function isNothingKnown({ requests, calls_without_usage: unknown, estimated }: Counted): boolean {
  return requests > 0 && requests <= unknown + estimated.calls;
}
