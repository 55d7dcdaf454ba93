import { headerValue } from '../core/headers.ts';
import { BILLED_UNKNOWN } from '../core/totals.ts';
import { type EstimatedField, unknownUsage, type Usage } from '../core/usage.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { Estimator } from '../usage/estimate.ts';
import type { Metered } from '../usage/metered.ts';
import type { FinishedExchange } from './live-exchange.ts';
import type { Rereads, Submitted } from './rereads.ts';
import type { Sighting } from './seen-answers.ts';

export interface CountingDeps {
  /** Once per answer: see rereads.ts. */
  rereads: Pick<Rereads, 'countsFirst' | 'submit' | 'settle'>;
  /** See seen-answers.ts. */
  isDuplicate(sighting: Sighting): boolean;
  /** Null: what a provider does not state stays unknown. */
  estimator: Estimator | null;
}

/** What of an exchange counts. */
export interface Counted {
  usage: Usage;
  /** False: its numbers count with another exchange, and so does its money. */
  first: boolean;
  inference: boolean;
  /** Its numbers are those of an earlier call, which had none: a job that was submitted. */
  settles: Submitted | null;
  anomalies: string[];
}

/** Decides what counts: once per answer, estimated where the provider was silent, unknown where nobody can know. */
export function countedUsage(finished: FinishedExchange, provider: string, deps: CountingDeps): Counted {
  const { metered } = finished;
  const again = seenBefore(finished, provider, deps);
  if (again !== null) {
    const usage = { ...unknownUsage(), raw: metered.usage.raw };
    const inference = metered.isInference && again !== 'duplicate';
    return { usage, first: false, inference, settles: null, anomalies: [again] };
  }
  const usage = estimated(finished, deps.estimator);
  const anomalies = isBilledUnknown(finished, usage) ? [BILLED_UNKNOWN] : [];
  const settles = settledBy(finished, provider, usage, deps);
  return { usage, first: true, inference: metered.isInference, settles, anomalies };
}

/** Remembers a call that may be settled later, and finds the one that this reading settles. */
function settledBy(
  { metered, facts }: FinishedExchange,
  provider: string,
  usage: Usage,
  { rereads }: CountingDeps,
): Submitted | null {
  if (facts.connection.leg === 'shadow') return null;
  const { response_id: responseId, reread, isInference } = metered;
  if (responseId === null) return null;
  if (isInference && usage.state === 'none' && isSuccess(metered.status)) {
    rereads.submit(provider, responseId, { model: modelOf(metered) });
  }
  if (!reread || isInference || usage.state === 'none') return null;
  const submitted = rereads.settle(provider, responseId);
  // Under another name the sums of neither model would be right.
  return submitted !== null && (modelOf(metered) ?? submitted.model) === submitted.model ? submitted : null;
}

function seenBefore(
  { metered, facts }: FinishedExchange,
  provider: string,
  deps: CountingDeps,
): 'reread' | 'duplicate' | null {
  const { response_id: responseId, reread } = metered;
  // A copy counts nowhere, and must not stand in for an answer that does.
  if (responseId === null || facts.connection.leg === 'shadow') return null;
  const stated = metered.usage.state !== 'none';
  if (metered.isInference && !reread) {
    const upstream = `${facts.connection.host}:${facts.connection.port}`;
    const { openedAt, endedAt } = facts;
    const { input_tokens: input, output_tokens: output } = metered.usage;
    const counts = stated ? `${input} ${output}` : null;
    if (deps.isDuplicate({ responseId, upstream, openedAt, endedAt, stated: counts })) return 'duplicate';
  }
  return stated && !deps.rereads.countsFirst(provider, responseId, reread) ? 'reread' : null;
}

/** Operations whose price is not by the token, or whose output is no text. */
const NO_TEXT = /^(?:image|speech|transcription|translation|audio|video|moderation|rerank|realtime)/;

function estimated(finished: FinishedExchange, estimator: Estimator | null): Usage {
  const { metered } = finished;
  const { usage } = metered;
  if (estimator === null || usage.state === 'final' || !mayEstimate(metered)) return usage;
  if (usage.state === 'none') return wholeEstimate(finished, estimator);
  const { assembled } = metered;
  // The input came first (Anthropic), the count of the output was still to come when the stream was cut.
  if (usage.state !== 'partial' || usage.output_tokens !== null || assembled === null) return usage;
  const { output } = estimator({ body: null, assembled, model: modelOf(metered) });
  return output === null ? usage : { ...usage, output_tokens: output, estimated: ['output_tokens'] };
}

function mayEstimate({ isInference, reread, status, operation, usage }: Metered): boolean {
  if (!isInference || reread || !isSuccess(status) || NO_TEXT.test(operation ?? '')) return false;
  return Object.keys(usage.units).length === 0;
}

/** Both counts; of embeddings the input only. */
function wholeEstimate(finished: FinishedExchange, estimator: Estimator): Usage {
  const { metered } = finished;
  const { assembled, usage } = metered;
  // Nothing was generated, or not yet: a job in a queue, an error inside a 200.
  if (assembled === null && !embeds(finished)) return usage;
  const { text, truncated } = metered.requestBody;
  const body = truncated ? null : text;
  const { input, output } = estimator({ body, assembled, model: modelOf(metered) });
  const estimated: EstimatedField[] = [];
  if (input !== null) estimated.push('input_tokens');
  if (output !== null) estimated.push('output_tokens');
  if (estimated.length === 0) return usage;
  const state = isWhole(finished) ? 'final' : 'partial';
  return {
    ...usage,
    input_tokens: input,
    output_tokens: assembled === null ? 0 : output,
    source: 'estimate',
    state,
    estimated,
  };
}

function embeds({ metered, end }: FinishedExchange): boolean {
  return metered.operation === 'embeddings' && end.outcome === 'complete' && metered.error === null;
}

/** A model that said why it stopped had said all. */
function isWhole({ metered, end, facts }: FinishedExchange): boolean {
  return (end.outcome === 'complete' || metered.stop_reason !== null) && facts.dropped === 0;
}

function modelOf({ response_model, request_model }: Metered): string | null {
  return response_model ?? request_model;
}

const CUT: ReadonlySet<string> = new Set(['client_aborted', 'upstream_aborted', 'shutdown', 'interrupted']);

/** The provider has the whole request and works on it, or has; no one told what it costs. */
function isBilledUnknown(finished: FinishedExchange, usage: Usage): boolean {
  const { metered, end } = finished;
  if (!metered.isInference || usage.state !== 'none' || !CUT.has(end.outcome)) return false;
  if (metered.billing === 'free' || metered.billing === 'cached_by_gateway') return false;
  if (metered.error !== null && metered.status !== null) return false;
  return metered.status === null ? wasSent(finished) : isSuccess(metered.status);
}

/** What is said on a WebSocket has no status but that of its beginning. */
function isSuccess(status: number | null): boolean {
  return status !== null && ((status >= 200 && status < 300) || status === 101);
}

/** By its stated length; a body of chunks is whole when it is whole JSON. */
function wasSent({ metered, facts }: FinishedExchange): boolean {
  const length = headerValue(metered.requestHeaders, 'content-length');
  if (length !== null) return facts.requestBytes > 0 && String(facts.requestBytes) === length.trim();
  const { text, truncated } = metered.requestBody;
  return !truncated && text !== null && parseJson(text) !== undefined;
}
