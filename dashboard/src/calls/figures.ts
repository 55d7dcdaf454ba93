/** Numbers and letters of a row that stand in no record as such. */
import type { CallRecord } from '../api/shapes.ts';
import { certaintyOf } from '../format/call.ts';

/** Tokens of output per second; while they came, where it is known when the first one did. `null` = cannot be said. */
export function tokenRate({ usage, duration_ms: total, ttft_ms: first, stream }: CallRecord): number | null {
  const tokens = usage.output_tokens;
  if (tokens === null || tokens === 0) return null;
  // An answer in one piece has no time of its own: what it took is all that is known.
  const ms = stream && first !== null && total - first > 0.1 * total ? total - first : total;
  return ms <= 0 ? null : (1000 * tokens) / ms;
}

export interface Flag {
  letter: string;
  means: string;
}

export function flagsOf(call: CallRecord): Flag[] {
  const certainty = certaintyOf(call);
  const mode: string = call.mode;
  const isCut = certainty === 'partial' || call.outcome === 'client_aborted' || call.outcome === 'upstream_aborted';
  const retry = retryOf(call);
  return [
    ...(call.stream ? [{ letter: 'S', means: 'streamed' }] : []),
    ...(retry === null ? [] : [{ letter: 'R', means: retry }]),
    ...(certainty === 'estimated' ? [{ letter: 'E', means: 'token counts are estimated' }] : []),
    ...(isCut ? [{ letter: 'P', means: 'the answer was cut: a part of it is known' }] : []),
    ...(mode === 'target' ? [{ letter: 'T', means: 'answered by the target, not by whom it was addressed to' }] : []),
    ...(mode === 'compare' || call.leg === 'shadow'
      ? [{ letter: 'C', means: 'one of two calls that are compared' }]
      : []),
  ];
}

function retryOf({ retry_count: count, agent_facts: facts }: CallRecord): string | null {
  if (count !== null && count > 0) return `retry ${count} by its client: each attempt is a call`;
  return facts?.follows?.how === 'retries' ? 'the same request as the call before it: a retry' : null;
}

/** What was asked for, when another model answered; dates and such at its end are the same model. */
export function askedFor({ request_model: asked, response_model: served }: CallRecord): string | null {
  if (asked === null || served === null || asked === served) return null;
  const [one, other] = [plain(asked), plain(served)];
  return one.startsWith(other) || other.startsWith(one) ? null : asked;
}

function plain(model: string): string {
  return model.toLowerCase().replace(/^models\//, '');
}

/** `bash ×3, read_file`. */
export function toolsText({ tool_calls: tools }: CallRecord): string {
  const counts = new Map<string, number>();
  for (const { name } of tools) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}

/** Seconds with two places, as far as they say something: `0.84`, `12.30`, `125`. */
export function seconds(ms: number): string {
  const value = ms / 1000;
  if (value < 99.995) return value.toFixed(2);
  return value < 999.95 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}
