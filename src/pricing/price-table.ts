/**
 * The price table: data in the shape of @pydantic/genai-prices. Its own price calculation is not used: it throws on counts
 * that contradict each other, knows no service tiers and adds floating-point numbers.
 */
import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices';
import type { TokenCounts, UnitName } from '../core/usage.ts';
import { type Ratio, rateOf } from './money.ts';

/** What has a price: a class of tokens or a unit. */
export type PriceClass = keyof TokenCounts | UnitName;

/** Where a price stands. */
export interface Origin {
  source: 'genai-prices' | 'override' | 'list-price';
  /** For people: `genai-prices openai/gpt-4o`, a page, the user's file. */
  label: string;
  /** Day (YYYY-MM-DD, or a month) on which it was taken or seen. */
  date: string | null;
}

export interface Price {
  /** USD for `per`, as published. */
  usd: number;
  per: number;
  /** Nano-dollars per unit. */
  rate: Ratio;
  /** By the total of input tokens; past the start of a step every token of the call pays its price. Ascending. */
  steps: readonly { start: number; usd: number; rate: Ratio }[];
  /** The least amount that is billed. */
  min: number;
  origin: Origin;
}

export interface PriceEntry {
  provider: string;
  model: string;
  prices: ReadonlyMap<PriceClass, Price>;
  /** Tokens of input and output together that fit into one call; null = the table does not say. */
  contextWindow: number | null;
  /** False when the prices depend on the date or the time of day. */
  timeless: boolean;
}

interface Key {
  class: PriceClass;
  per: number;
}

const MTOK = 1_000_000;
const KCOUNT = 1000;
const HOUR = 3600;
/** Keys of the table. Those that are not here have no count of ours. */
const KEYS: Readonly<Record<string, Key>> = {
  input_mtok: { class: 'input_tokens', per: MTOK },
  output_mtok: { class: 'output_tokens', per: MTOK },
  cache_read_mtok: { class: 'cache_read_tokens', per: MTOK },
  cache_write_mtok: { class: 'cache_write_tokens', per: MTOK },
  cache_write_1h_mtok: { class: 'cache_write_1h_tokens', per: MTOK },
  cache_audio_read_mtok: { class: 'cache_read_audio_tokens', per: MTOK },
  cache_image_read_mtok: { class: 'cache_read_image_tokens', per: MTOK },
  input_audio_mtok: { class: 'input_audio_tokens', per: MTOK },
  output_audio_mtok: { class: 'output_audio_tokens', per: MTOK },
  input_image_mtok: { class: 'input_image_tokens', per: MTOK },
  output_image_mtok: { class: 'output_image_tokens', per: MTOK },
  input_video_mtok: { class: 'input_video_tokens', per: MTOK },
  output_reasoning_mtok: { class: 'reasoning_tokens', per: MTOK },
  web_searches_kcount: { class: 'web_searches', per: KCOUNT },
  // Of files that OpenAI keeps.
  storage_searches_kcount: { class: 'file_searches', per: KCOUNT },
  code_executions_kcount: { class: 'code_executions', per: KCOUNT },
  rerank_searches_kcount: { class: 'search_units', per: KCOUNT },
  requests_kcount: { class: 'requests', per: KCOUNT },
  input_document_kpages: { class: 'pages', per: KCOUNT },
  input_annotated_document_kpages: { class: 'annotated_pages', per: KCOUNT },
  input_audio_hours: { class: 'audio_seconds', per: HOUR },
  // Of all audio; beside the former it has the same price.
  audio_hours: { class: 'audio_seconds', per: HOUR },
  output_audio_hours: { class: 'output_audio_seconds', per: HOUR },
  input_mchars: { class: 'characters', per: MTOK },
  input_gpixels: { class: 'image_pixels', per: 1_000_000_000 },
};

/** Groq bills no audio shorter than this (console.groq.com/docs/speech-to-text). */
const GROQ_MIN_SECONDS = 10;

export class PriceTable {
  readonly date: string | null;
  readonly #providers: readonly Provider[];
  readonly #source: 'genai-prices' | 'override';
  readonly #compiled = new WeakMap<ModelPrice, ReadonlyMap<PriceClass, Price>>();

  /** @param date on which it was published or changed. */
  constructor(providers: readonly Provider[], source: 'genai-prices' | 'override', date: string | null) {
    this.#providers = providers;
    this.#source = source;
    this.date = date;
  }

  /** @param at milliseconds since the epoch: prices may depend on the day and the hour. */
  find(providerId: string, model: string, at: number): PriceEntry | null {
    const provider = this.#providers.find(({ id }) => id === providerId);
    if (provider === undefined) return null;
    const found = this.#search(provider, model) ?? this.#search(provider, dashedDates(model));
    return found === null ? null : this.#entry(found.provider, found.model, at);
  }

  has(providerId: string): boolean {
    return this.#providers.some(({ id }) => id === providerId);
  }

  providerOfHost(host: string): string | null {
    const origin = `https://${host}`;
    // The patterns fit beginnings: api.acme.ai.evil.example begins as api.acme.ai does.
    const isOf = (pattern: string): boolean =>
      (new RegExp(`^(?:${pattern})`).exec(`${origin}/`)?.[0].length ?? 0) >= origin.length;
    return this.#providers.find(({ api_pattern: pattern }) => isOf(pattern))?.id ?? null;
  }

  /** Every model of every provider, or of one, as its prices are at that time. */
  *entries(at: number, providerId?: string): Generator<PriceEntry> {
    for (const provider of this.#providers) {
      if (providerId !== undefined && provider.id !== providerId) continue;
      for (const model of provider.models) yield this.#entry(provider, model, at);
    }
  }

  #search(provider: Provider, model: string): { provider: Provider; model: ModelInfo } | null {
    const own = provider.models.find(({ match }) => matches(match, model));
    if (own !== undefined) return fits(own, model) ? { provider, model: own } : null;
    for (const id of provider.fallback_model_providers ?? []) {
      const other = this.#providers.find((candidate) => candidate.id === id);
      const found = other?.models.find(({ match }) => matches(match, model));
      if (other !== undefined && found !== undefined && fits(found, model)) return { provider: other, model: found };
    }
    return null;
  }

  #entry(provider: Provider, model: ModelInfo, at: number): PriceEntry {
    const raw = pricesAt(model.prices, new Date(at));
    let prices = this.#compiled.get(raw);
    if (prices === undefined) {
      const label = `${this.#source} ${provider.id}/${model.id}`;
      prices = compile(raw, provider.id, { source: this.#source, label, date: this.date });
      this.#compiled.set(raw, prices);
    }
    return {
      provider: provider.id,
      model: model.id,
      prices,
      contextWindow: windowOf(model),
      timeless: !Array.isArray(model.prices),
    };
  }
}

function windowOf({ context_window: tokens }: ModelInfo): number | null {
  return typeof tokens === 'number' && tokens > 0 ? tokens : null;
}

/** A fine-tuned model costs what is said of fine-tuned models, never what its base costs. */
function fits(found: ModelInfo, model: string): boolean {
  return !isFineTuned(model) || JSON.stringify(found.match).includes('ft');
}

/** As OpenAI (`ft:`), Azure (`.ft-`), Cohere (`-ft`), Gemini (`tunedModels/`) and Vertex (`endpoints/`) name them. */
export function isFineTuned(model: string): boolean {
  return /^ft:|[.:]ft-|-ft$|(?:^|\/)(?:tunedModels|endpoints)\//.test(model);
}

export function matches(logic: MatchLogic, model: string): boolean {
  const text = model.toLowerCase();
  if ('or' in logic) return logic.or.some((part) => matches(part, text));
  if ('and' in logic) return logic.and.every((part) => matches(part, text));
  if ('equals' in logic) return text === logic.equals.toLowerCase();
  if ('starts_with' in logic) return text.startsWith(logic.starts_with.toLowerCase());
  if ('ends_with' in logic) return text.endsWith(logic.ends_with.toLowerCase());
  if ('contains' in logic) return text.includes(logic.contains.toLowerCase());
  return 'regex' in logic && new RegExp(logic.regex).test(text);
}

/** `x-20260101` -> `x-2026-01-01`: the table spells dates with dashes where the provider does. */
function dashedDates(model: string): string {
  return model.replace(/-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3');
}

/** The last price whose condition holds. */
function pricesAt(prices: ModelInfo['prices'], at: Date): ModelPrice {
  if (!Array.isArray(prices)) return prices;
  return prices.findLast((price) => holds(price, at))?.prices ?? prices[0]?.prices ?? {};
}

function holds({ constraint }: ConditionalPrice, at: Date): boolean {
  // Absent, or null in a file of the user's.
  if (typeof constraint !== 'object' || constraint === null) return true;
  if ('start_date' in constraint) return at.getTime() >= Date.parse(constraint.start_date);
  const [now, from, to] = [at.toISOString().slice(11, 19), constraint.start_time, constraint.end_time].map(
    secondsOfDay,
  );
  if (now === undefined || from === undefined || to === undefined) return false;
  return to < from ? now >= from || now < to : now >= from && now < to;
}

/** `16:30:00Z` or `18:00:00+02:00` -> seconds since midnight UTC. */
function secondsOfDay(time: string): number | undefined {
  const [, hours, minutes, seconds, sign, offsetHours = '0', offsetMinutes = '0'] =
    /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))?$/.exec(time) ?? [];
  if (hours === undefined) return undefined;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * (sign === '-' ? -1 : 1);
  const local = Number(hours) * HOUR + Number(minutes) * 60 + Number(seconds);
  return (((local - offset) % 86_400) + 86_400) % 86_400;
}

function compile(raw: ModelPrice, providerId: string, origin: Origin): ReadonlyMap<PriceClass, Price> {
  const prices = new Map<PriceClass, Price>();
  for (const [name, value] of Object.entries(raw)) {
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (key === undefined || value === undefined || value === null) continue;
    const { base, tiers } = typeof value === 'number' ? { base: value, tiers: [] } : value;
    const rate = rateOf(base, key.per);
    const steps = tiers.map(({ start, price }) => ({ start, usd: price, rate: rateOf(price, key.per) }));
    if (rate === null || !steps.every(isPriced)) continue;
    const min = providerId === 'groq' && key.class === 'audio_seconds' ? GROQ_MIN_SECONDS : 0;
    const ascending = steps.toSorted((one, other) => one.start - other.start);
    prices.set(key.class, { usd: base, per: key.per, rate, steps: ascending, min, origin });
  }
  return prices;
}

function isPriced<T extends { rate: Ratio | null }>(step: T): step is T & { rate: Ratio } {
  return step.rate !== null;
}
