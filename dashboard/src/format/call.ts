/** What of a call record stands on a screen, and how sure it is. */
import type { CallRecord, Usage } from '../api/shapes.ts';

/** Of a call record, or of less of it. */
type Counted = { usage: Pick<Usage, 'source' | 'state' | 'estimated'> };
type Ended = Pick<CallRecord, 'status' | 'outcome'>;
type TokenUsage = Pick<
  Usage,
  'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'reasoning_tokens'
>;

/** What was answered by, else asked for, else the operation. */
export function modelOf(call: Pick<CallRecord, 'response_model' | 'request_model' | 'operation'>): string {
  return call.response_model ?? call.request_model ?? call.operation ?? '–';
}

export type Certainty = 'exact' | 'estimated' | 'partial' | 'unknown';

/** How sure the token counts of a call are. */
export function certaintyOf({ usage }: Counted): Certainty {
  if (usage.state === 'none' && usage.estimated.length === 0) return 'unknown';
  if (usage.source === 'regex' || usage.source === 'estimate' || usage.estimated.length > 0) return 'estimated';
  return usage.state === 'partial' ? 'partial' : 'exact';
}

/** How sure one count is: what the provider stated stays exact when only the other one is estimated. */
export function countCertainty(call: CallRecord, field: 'input_tokens' | 'output_tokens'): Certainty {
  const certainty = certaintyOf(call);
  const { estimated, source, state } = call.usage;
  if (certainty !== 'estimated' || source === 'regex' || source === 'estimate' || estimated.includes(field))
    return certainty;
  return state === 'partial' ? 'partial' : 'exact';
}

export type CallState = 'ok' | 'client_error' | 'server_error' | 'limited' | 'broken';

/** For the dot and its word. */
export function stateOf({ status, outcome }: Ended): CallState {
  if (status === 429 || status === 529) return 'limited';
  if (status === null || status >= 500) return status === null ? 'broken' : 'server_error';
  if (status >= 400) return 'client_error';
  return outcome === 'complete' || outcome === 'upgraded' ? 'ok' : 'broken';
}

/** `200`, `429`, `200 client aborted`, `no answer`. */
export function statusText({ status, outcome }: Ended): string {
  const code = status === null ? 'no answer' : String(status);
  return outcome === 'complete' || outcome === 'refused' ? code : `${code} ${outcome.replaceAll('_', ' ')}`;
}

/** The five classes of the stacked bar; `null` = nothing is known. Subsets are taken out of the sums they are part of. */
export interface TokenClasses {
  input: number;
  cacheRead: number;
  cacheWrite: number;
  output: number;
  reasoning: number;
}

export function tokenClasses({ usage }: { usage: TokenUsage }): TokenClasses | null {
  if (usage.input_tokens === null && usage.output_tokens === null) return null;
  const cacheRead = usage.cache_read_tokens ?? 0;
  const cacheWrite = usage.cache_write_tokens ?? 0;
  const reasoning = usage.reasoning_tokens ?? 0;
  return {
    input: Math.max(0, (usage.input_tokens ?? 0) - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: Math.max(0, (usage.output_tokens ?? 0) - reasoning),
    reasoning,
  };
}
