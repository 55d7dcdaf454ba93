import { describe, expect, it } from 'vitest';
import { expectLinearTime } from './growth.ts';

/** `rounds(n)` steps over an array that the optimiser cannot leave out. */
function steps(rounds: (size: number) => number): (size: number) => () => void {
  return (size) => () => {
    const cells = new Float64Array(1024);
    const end = rounds(size);
    for (let step = 0; step < end; step += 1) cells[step & 1023]! += step;
    if (cells[0] === -1) throw new Error('unreachable');
  };
}

describe('support/growth expectLinearTime', () => {
  it('accepts linear work, whatever it costs per unit', async () => {
    await expectLinearTime(
      steps((size) => size),
      1_000_000,
    );
    await expectLinearTime(
      steps((size) => size * 50),
      1_000_000,
    );
  });

  it('accepts a step', async () => {
    await expectLinearTime(
      steps((size) => (size < 100_000 ? size : size * 400)),
      200_000,
    );
  });

  it('refuses quadratic work', { timeout: 60_000 }, async () => {
    const quadratic = expectLinearTime(
      steps((size) => size * size),
      14_000,
    );
    await expect(quadratic).rejects.toThrow('the work: ms for four times 14000');
  });
});
