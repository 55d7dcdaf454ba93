import type { CostRule } from './usage-map.ts';

/**
 * Where vendors and gateways of the OpenAI and Anthropic dialects say in a usage object what they charged. With a key of
 * the customer's own (`is_byok`) the gateway charges its fee alone, and the upstream the rest.
 */
export const STATED_COSTS: readonly CostRule[] = [
  // OpenRouter, Vercel.
  { at: 'cost + cost_details.upstream_inference_cost', perUsd: 1, onlyIf: 'is_byok' },
  { at: 'cost + market_cost', perUsd: 1, onlyIf: 'is_byok' },
  // OpenRouter, Vercel, Avian; Perplexity; Hyper.
  { at: 'cost', perUsd: 1, notIf: 'is_byok' },
  { at: 'cost.total_cost', perUsd: 1 },
  { at: 'cost.usd', perUsd: 1 },
  // xAI: 10^10 ticks to the dollar.
  { at: 'cost_in_usd_ticks', perUsd: 1e10 },
  // DeepInfra; Pydantic's gateway.
  { at: 'estimated_cost', perUsd: 1 },
  { at: 'pydantic_ai_gateway.cost_estimate', perUsd: 1 },
];
