/** Where prices of provider files were seen, as `asOf` and `source` of a ListPrice. */

/** BerriAI/litellm, `model_prices_and_context_window.json`. */
export const LITELLM = { asOf: '2026-07-24', source: 'LiteLLM price table' } as const;

/** pss9179/CostTracking, `collector/pricing/registry.json`. */
export const LLMOBSERVE = { asOf: '2026-01-26', source: 'LLMObserve price registry' } as const;
