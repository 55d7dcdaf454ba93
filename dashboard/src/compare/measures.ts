/** What two calls are measured by, and which of them had less. */
import type { CallRecord } from '../api/shapes.ts';
import { compact, usd, whole } from '../format/numbers.ts';
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

/** `+12 %`, `−0.4 %`, from the double on `3.5 ×`; `null` = it cannot be told. */
export function changeText(from: number | null, to: number | null): string | null {
  if (from === null || to === null) return null;
  if (from === to) return 'same';
  if (from <= 0) return null;
  const share = to / from;
  if (share >= 2) return `${share < 10 ? share.toFixed(1) : whole(share)} ×`;
  const hundredths = Math.abs(100 * (share - 1));
  if (hundredths < 0.05) return share > 1 ? '+<0.1 %' : '−<0.1 %';
  return `${share > 1 ? '+' : '−'}${hundredths < 1 ? hundredths.toFixed(1) : Math.round(hundredths)} %`;
}

/** Words of the dialects for one thing, as the daemon takes them for its comparisons. */
const STOPS: readonly RegExp[] = [
  /^(?:end_turn|stop|stop_sequence|completed|complete|eos|end)$/i,
  /^(?:tool_use|tool_calls?|function_call)$/i,
  /^(?:max_tokens|length|max_output_tokens|model_length|model_context_window_exceeded)$/i,
  /^(?:refusal|content_filter(?:ed)?|safety|guardrail_intervened)$/i,
];

/** `null` = one of them did not say. */
export function sameStop(a: CallRecord, b: CallRecord): boolean | null {
  const [one, other] = [a.stop_reason, b.stop_reason];
  if (one === null || other === null) return null;
  return one.toLowerCase() === other.toLowerCase() || STOPS.some((words) => words.test(one) && words.test(other));
}

/** The same tools in the same order; `null` = there is no whole answer. */
export function sameTools(a: CallRecord, b: CallRecord): boolean | null {
  if (hasFailed(a) || hasFailed(b)) return null;
  const [one, other] = [a.tool_calls, b.tool_calls];
  return one.length === other.length && one.every(({ name }, index) => name === other[index]?.name);
}
