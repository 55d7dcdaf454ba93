import { beforeEach, describe, expect, it } from 'vitest';
import { AgeClock } from '../../../src/core/age-clock.ts';
import { silentLogger } from '../../../src/core/log.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 21, 12);

let wall: number;
let elapsed: number;
let warnings: object[];
let sure: number;

beforeEach(() => {
  [wall, elapsed, warnings, sure] = [NOON, 5 * DAY, [], 0];
});

function open(isSure?: boolean): AgeClock {
  const age = new AgeClock({
    clock: { now: () => 0, wall: () => wall },
    elapsed: () => elapsed,
    log: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
    ...(isSure === undefined ? {} : { isSure }),
  });
  age.onSure(() => (sure += 1));
  return age;
}

/** Both clocks go on. */
function pass(ms: number): void {
  wall += ms;
  elapsed += ms;
}

describe('core/age-clock', () => {
  it('goes by the clock as long as that goes as time does, through sleep and small corrections', () => {
    const age = open();
    for (const step of [60_000, 100 * DAY, 1]) {
      pass(step);
      wall += 3_600_000;
      expect([age.wall(), age.asked()]).toEqual([wall, wall]);
    }
    expect(warnings).toEqual([]);
  });

  it('is not sure after a jump forward, however long nobody looked, and says so once', () => {
    const age = open();
    pass(40 * DAY);
    wall += 400 * DAY;
    for (let look = 0; look < 3; look += 1) {
      pass(60_000);
      expect([age.wall(), age.asked()]).toEqual([null, null]);
    }
    expect(warnings).toEqual([{ days: 400 }]);
  });

  it('is sure again when the clock is set back', () => {
    const age = open();
    wall += 400 * DAY;
    expect(age.wall()).toBeNull();
    wall -= 400 * DAY;
    expect(age.wall()).toBe(wall);
    wall -= 400 * DAY;
    pass(DAY);
    expect(age.wall()).toBe(wall);
    // Where it was before.
    wall += 400 * DAY;
    expect(age.wall()).toBe(wall);
    wall += 2 * DAY;
    expect(age.wall()).toBeNull();
    expect(warnings).toEqual([{ days: 400 }, { days: 2 }]);
  });

  it('believes who confirms the new date, and nobody who does not', () => {
    const age = open();
    wall += 400 * DAY;
    expect(age.wall()).toBeNull();
    age.witness(wall - 400 * DAY);
    age.witness(wall - 401 * DAY);
    expect(age.wall()).toBeNull();
    expect(warnings).toEqual([{ days: 400 }, { days: 400 }]);
    age.witness(wall + 3_600_000);
    expect([age.wall(), sure]).toEqual([wall, 1]);
    wall += 2 * DAY;
    expect(age.wall()).toBeNull();
  });

  it('believes a date that holds for a day of its own', () => {
    const age = open();
    wall += 2 * DAY;
    expect(age.wall()).toBeNull();
    pass(DAY - 1);
    expect(age.wall()).toBeNull();
    pass(1);
    expect([age.wall(), sure]).toEqual([wall, 1]);
  });

  it('is not sure of the first date it sees, but takes it for somebody who asks', () => {
    const age = open(false);
    expect([age.wall(), age.asked(), age.isSure]).toEqual([null, wall, false]);
    age.witness(wall - 30 * DAY);
    expect([age.wall(), warnings]).toEqual([null, [{ days: 30 }]]);
    age.witness(wall - 1000);
    expect([age.wall(), age.isSure, sure]).toEqual([wall, true, 1]);
  });

  it('takes a clock that is set back to where nobody confirmed it for as doubtful as before', () => {
    const age = open(false);
    wall += 400 * DAY;
    expect(age.asked()).toBeNull();
    wall -= 400 * DAY;
    expect([age.asked(), age.wall()]).toEqual([wall, null]);
  });
});
