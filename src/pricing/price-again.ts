import type { CallRecord, Cost } from '../core/capture.ts';
import { BILLED_UNKNOWN } from '../core/totals.ts';
import type { Usage } from '../core/usage.ts';
import type { Pricer } from './cost.ts';

/**
 * Money for counts that were estimated is an estimate, however exact its prices; what the provider says it charged is
 * none. Money for the counts of an answer that was cut is a part: many providers state counts, and what they charge, as
 * they go on. What costs nothing whatever the count is neither.
 */
export function markGuess(cost: Cost, usage: Usage): Cost {
  if (cost.nanos === null || cost.nanos === 0) return cost;
  if (usage.estimated.length > 0 && cost.source !== 'provider') return { ...cost, confidence: 'estimated' };
  return usage.state === 'partial' && cost.confidence === 'exact' ? { ...cost, confidence: 'partial' } : cost;
}

/** What a mode had asked the target for, else what the client asked for. A part of an answer asked for nothing. */
function askedModel({ request_model: asked, inference, steer }: CallRecord): string | null {
  return asked === null && !inference ? null : (steer?.sent_model ?? asked);
}

/**
 * What a stored call costs by other prices than those it was priced by. Null = its cost is none of ours to change: the
 * provider stated it, or there is no usage to price.
 */
export function priceAgain(record: CallRecord, price: Pricer): Cost | null {
  const { usage, cost } = record;
  if (cost.source === 'provider' || usage.state === 'none' || record.anomalies.includes(BILLED_UNKNOWN)) return null;
  const again = price({
    provider: record.provider,
    model: record.response_model ?? askedModel(record),
    asked: askedModel(record),
    operation: record.operation,
    dims: record.dims,
    usage,
    contextTokens: record.context_tokens,
    // The record names a port where it is not the usual one.
    host: record.host.replace(/:\d+$/, ''),
    serviceTier: record.service_tier,
    speed: record.speed,
    region: record.region,
    billing: record.billing,
    at: Date.parse(record.started_at),
    providerCostUsd: null,
  });
  return markGuess(again, usage);
}
