import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/store/driver.ts';
import {
  addLatencyText,
  type Latencies,
  latencyText,
  percentilesOf,
  roundedLatency,
  roundedSql,
} from '../../../src/store/latencies.ts';

describe('store/latencies', () => {
  it('rounds to two digits, at most 5 % off, as SQL does', () => {
    const database = openDatabase(':memory:');
    const inSql = database.prepare(`SELECT ${roundedSql('ms')} AS rounded FROM (SELECT ? AS ms)`);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (ms) => {
        const rounded = roundedLatency(ms);
        expect(Math.abs(rounded - ms)).toBeLessThanOrEqual(Math.max(0.5, ms * 0.0505));
        expect(inSql.get(ms)?.['rounded']).toBe(rounded);
        expect(roundedLatency(rounded)).toBe(rounded);
      }),
    );
    database.close();
  });

  it('reads back what it writes, and texts that were joined', () => {
    const anyLatencies = fc.array(fc.tuple(fc.nat(9_900_000), fc.integer({ min: 1, max: 1e6 })), { maxLength: 20 });
    fc.assert(
      fc.property(anyLatencies, anyLatencies, (one, other) => {
        const sum: Latencies = new Map();
        for (const [ms, count] of [...new Map(one), ...new Map(other)]) sum.set(ms, (sum.get(ms) ?? 0) + count);
        const read: Latencies = new Map();
        addLatencyText(read, `${latencyText(new Map(one))} ${latencyText(new Map(other))}`);
        expect(read).toEqual(sum);
      }),
    );
  });

  it('never writes less than one call', () => {
    expect(latencyText(new Map([[310, -1]]))).toBe('');
  });

  it('gives times that calls really had, and null for no call', () => {
    const latencies: Latencies = new Map([
      [5000, 1],
      [100, 94],
      [900, 5],
    ]);
    expect(percentilesOf(latencies)).toEqual({ p50: 100, p95: 900, p99: 900 });
    expect(percentilesOf(new Map())).toEqual({ p50: null, p95: null, p99: null });
  });
});
