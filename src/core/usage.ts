/** Normalised counts of one exchange. Names, sums and subsets: docs/api.md. */

/** Where a count was read. `regex` is the last resort, `estimate` is never exact. */
export type UsageSource =
  | 'json'
  | 'sse'
  | 'ndjson'
  | 'eventstream'
  | 'websocket'
  | 'grpc'
  | 'header'
  /** Of what the request asked for, where that is what is billed and the answer succeeded (characters, images). */
  | 'request'
  | 'regex'
  | 'estimate';

/**
 * `final`: numbers of a whole answer. `partial`: the exchange was cut. `none`: nothing is known: the provider stated
 * nothing, and nothing could be estimated.
 */
export type UsageState = 'final' | 'partial' | 'none';

/** Counts that can be estimated. */
export type EstimatedField = 'input_tokens' | 'output_tokens';

/** What a provider bills that is not a token: names of `usage.units`, of cost lines and of list prices. */
export const UNIT_NAMES = [
  // speech
  'audio_seconds',
  'output_audio_seconds',
  'session_seconds',
  'characters',
  'credits',
  'generations',
  // images, video, documents
  'images',
  'image_pixels',
  'megapixels',
  'pages',
  'annotated_pages',
  'video_seconds',
  'videos',
  // ranking, search, scraping
  'search_units',
  'rerank_units',
  'classifications',
  'documents',
  'web_searches',
  'web_fetches',
  'file_searches',
  'code_executions',
  'image_generations',
  'search_requests',
  'recommend_requests',
  'queries',
  'results',
  'hits',
  'matches',
  'summaries',
  // vector databases
  'read_units',
  'write_units',
  'records',
  'vectors',
  'objects',
  'points',
  'vcu',
  'commands',
  'written_bytes',
  'returned_bytes',
  // compute
  'compute_seconds',
  'billable_units',
  // payments and messaging
  'transactions',
  'amount_minor',
  'segments',
  'media',
  'messages',
  'call_minutes',
  'verifications',
  'lookups',
  'numbers',
  'emails',
  'contacts',
  'validations',
  // anything
  'requests',
  'batch_items',
] as const;

export type UnitName = (typeof UNIT_NAMES)[number];

/** Token counts, all integers >= 0. `null` = the provider did not say (never 0 for unknown). */
export interface TokenCounts {
  /** All input: uncached + cache read + cache write + tool-use prompt. */
  input_tokens: number | null;
  /** All output, reasoning included. */
  output_tokens: number | null;
  /** Subset of input. */
  cache_read_tokens: number | null;
  /** Subset of input. */
  cache_write_tokens: number | null;
  /** Subset of cache_write. */
  cache_write_5m_tokens: number | null;
  /** Subset of cache_write. */
  cache_write_1h_tokens: number | null;
  /** Subset of output. */
  reasoning_tokens: number | null;
  /** Subset of input (Gemini server-side tools). */
  tool_prompt_tokens: number | null;
  input_audio_tokens: number | null;
  output_audio_tokens: number | null;
  input_image_tokens: number | null;
  output_image_tokens: number | null;
  input_video_tokens: number | null;
  /** Audio part of cache_read. */
  cache_read_audio_tokens: number | null;
  /** Image part of cache_read. */
  cache_read_image_tokens: number | null;
}

export interface Usage extends TokenCounts {
  units: Partial<Record<UnitName, number>>;
  /** Of the stated numbers; `estimate` = the provider stated none. */
  source: UsageSource | null;
  state: UsageState;
  /** Which of the counts are ours. They are in no exact total. */
  estimated: readonly EstimatedField[];
  /** The provider's own usage object(s), unchanged. */
  raw: unknown;
}

export const TOKEN_FIELDS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'reasoning_tokens',
  'tool_prompt_tokens',
  'input_audio_tokens',
  'output_audio_tokens',
  'input_image_tokens',
  'output_image_tokens',
  'input_video_tokens',
  'cache_read_audio_tokens',
  'cache_read_image_tokens',
] as const satisfies readonly (keyof TokenCounts)[];

/** A usage of which nothing is known. */
export function unknownUsage(): Usage {
  return {
    input_tokens: null,
    output_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    cache_write_5m_tokens: null,
    cache_write_1h_tokens: null,
    reasoning_tokens: null,
    tool_prompt_tokens: null,
    input_audio_tokens: null,
    output_audio_tokens: null,
    input_image_tokens: null,
    output_image_tokens: null,
    input_video_tokens: null,
    cache_read_audio_tokens: null,
    cache_read_image_tokens: null,
    units: {},
    source: null,
    state: 'none',
    estimated: [],
    raw: null,
  };
}
