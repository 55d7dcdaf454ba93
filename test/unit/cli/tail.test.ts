import { describe, expect, it } from 'vitest';
import { readFrom } from '../../../src/cli/tail.ts';

describe('cli/tail', () => {
  it('goes on where it was, and begins anew in a file that was cut', () => {
    expect([readFrom(0, 10), readFrom(10, 10), readFrom(10, 25)]).toEqual([0, 10, 10]);
    expect([readFrom(10, 0), readFrom(10, 9)]).toEqual([0, 0]);
  });
});
