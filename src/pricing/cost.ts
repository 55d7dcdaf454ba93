import type { Billing, Cost, CostLine } from '../core/capture.ts';
import type { Usage } from '../core/usage.ts';
import { ModelMatcher } from './match-model.ts';
import type { ModelPrices, PriceBook, PriceEntry } from './prices.ts';

export interface PriceQuestion {
  provider: string;
  /** Response model if known (a dated snapshot), else the request's. */
  model: string | null;
  /** Of the provider, e.g. `image_generation`. */
  operation: string | null;
  /** Facts of the request that the price depends on (size and quality of images). */
  dims: Readonly<Record<string, string>>;
  usage: Usage;
  host: string;
  /** As the provider wrote it: `default`, `batch`, `flex`, `priority` ... */
  serviceTier: string | null;
  /** Anthropic: `standard` or `fast`. */
  speed: string | null;
  billing: Billing;
  /** Milliseconds since the epoch. */
  at: number;
  /** What the provider itself says it charged. */
  providerCostUsd: number | null;
}

const NANOS_PER_USD = 1e9;
const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };

/** A function that puts a price on a usage: < 1 µs once the model is known. It never throws, and never says 0 for unknown. */
export function createPricer(book: PriceBook): (question: PriceQuestion) => Cost {
  const matcher = new ModelMatcher(book);
  return (question) => priceUsage(question, book, matcher);
}

function priceUsage(question: PriceQuestion, book: PriceBook, matcher: ModelMatcher): Cost {
  const { providerCostUsd, billing, model } = question;
  if (providerCostUsd !== null && Number.isFinite(providerCostUsd) && providerCostUsd >= 0) {
    return providerCost(providerCostUsd);
  }
  // Known to cost nothing, which is not the same as unknown: a local server, a gateway's cache.
  if (billing === 'free' || billing === 'cached_by_gateway') return { ...UNPRICED, nanos: 0, confidence: 'exact' };
  if (model === null) return UNPRICED;
  const entry = matcher.find(question.provider, model, question.host, question.at);
  if (entry === null) return UNPRICED;
  return tableCost(question, entry, entry.source === 'override' ? book.overridesDate : book.date);
}

function providerCost(usd: number): Cost {
  const nanos = Math.round(usd * NANOS_PER_USD);
  const line: CostLine = { unit: 'provider_cost', amount: 1, price_usd: usd, nanos };
  return { nanos, source: 'provider', price_date: null, confidence: 'exact', lines: [line] };
}

function tableCost(question: PriceQuestion, entry: PriceEntry, date: string | null): Cost {
  const { usage } = question;
  const tier = tierOf(question);
  const bill = new Bill(entry.prices, usage.input_tokens ?? 0);
  addInput(bill, usage, tier.factor);
  addOutput(bill, usage, tier.factor);
  addUnits(bill, usage, question);
  const priced = bill.lines.filter(({ nanos }) => nanos !== null);
  if (priced.length === 0) return UNPRICED;
  const partial = bill.incomplete || !tier.published || priced.length < bill.lines.length;
  return {
    nanos: priced.reduce((sum, { nanos }) => sum + (nanos ?? 0), 0),
    source: entry.source,
    price_date: date,
    confidence: partial ? 'partial' : 'exact',
    lines: bill.lines,
  };
}

/** Lines of one call. Steps by context size are a cliff: past the start of a step every token pays its price. */
class Bill {
  readonly lines: CostLine[] = [];
  /** Something was used of which the amount or the price is not known. */
  incomplete = false;
  readonly #prices: ModelPrices;
  readonly #inputTokens: number;

  constructor(prices: ModelPrices, inputTokens: number) {
    this.#prices = prices;
    this.#inputTokens = inputTokens;
  }

  /** The first of the keys that has a price. */
  price(...keys: string[]): number | null {
    for (const key of keys) {
      const price = this.#prices[key];
      if (typeof price === 'number') return price;
      if (price === undefined) continue;
      let step = price.base;
      for (const tier of price.tiers) if (this.#inputTokens > tier.start) step = tier.price;
      return step;
    }
    return null;
  }

  has(key: string): boolean {
    return this.#prices[key] !== undefined;
  }

  /** Tokens that are billed apart from the rest; without a price of their own they are billed as the rest. */
  ownPriced(key: string, tokens: number | null): number {
    return this.has(key) ? known(tokens) : 0;
  }

  /** @param price USD per `per` units; `null` = unknown. */
  add(unit: string, amount: number, price: number | null, per: number): void {
    if (amount === 0) return;
    const nanos = price === null ? null : Math.round((amount * price * NANOS_PER_USD) / per);
    this.lines.push({ unit, amount, price_usd: price === null ? null : price / per, nanos });
  }
}

const MILLION = 1e6;
const known = (count: number | null): number => count ?? 0;
const times = (price: number | null, factor: number): number | null => (price === null ? null : price * factor);

function addInput(bill: Bill, usage: Usage, factor: number): void {
  if (usage.input_tokens === null) {
    bill.incomplete = true;
    return;
  }
  const read = known(usage.cache_read_tokens);
  const write = known(usage.cache_write_tokens);
  const write1h = Math.min(known(usage.cache_write_1h_tokens), write);
  const readAudio = Math.min(known(usage.cache_read_audio_tokens), read);
  const audio = Math.max(bill.ownPriced('input_audio_mtok', usage.input_audio_tokens) - readAudio, 0);
  const image = bill.ownPriced('input_image_mtok', usage.input_image_tokens);
  const video = bill.ownPriced('input_video_mtok', usage.input_video_tokens);
  const rest = usage.input_tokens - read - write - audio - image - video;
  // Parts larger than their whole: a count is wrong, so the sum is no more than an approach.
  if (rest < 0) bill.incomplete = true;
  const token = (unit: string, amount: number, ...keys: string[]): void =>
    bill.add(unit, amount, times(bill.price(...keys), factor), MILLION);
  token('input_tokens', Math.max(rest, 0), 'input_mtok');
  token('cache_read_tokens', read - readAudio, 'cache_read_mtok', 'input_mtok');
  token('cache_read_audio_tokens', readAudio, 'cache_audio_read_mtok', 'cache_read_mtok', 'input_audio_mtok');
  token('cache_write_tokens', write - write1h, 'cache_write_mtok', 'input_mtok');
  token('cache_write_1h_tokens', write1h, 'cache_write_1h_mtok');
  token('input_audio_tokens', audio, 'input_audio_mtok');
  token('input_image_tokens', image, 'input_image_mtok');
  token('input_video_tokens', video, 'input_video_mtok');
}

function addOutput(bill: Bill, usage: Usage, factor: number): void {
  if (usage.output_tokens === null) {
    // Embeddings have no output and no price for it; a cut stream has one that nobody counted.
    if (bill.has('output_mtok') && bill.price('output_mtok') !== 0) bill.incomplete = true;
    return;
  }
  const audio = bill.ownPriced('output_audio_mtok', usage.output_audio_tokens);
  const image = bill.ownPriced('output_image_mtok', usage.output_image_tokens);
  const reasoning = bill.ownPriced('output_reasoning_mtok', usage.reasoning_tokens);
  const rest = usage.output_tokens - audio - image - reasoning;
  if (rest < 0) bill.incomplete = true;
  const token = (unit: string, amount: number, key: string): void =>
    bill.add(unit, amount, times(bill.price(key), factor), MILLION);
  token('output_tokens', Math.max(rest, 0), 'output_mtok');
  token('output_audio_tokens', audio, 'output_audio_mtok');
  token('output_image_tokens', image, 'output_image_mtok');
  token('reasoning_tokens', reasoning, 'output_reasoning_mtok');
}

const THOUSAND = 1000;
const HOUR_SECONDS = 3600;
/** Groq bills no audio shorter than this. */
const GROQ_MIN_SECONDS = 10;
/** Other measures of what the tokens already count. */
const SAME_AS_TOKENS = new Set(['images', 'audio_seconds', 'video_seconds', 'characters', 'pages']);
/** Counted for people; nobody bills them by themselves. */
const NEVER_BILLED = new Set(['web_fetches', 'batch_items', 'requests']);

function addUnits(bill: Bill, usage: Usage, { provider }: PriceQuestion): void {
  // A price per request needs no count from the provider.
  if (bill.has('requests_kcount')) bill.add('requests', 1, bill.price('requests_kcount'), THOUSAND);
  const counted = bill.lines.length > 0;
  for (const [unit, amount] of Object.entries(usage.units)) {
    if (NEVER_BILLED.has(unit) || amount <= 0) continue;
    const [price, per] = unitPrice(bill, unit);
    if (price === null && counted && SAME_AS_TOKENS.has(unit)) continue;
    const billed = unit === 'audio_seconds' && provider === 'groq' ? Math.max(amount, GROQ_MIN_SECONDS) : amount;
    bill.add(unit, billed, price, per);
  }
}

function unitPrice(bill: Bill, unit: string): [price: number | null, per: number] {
  switch (unit) {
    case 'web_searches':
      return [bill.price('web_searches_kcount'), THOUSAND];
    case 'pages':
      return [bill.price('input_document_kpages'), THOUSAND];
    case 'audio_seconds':
      return [bill.price('audio_hours', 'input_audio_hours'), HOUR_SECONDS];
    default:
      return [null, 1];
  }
}

/** Half price for batches, as these publish it. */
const HALF_PRICE_BATCH = new Set([
  'anthropic',
  'openai',
  'google',
  'vertex',
  'azure-openai',
  'bedrock',
  'mistral',
  'groq',
]);
const STANDARD_TIERS = new Set(['default', 'standard', 'auto', 'on_demand', 'on-demand', 'standard_only']);

/** What a service tier does to token prices. `published: false` = it does something, we do not know how much. */
function tierOf({ provider, serviceTier, speed, billing }: PriceQuestion): { factor: number; published: boolean } {
  const tier = serviceTier?.toLowerCase() ?? 'default';
  if (billing === 'batch' || tier === 'batch') {
    return HALF_PRICE_BATCH.has(provider) ? { factor: 0.5, published: true } : { factor: 1, published: false };
  }
  if (speed !== null && speed !== 'standard') return { factor: 1, published: false };
  if (tier === 'flex' && provider === 'openai') return { factor: 0.5, published: true };
  // Flex at Groq is a higher limit at the same price.
  if (tier === 'flex' && provider === 'groq') return { factor: 1, published: true };
  return { factor: 1, published: STANDARD_TIERS.has(tier) };
}
