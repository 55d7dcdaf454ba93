import { describe, expect, it } from 'vitest';
import { longestPause, phasesOf, speedOf, ticksOf, tokensPerSecond } from '../../../dashboard/src/call/timing.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

const chunk = (offset_ms: number, bytes: number) => ({ offset_ms, start: 0, bytes });

describe('dashboard/call/timing', () => {
  it('draws the phases that the record knows, one behind the other', () => {
    const call = aRecord({ status: 200, ttfb_ms: 100, ttft_ms: 150, duration_ms: 400 });
    expect(phasesOf(call).map(({ from, to }) => [from, to])).toEqual([
      [0, 100],
      [100, 150],
      [150, 400],
    ]);
    expect(phasesOf({ ...call, ttft_ms: null }).map(({ from, to }) => [from, to])).toEqual([
      [0, 100],
      [100, 400],
    ]);
    expect(phasesOf({ ...call, ttfb_ms: null, status: null })).toMatchObject([{ name: 'No answer', from: 0, to: 400 }]);
  });

  it('never draws a phase backwards, whatever the clocks said', () => {
    const odd = aRecord({ status: 200, ttfb_ms: 500, ttft_ms: 300, duration_ms: 400 });
    for (const { from, to } of phasesOf(odd)) expect(to).toBeGreaterThanOrEqual(from);
  });

  it('tells the speed from the first words on, and nothing where that is not known', () => {
    const call = aRecord({ ttft_ms: 500, duration_ms: 1500, usage: aUsage({ output_tokens: 40 }) });
    expect(tokensPerSecond(call)).toBe(40);
    expect(tokensPerSecond({ ...call, ttft_ms: null })).toBeNull();
    expect(tokensPerSecond({ ...call, usage: aUsage({ output_tokens: null }) })).toBeNull();
    expect(tokensPerSecond({ ...call, duration_ms: 500 })).toBeNull();
  });

  it('lays chunks into steps of equal length, all bytes of what was spoken among them', () => {
    const call = aRecord({ ttft_ms: 100, duration_ms: 1100 });
    const chunks = [chunk(50, 999), ...Array.from({ length: 12 }, (_, index) => chunk(100 + index * 80, 10))];
    const strip = speedOf(chunks, call, 60);
    expect(strip).toMatchObject({ from: 100, step: 250 });
    expect(strip?.bytes).toHaveLength(4);
    expect(strip?.bytes.reduce((sum, size) => sum + size, 0)).toBe(120);
    expect(speedOf(chunks.slice(0, 5), call, 60)).toBeNull();
    expect(speedOf([], call, 60)).toBeNull();
  });

  it('finds the longest pause, and round numbers for the axis', () => {
    expect(longestPause([chunk(10, 1), chunk(20, 1), chunk(90, 1), chunk(95, 1)])).toEqual({ ms: 70, at: 20 });
    expect(longestPause([chunk(10, 1)])).toBeNull();
    expect(ticksOf(240, 5)).toEqual([0, 50, 100, 150, 200]);
    expect(ticksOf(0)).toEqual([0]);
    for (const end of [0.3, 7, 1234, 999_999]) expect(ticksOf(end, 5).length).toBeLessThanOrEqual(6);
  });
});
