/** Why a call cost what it cost, from what its record says. Pure. */
import type { CallRecord, Changes, CostLine } from '../../api/shapes.ts';
import { percent, usd, whole } from '../../format/numbers.ts';

const UNITS: Record<string, string> = {
  input_tokens: 'input',
  output_tokens: 'output',
  cache_read_tokens: 'cache read',
  cache_write_tokens: 'cache write',
  cache_write_5m_tokens: 'cache write, 5 minutes',
  cache_write_1h_tokens: 'cache write, 1 hour',
  reasoning_tokens: 'reasoning',
};

/** `cache read`, `web searches`. @param hasCache some of the input is counted apart */
export function unitWords(unit: string, hasCache = false): string {
  if (unit === 'input_tokens' && hasCache) return 'uncached input';
  return UNITS[unit] ?? unit.replace(/_tokens$/, '').replaceAll('_', ' ');
}

export function hasCache({ cost }: CallRecord): boolean {
  return cost.lines.some(({ unit }) => unit.startsWith('cache_'));
}

/** The colour of the class that a line belongs to, as on every screen. */
export function unitColour(unit: string): string {
  if (unit.startsWith('cache_read')) return 'var(--series-cache-read)';
  if (unit.startsWith('cache_write')) return 'var(--series-cache-write)';
  if (/audio|image|video/.test(unit)) return 'var(--series-media)';
  if (unit.startsWith('output')) return 'var(--series-output)';
  return unit.startsWith('reasoning') ? 'var(--series-reasoning)' : 'var(--series-input)';
}

const NANOS = 1e9;

export function moneyOf({ nanos }: CostLine): number | null {
  return nanos === null ? null : nanos / NANOS;
}

/** What the cache took off the price, and what writing to it put on. US dollars; null = the prices are not known. */
export function cacheBalance({ cost: { lines } }: CallRecord): { saved: number; surcharge: number } | null {
  const input = lines.find(({ unit, price_usd: price }) => unit === 'input_tokens' && price !== null);
  const cached = lines.filter(({ unit }) => unit.startsWith('cache_'));
  if (input === undefined || cached.length === 0 || cached.some(({ price_usd: price }) => price === null)) return null;
  const full = (input.price_usd ?? 0) / input.per;
  const difference = (prefix: string): number =>
    cached
      .filter(({ unit }) => unit.startsWith(prefix))
      .reduce((sum, { amount, price_usd: price, per }) => sum + amount * (full - (price ?? 0) / per), 0);
  return { saved: Math.max(0, difference('cache_read')), surcharge: Math.max(0, -difference('cache_write')) };
}

export type CacheVerdict =
  | { kind: 'untold' }
  | { kind: 'hit'; read: number; input: number | null }
  | { kind: 'missed'; by: NonNullable<Changes['cache_missed_by']>; read: number }
  | { kind: 'written'; written: number }
  | { kind: 'unused' };

export function cacheVerdict({ usage, agent_facts: facts }: CallRecord): CacheVerdict {
  const { cache_read_tokens: read, cache_write_tokens: written } = usage;
  if (read === null && written === null) return { kind: 'untold' };
  const by = facts?.changes?.cache_missed_by ?? null;
  if (by !== null) return { kind: 'missed', by, read: read ?? 0 };
  if (read !== null && read > 0) return { kind: 'hit', read, input: usage.input_tokens };
  return written !== null && written > 0 ? { kind: 'written', written } : { kind: 'unused' };
}

/** The first thing that is not as it was; what stands before it could have been read from the cache. */
export function missWords(by: NonNullable<Changes['cache_missed_by']>, firstMessage: number | null): string {
  switch (by) {
    case 'model':
      return 'the model is another one than in the call before: each model has a cache of its own';
    case 'tools':
      return 'the list of tools is not as it was in the call before: it stands first, so nothing behind it could be read';
    case 'system':
      return 'the system prompt is not as it was in the call before: no message behind it could be read';
    case 'messages':
      return firstMessage === null
        ? 'an earlier message is not as it was in the call before'
        : `message #${whole(firstMessage + 1)} is not as it was in the call before: nothing from there on could be read`;
    case 'cache_control':
      return 'the texts are the same, but the marks that say what to cache stand elsewhere';
    case 'expired':
      return 'more than five minutes passed since the call before: the provider had forgotten it';
    case 'unknown':
      return 'nothing that llm-proxy sees was changed: the provider may have dropped it';
  }
}

/** The line that made most of the price, and how it compares with the call before; most telling first. */
export function reasons(call: CallRecord, before: CallRecord | null): string[] {
  const total = call.cost_usd;
  if (total === null || total === 0) return [];
  const words: string[] = [];
  const priced = call.cost.lines.filter(({ nanos }) => nanos !== null && nanos > 0);
  const most = priced.toSorted((a, b) => (b.nanos ?? 0) - (a.nanos ?? 0))[0];
  if (most !== undefined && priced.length > 1) {
    words.push(
      `${percent(moneyOf(most) ?? 0, total)} of it is ${unitWords(most.unit, hasCache(call))}: ${whole(most.amount)} at ${priceWords(most)}`,
    );
  }
  const compared = before === null ? null : comparison(call, before);
  if (compared !== null) words.push(compared);
  return words;
}

/** `3.0 × the call before ($0.0164), most of all by input: 15,200 instead of 2,200`. */
function comparison(call: CallRecord, before: CallRecord): string | null {
  if (call.cost_usd === null || before.cost_usd === null || before.cost_usd === 0) return null;
  const times = call.cost_usd / before.cost_usd;
  if (times > 0.95 && times < 1.05) return `about as much as the call before (${usd(before.cost_usd)})`;
  const changes = [...new Set([...call.cost.lines, ...before.cost.lines].map(({ unit }) => unit))].map((unit) => {
    const [now, past] = [sumOf(call, unit), sumOf(before, unit)];
    return { unit, now: now.amount, past: past.amount, nanos: now.nanos - past.nanos };
  });
  const sign = times > 1 ? 1 : -1;
  const main = changes.toSorted((a, b) => sign * (b.nanos - a.nanos))[0];
  const why =
    main === undefined
      ? ''
      : `, most of all by ${unitWords(main.unit, hasCache(call) || hasCache(before))}: ${whole(main.now)} instead of ${whole(main.past)}`;
  const factor =
    times < 1 ? `${percent(call.cost_usd, before.cost_usd)} of` : `${times < 10 ? times.toFixed(1) : whole(times)} ×`;
  return `${factor} the call before (${usd(before.cost_usd)})${why}`;
}

function sumOf({ cost: { lines } }: CallRecord, wanted: string): { amount: number; nanos: number } {
  const sum = { amount: 0, nanos: 0 };
  for (const { unit, amount, nanos } of lines) {
    if (unit !== wanted) continue;
    sum.amount += amount;
    sum.nanos += nanos ?? 0;
  }
  return sum;
}

/** `$3.00 per 1M`. */
export function priceWords({ price_usd: price, per }: CostLine): string {
  if (price === null) return 'no known price';
  // Prices are written as providers write them: two places, or as many as there are.
  const digits = Math.min(12, Math.max(2, placesOf(price)));
  return `$${price.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits })}${perWords(per)}`;
}

function placesOf(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}

/** To the last digit: `$0.045600`, all of a column with as many places as the longest of them needs. */
export function exactUsd(nanos: number, places: number): string {
  const whole = Math.trunc(nanos / NANOS);
  const rest = String(Math.abs(nanos % NANOS))
    .padStart(9, '0')
    .slice(0, places);
  return `${nanos < 0 ? '-' : ''}$${Math.abs(whole).toLocaleString('en-US')}.${rest}`;
}

/** Places that none of these amounts needs more of; two at least. */
export function placesFor(amounts: readonly number[]): number {
  const needed = amounts.map(
    (nanos) => 9 - (/0*$/.exec(String(Math.abs(nanos % NANOS)).padStart(9, '0'))?.[0].length ?? 0),
  );
  return Math.max(2, ...needed);
}

function perWords(per: number): string {
  if (per === 1) return ' each';
  if (per === 1_000_000) return ' per 1M';
  return per === 1000 ? ' per 1,000' : ` per ${whole(per)}`;
}

export interface Part {
  name: string;
  tokens: number;
  colour: string;
}

const PARTS = [
  ['system', 'system prompt', 'var(--series-cache-write)'],
  ['tools', 'tools', 'var(--series-cache-read)'],
  ['user', 'user', 'var(--series-input)'],
  ['assistant', 'assistant', 'var(--accent)'],
  ['thinking', 'thinking, sent back', 'var(--series-reasoning)'],
  ['tool_calls', 'calls of tools', 'var(--warn)'],
  ['tool_results', 'results of tools', 'var(--faint)'],
  ['media', 'pictures and files', 'var(--series-media)'],
] as const;

/** What the input was made of, most first. */
export function inputParts(shares: Record<(typeof PARTS)[number][0], number>): Part[] {
  return PARTS.map(([key, name, colour]) => ({ name, tokens: shares[key], colour }))
    .filter(({ tokens }) => tokens > 0)
    .toSorted((a, b) => b.tokens - a.tokens);
}
