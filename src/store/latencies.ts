/**
 * How long the calls of an hour took, as text that SQL can hold and join: `310 1200:3` = one call of about 310 ms, three of
 * about 1200. Times are rounded to two digits (at most 5 % off), so that an hour has some dozens of them, not thousands.
 */

import type { Percentiles } from '../core/ports.ts';

/** Calls by rounded milliseconds. */
export type Latencies = Map<number, number>;

/** Above this unit nothing gets coarser: 100 s. */
const MAX_UNIT = 100_000;

/** To two digits, half up. Above 9,950,000 ms more digits stay. */
export function roundedLatency(ms: number): number {
  const time = Math.max(ms, 0);
  let unit = 1;
  while (time >= 99.5 * unit && unit < MAX_UNIT) unit *= 10;
  return Math.round(time / unit) * unit;
}

/** The same in SQL. */
export function roundedSql(column: string): string {
  const steps = [];
  for (let unit = 1; unit < MAX_UNIT; unit *= 10)
    steps.push(`WHEN ${column} < ${99.5 * unit} THEN round(${column} / ${unit}.0) * ${unit}`);
  return `CAST(CASE ${steps.join(' ')} ELSE round(${column} / ${MAX_UNIT}.0) * ${MAX_UNIT} END AS INTEGER)`;
}

export function addLatency(into: Latencies, rounded: number, count: number): void {
  const sum = (into.get(rounded) ?? 0) + count;
  if (sum === 0) into.delete(rounded);
  else into.set(rounded, sum);
}

const SPACE = 0x20;
const COLON = 0x3a;
const ZERO = 0x30;

/** Adds what a text says. By hand: a month of hours has half a million of these numbers. */
export function addLatencyText(into: Latencies, text: string): void {
  let ms = -1;
  let value = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? SPACE : text.charCodeAt(at);
    if (code === COLON) {
      ms = value;
      value = 0;
    } else if (code !== SPACE) value = value * 10 + code - ZERO;
    else if (at > 0 && text.charCodeAt(at - 1) !== SPACE) {
      if (ms === -1) addLatency(into, value, 1);
      else addLatency(into, ms, value);
      ms = -1;
      value = 0;
    }
  }
}

export function latencyText(latencies: Latencies): string {
  let text = '';
  for (const [ms, count] of latencies) {
    // What was never there cannot be taken away.
    if (count < 1) continue;
    if (text !== '') text += ' ';
    text += count === 1 ? ms : `${ms}:${count}`;
  }
  return text;
}

/** By nearest rank: times that calls really had. */
export function percentilesOf(latencies: Latencies): Percentiles {
  const sorted = [...latencies].toSorted(([one], [other]) => one - other);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number): number | null => {
    let seen = 0;
    for (const [ms, count] of sorted) {
      seen += count;
      if (seen >= share * total) return ms;
    }
    return null;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
