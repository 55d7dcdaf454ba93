import { describe, expect, it } from 'vitest';
import { cpuTime, expectLinearTime } from './growth.ts';

/** `rounds(n)` steps over an array that the optimiser cannot leave out. */
function steps(rounds: (size: number) => number): (size: number) => () => void {
  return (size) => () => {
    const cells = new Float64Array(1024);
    const end = rounds(size);
    for (let step = 0; step < end; step += 1) cells[step & 1023]! += step;
    if (cells[0] === -1) throw new Error('unreachable');
  };
}

function spin(): void {
  for (const start = process.cpuUsage().user; process.cpuUsage().user < start + 20_000;);
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

  it.each([
    ['quadratic work', (size: number) => size ** 2],
    ['cubic work', (size: number) => size ** 3],
  ])('refuses %s', async (_, rounds) => {
    let now = 0;
    // The clock of this work is its number of steps: real quadratic work would take ten seconds here.
    const refused = expectLinearTime(
      (size) => () => (now += rounds(size) / 1_000_000),
      14_000,
      'the work',
      async (work) => {
        const start = now;
        await work();
        return now - start;
      },
    );
    await expect(refused).rejects.toThrow('the work: ms for four times 14000');
  });

  it('measures work, not waiting', async () => {
    expect(await cpuTime(spin)).toBeGreaterThanOrEqual(20);
    // Until V8 has done on its own threads what the tests before have left to it.
    await expect.poll(() => cpuTime(() => new Promise((resolve) => setTimeout(resolve, 60)))).toBeLessThan(50);
  });
});
