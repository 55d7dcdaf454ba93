/** Numbers for people. Unknown is never 0: the caller decides what stands there instead. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,345`. */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** `12.3K`, for axes and tiles. */
export function compact(value: number): string {
  return Math.abs(value) < 10_000 ? whole(value) : COMPACT.format(value);
}

/** `31 %`; below one in a hundred `<1 %`. */
export function percent(part: number, of: number): string {
  if (of === 0) return '–';
  const value = (100 * part) / of;
  return value > 0 && value < 1 ? '<1 %' : `${Math.round(value)} %`;
}

/** `512 B`, `1.5 kB`, `3.2 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${whole(value)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let amount = value / 1000;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}

/** US dollars to the digits that matter: `$12,345.67`, `$0.0123`, `$0.0000012`. */
export function usd(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '$0';
  if (size >= 1) return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  // Two digits that are not 0, four places at least.
  const places = Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(size))));
  return `$${value.toFixed(places)}`;
}

/** For axes: `$0.25`, `$12`, `$1.5K`. */
export function usdTick(value: number): string {
  if (Math.abs(value) >= 1000) return `$${COMPACT.format(value)}`;
  return `$${Number(value.toPrecision(3))}`;
}
