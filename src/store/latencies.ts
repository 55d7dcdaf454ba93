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

/** Up to here each time has a place of its own in `counts`; above, each whole second. */
const FINE_MS = 10_000;
const COARSE_MS = 1000;
/** 5.6 hours. */
const COARSE = 20_000;
/** Of the text that is being read; zeros in between. A month has a million times, which a Map takes thrice as long for. */
const counts = new Uint32Array(FINE_MS + COARSE);

/** Adds what a text says. By hand: it is read a million times over. */
export function addLatencyText(into: Latencies, text: string): void {
  const seen: number[] = [];
  let ms = -1;
  let value = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? SPACE : text.charCodeAt(at);
    if (code >= ZERO && code < COLON) value = (value === -1 ? 0 : value * 10) + code - ZERO;
    else {
      if (code === COLON) ms = value;
      else if (value !== -1) {
        if (ms === -1) count(into, seen, value, 1);
        else count(into, seen, ms, value);
        ms = -1;
      }
      value = -1;
    }
  }
  for (const place of seen) {
    addLatency(into, place < FINE_MS ? place : (place - FINE_MS) * COARSE_MS, counts[place] ?? 0);
    counts[place] = 0;
  }
}

/** @param seen the places that hold something */
function count(into: Latencies, seen: number[], ms: number, calls: number): void {
  const place = ms < FINE_MS ? ms : ms % COARSE_MS === 0 ? FINE_MS + ms / COARSE_MS : -1;
  const before = counts[place];
  if (before === undefined) {
    addLatency(into, ms, calls);
    return;
  }
  if (before === 0) seen.push(place);
  counts[place] = before + calls;
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
