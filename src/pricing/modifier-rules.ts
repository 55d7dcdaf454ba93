/**
 * What service tiers, batches, speed and place do to published prices. Data: each row has been read at its source, the
 * first row that fits wins, and what has no row is not guessed: the bill is then `partial`.
 * LITELLM is model_prices_and_context_window.json of that package, a list kept by its community from the providers' pages.
 */
import type { ListedModifier } from '../core/model-prices.ts';
import type { PriceClass } from './price-table.ts';

export interface ModifierRule {
  /** Provider ids of ours, `|` between them. */
  provider: string;
  /** `tier`: service tier or batch. `speed`: Anthropic's. `region`: where inference ran. `host`: that of the request. */
  kind: ListedModifier['kind'];
  /** Lower case, `|` and `*` as in list prices. */
  value: string;
  /** Model ids; absent = every model. */
  model?: string;
  /** Decimal or fraction; on all token classes. */
  factor: string;
  /** Classes that have a factor of their own. */
  except?: Readonly<Partial<Record<PriceClass, string>>>;
  /** Units that it applies to as well. */
  units?: readonly PriceClass[];
  asOf: string;
  source: string;
}

const LITELLM = { asOf: '2026-11-21', source: 'litellm 1.109.1 model_prices_and_context_window.json' } as const;
const PRIORITY_PAGE = { asOf: '2026-11-21', source: 'openai.com/api-priority-processing' } as const;
const FAST_PAGE = { asOf: '2026-11-21', source: 'platform.claude.com/docs/en/build-with-claude/fast-mode' } as const;
const VERTEX_PAGE = {
  asOf: '2026-11-21',
  source: 'platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai',
} as const;
const REGIONS_OF_VERTEX =
  '*-aiplatform.googleapis.com|*-aiplatform.mtls.googleapis.com|aiplatform.*.rep.googleapis.com|*-aiplatform.*.rep.googleapis.com';
/** Gemini models whose cached input costs in a batch or with flex what it costs otherwise. */
const GEMINI_FULL_CACHE = '*gemini-2.5-*|*gemini-3-flash-preview*|*gemini-3.1-pro-preview*';

export const MODIFIER_RULES: readonly ModifierRule[] = [
  // Batches
  { provider: 'anthropic|vertex|bedrock', kind: 'tier', value: 'batch', model: '*claude*', factor: '0.5', ...LITELLM },
  { provider: 'openai|azure-openai', kind: 'tier', value: 'batch', factor: '0.5', ...LITELLM },
  {
    provider: 'google|vertex',
    kind: 'tier',
    value: 'batch',
    model: GEMINI_FULL_CACHE,
    factor: '0.5',
    except: { cache_read_tokens: '1', cache_read_audio_tokens: '1' },
    ...LITELLM,
  },
  { provider: 'google|vertex', kind: 'tier', value: 'batch', model: '*gemini*', factor: '0.5', ...LITELLM },
  { provider: 'bedrock', kind: 'tier', value: 'batch', factor: '0.5', ...LITELLM },
  {
    provider: 'mistral',
    kind: 'tier',
    value: 'batch',
    factor: '0.5',
    units: ['pages', 'annotated_pages'],
    asOf: '2026-11-21',
    source: 'docs.mistral.ai/capabilities/batch',
  },
  { provider: 'groq', kind: 'tier', value: 'batch', factor: '0.5', asOf: '2026-08-11', source: 'groq.com/pricing' },
  {
    provider: 'fireworks',
    kind: 'tier',
    value: 'batch',
    factor: '0.5',
    asOf: '2026-11-21',
    source: 'fireworks.ai/blog/batch-api',
  },
  { provider: 'xai', kind: 'tier', value: 'batch', model: 'grok-4.20*|grok-4.3*|grok-4.7*', factor: '0.8', ...LITELLM },
  {
    provider: 'moonshot',
    kind: 'tier',
    value: 'batch',
    model: 'kimi-k2.5',
    factor: '0.6',
    asOf: '2026-11-21',
    source: 'platform.kimi.ai/docs/pricing/batch',
  },

  // OpenAI: flex and priority
  {
    provider: 'openai|azure-openai',
    kind: 'tier',
    value: 'flex',
    model: 'gpt-5*|gpt-6*|o3|o3-2025-04-16|o4-mini*',
    factor: '0.5',
    ...LITELLM,
  },
  ...(
    [
      ['gpt-4.1-nano*', '2'],
      ['gpt-4.1*|gpt-4o-2024-05-13|o3|o3-2025-04-16', '1.75'],
      ['gpt-4o-mini|gpt-4o-mini-2024-07-18', '5/3'],
      ['gpt-4o|gpt-4o-2024-08-06|gpt-4o-2024-11-20', '1.7'],
      ['o4-mini|o4-mini-2025-04-16', '20/11'],
      ['gpt-5-mini*|gpt-5.1-codex-mini*', '1.8'],
      ['gpt-5.5|gpt-5.5-2026-04-23', '2.5'],
      ['gpt-5.4-mini*|gpt-5.4|gpt-5.4-2026-03-05|gpt-5.2|gpt-5.2-2025-12-11|gpt-5.1|gpt-5.1-2025-11-13', '2'],
      ['gpt-5|gpt-5-2025-08-07|gpt-5-codex|gpt-5.1-codex|gpt-5.3-codex', '2'],
      ['gpt-5.6-*|gpt-6-*|gpt-6.1-*', '2'],
    ] as const
  ).map(([model, factor]) => ({
    provider: 'openai|azure-openai',
    kind: 'tier' as const,
    value: 'priority',
    model,
    factor,
    ...PRIORITY_PAGE,
  })),
  {
    provider: 'openai',
    kind: 'host',
    value: '*.api.openai.com',
    model: 'gpt-5.4*|gpt-5.5*|gpt-5.6*|gpt-6*',
    factor: '1.1',
    asOf: '2026-11-21',
    source: 'developers.openai.com/api/docs/guides/data-residency',
  },

  // Anthropic: fast mode and place of inference
  {
    provider: 'anthropic',
    kind: 'speed',
    value: 'fast',
    model: 'claude-opus-4-6*|claude-opus-4-7*',
    factor: '6',
    ...FAST_PAGE,
  },
  {
    provider: 'anthropic',
    kind: 'speed',
    value: 'fast',
    model: 'claude-opus-4-8*|claude-opus-5|claude-opus-5-2*|claude-opus-5-5*',
    factor: '2',
    ...FAST_PAGE,
  },
  {
    provider: 'anthropic',
    kind: 'region',
    value: 'us',
    factor: '1.1',
    asOf: '2026-11-21',
    source: 'platform.claude.com/docs/en/manage-claude/data-residency',
  },

  // Vertex AI: the table has the prices of the global endpoint. Models from before Claude 4.5 cost the same everywhere.
  {
    provider: 'vertex',
    kind: 'host',
    value: REGIONS_OF_VERTEX,
    model: '*claude-3*|*claude-sonnet-4|*claude-sonnet-4-2025*|*claude-opus-4|*claude-opus-4-2025*|*claude-opus-4-1*',
    factor: '1',
    ...VERTEX_PAGE,
  },
  { provider: 'vertex', kind: 'host', value: REGIONS_OF_VERTEX, model: '*claude*', factor: '1.1', ...VERTEX_PAGE },

  // Gemini
  {
    provider: 'google|vertex',
    kind: 'tier',
    value: 'flex',
    model: GEMINI_FULL_CACHE,
    factor: '0.5',
    except: { cache_read_tokens: '1', cache_read_audio_tokens: '1' },
    ...LITELLM,
  },
  { provider: 'google|vertex', kind: 'tier', value: 'flex', model: '*gemini*', factor: '0.5', ...LITELLM },
  { provider: 'google|vertex', kind: 'tier', value: 'priority', model: '*gemini*', factor: '1.8', ...LITELLM },

  // Bedrock
  { provider: 'bedrock', kind: 'tier', value: 'flex', factor: '0.5', ...LITELLM },
  { provider: 'bedrock', kind: 'tier', value: 'priority', factor: '1.75', ...LITELLM },

  // Groq's flex is a higher limit at the same price.
  {
    provider: 'groq',
    kind: 'tier',
    value: 'flex',
    factor: '1',
    asOf: '2026-11-21',
    source: 'console.groq.com/docs/flex-processing',
  },
];

/** Prices that providers publish as a multiple of another one. */
export const DERIVED_PRICES: readonly {
  unit: PriceClass;
  from: PriceClass;
  model: string;
  factor: string;
  asOf: string;
  source: string;
}[] = [
  {
    unit: 'cache_write_1h_tokens',
    from: 'input_tokens',
    model: '*claude*',
    factor: '2',
    asOf: '2026-11-21',
    source: 'platform.claude.com/docs/en/build-with-claude/prompt-caching',
  },
];
