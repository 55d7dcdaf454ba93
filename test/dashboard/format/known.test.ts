import { describe, expect, it } from 'vitest';
import { isNothingKnown } from '../../../dashboard/src/format/known.ts';

const of = (requests: number, unknown: number, estimated: number): boolean =>
  isNothingKnown({ requests, calls_without_usage: unknown, estimated: { calls: estimated } });

describe('dashboard/format/known', () => {
  it('knows nothing where no call stated a usage, or some were estimated', () => {
    expect(of(3, 3, 0)).toBe(true);
    expect(of(3, 0, 3)).toBe(true);
    expect(of(3, 2, 1)).toBe(true);
  });

  it('knows a 0 where one call stated it, and where there is no call', () => {
    expect(of(3, 2, 0)).toBe(false);
    expect(of(0, 0, 0)).toBe(false);
  });
});
