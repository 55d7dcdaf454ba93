import type { CostQuestion } from '../core/ports.ts';
import { unknownUsage } from '../core/usage.ts';
import type { PriceQuestion } from '../pricing/cost.ts';

/** The question for the price of a call that nobody has made: an ordinary one, with counts of ours. */
export function imaginedCall(
  { provider, model, operation, host }: Pick<CostQuestion, 'provider' | 'model' | 'operation' | 'host'>,
  inputTokens: number | null,
  outputTokens: number | null,
  at: number,
): PriceQuestion {
  return {
    provider,
    model,
    operation,
    dims: {},
    usage: {
      ...unknownUsage(),
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      source: 'estimate',
      state: 'partial',
    },
    host,
    serviceTier: null,
    speed: null,
    region: null,
    billing: 'metered',
    at,
    providerCostUsd: null,
  };
}
