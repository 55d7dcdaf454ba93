import { describe, expect, it } from 'vitest';
import { barAt, barBeside, lanesOf, pausesOf, scaleOf, ticksOf } from '../../../dashboard/src/sessions/timeline.ts';
import { anOutline, aSession, aStep } from './steps.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

describe('dashboard/sessions/timeline', () => {
  const steps = [
    aStep('a', 0, { duration_ms: 2000 }),
    aStep('b', 1, { duration_ms: 2000 }),
    aStep('c', 2, { duration_ms: 500 }),
    aStep('s', 1, { session: 'ses_b', duration_ms: 5000 }),
    aStep('x', 3, { session: null }),
  ];
  const sessions = [aSession('ses_a'), aSession('ses_b', 'ses_a')];
  const lanes = lanesOf(anOutline(steps, sessions));

  it('gives what overlaps a lane of its own, and sub-agents theirs below', () => {
    expect(lanes.bars.map(({ step, lane }) => [step.id, lane])).toEqual([
      ['a', 0],
      ['b', 1],
      ['s', 2],
      ['c', 0],
      ['x', 3],
    ]);
    expect(lanes.lanes.map(({ session, isFirst, depth }) => [session?.id, isFirst, depth])).toEqual([
      ['ses_a', true, 0],
      ['ses_a', false, 0],
      ['ses_b', true, 1],
      [undefined, true, 0],
    ]);
  });

  it('finds long pauses, and none while any call runs', () => {
    const bars = lanesOf(anOutline([aStep('a', 0), aStep('b', 100), aStep('c', 101)])).bars;
    expect(pausesOf(bars)).toEqual([{ start: NOON + 500, end: NOON + 100_000 }]);
    const covered = lanesOf(anOutline([aStep('a', 0, { duration_ms: 200_000 }), aStep('b', 100)])).bars;
    expect(pausesOf(covered)).toEqual([]);
    expect(pausesOf([])).toEqual([]);
  });

  it('gives every moment one place, in order, and finds it back', () => {
    const pauses = [
      { start: 1000, end: 900_000 },
      { start: 901_000, end: 2_000_000 },
    ];
    const scale = scaleOf(0, 2_001_000, pauses);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(2_001_000)).toBeCloseTo(1, 6);
    let last = -1;
    for (const time of [0, 500, 1000, 400_000, 900_000, 900_500, 901_000, 1_500_000, 2_000_000, 2_000_900]) {
      const at = scale.at(time);
      expect(at).toBeGreaterThan(last);
      expect(scale.time(at)).toBeCloseTo(time, 3);
      last = at;
    }
    // A pause takes little room, the second in which something ran much.
    expect(scale.at(900_000) - scale.at(1000)).toBeLessThan(0.02);
    expect(scale.at(1000)).toBeGreaterThan(0.3);
  });

  it('shares out at most half of the picture among pauses, however many', () => {
    const pauses = Array.from({ length: 500 }, (_, index) => ({ start: index * 100 + 1, end: index * 100 + 99 }));
    const scale = scaleOf(0, 50_000, pauses);
    const paused = pauses.reduce((sum, { start, end }) => sum + scale.at(end) - scale.at(start), 0);
    expect(paused).toBeCloseTo(0.5, 3);
  });

  it('marks round moments, not more than wanted', () => {
    expect(ticksOf(0, 60_000, 7)).toEqual({ times: [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000], step: 10_000 });
    expect(ticksOf(0, 86_400_000 * 365, 10).times.length).toBeLessThanOrEqual(13);
  });

  it('finds the call under the pointer, and those on the lanes beside it', () => {
    expect(barAt(lanes.bars, 0, NOON + 500, 0)?.step.id).toBe('a');
    expect(barAt(lanes.bars, 0, NOON + 2600, 200)?.step.id).toBe('c');
    expect(barAt(lanes.bars, 0, NOON + 9000, 0)).toBeNull();
    const [a] = lanes.bars;
    if (a === undefined) throw new Error('there is no bar');
    expect(barBeside(lanes.bars, a, 1)?.step.id).toBe('b');
    expect(barBeside(lanes.bars, a, -1)).toBeNull();
  });
});
