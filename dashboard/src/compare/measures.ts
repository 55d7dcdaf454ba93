/** What two calls are measured by, and which of them had less. */
import type { CallRecord } from '../api/shapes.ts';
import { compact, percent, usd, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';

export interface MeasureKind {
  id: string;
  title: string;
  of: (call: CallRecord) => number | null;
  text: (value: number) => string;
  /** False: more or less of it is neither better nor worse. */
  isContest: boolean;
}

export const MEASURE_KINDS: readonly MeasureKind[] = [
  { id: 'cost', title: 'Cost', of: (call) => call.cost_usd, text: usd, isContest: true },
  { id: 'ttft', title: 'TTFT', of: (call) => call.ttft_ms, text: duration, isContest: true },
  { id: 'total', title: 'Total', of: (call) => call.duration_ms, text: duration, isContest: true },
  { id: 'in', title: 'In', of: ({ usage }) => usage.input_tokens, text: whole, isContest: false },
  { id: 'cached', title: 'Of it cached', of: ({ usage }) => usage.cache_read_tokens, text: whole, isContest: false },
  { id: 'out', title: 'Out', of: ({ usage }) => usage.output_tokens, text: whole, isContest: false },
  { id: 'speed', title: 'Out tokens/s', of: speedOf, text: (value) => compact(Math.round(value)), isContest: false },
];

function speedOf({ usage, ttft_ms: first, duration_ms: end }: CallRecord): number | null {
  if (usage.output_tokens === null || first === null || end - first < 1) return null;
  return (1000 * usage.output_tokens) / (end - first);
}

/** `null` = it cannot be told; `tie` = both are the same. A leg that failed wins nothing. */
export function winnerOf(kind: MeasureKind, a: CallRecord, b: CallRecord): 'a' | 'b' | 'tie' | null {
  if (!kind.isContest || hasFailed(a) || hasFailed(b)) return null;
  const [one, other] = [kind.of(a), kind.of(b)];
  if (one === null || other === null) return null;
  if (one === other) return 'tie';
  return one < other ? 'a' : 'b';
}

export function hasFailed({ status, outcome }: CallRecord): boolean {
  return status === null || status >= 400 || outcome !== 'complete';
}

/** `+12 %`, `−3.4×` would be read twice: beyond the double it says how many times. `null` = it cannot be told. */
export function changeText(from: number | null, to: number | null): string | null {
  if (from === null || to === null) return null;
  if (from === to) return 'same';
  if (from <= 0) return null;
  const share = to / from;
  if (share >= 2) return `${share.toFixed(share < 10 ? 1 : 0)} ×`;
  return share > 1 ? `+${percent(to - from, from)}` : `−${percent(from - to, from)}`;
}
