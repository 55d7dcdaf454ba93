import type { Billing, Cost } from '../core/capture.ts';
import type { Usage } from '../core/usage.ts';
import { Bill } from './bill.ts';
import { modifiersOf } from './modifiers.ts';
import { nanosOf, rateOf } from './money.ts';
import type { Match } from './match-model.ts';
import type { PriceClass } from './price-table.ts';
import type { PriceBook } from './prices.ts';

export interface PriceQuestion {
  provider: string;
  /** Response model if known (a dated snapshot), else the request's. */
  model: string | null;
  /** What the call asked for. The user may have priced that name, of which no table knows: a deployment, an endpoint. */
  asked?: string | null;
  /** Of the provider, e.g. `image_generation`. */
  operation: string | null;
  /** Facts of the request that the price depends on (size and quality of images). */
  dims: Readonly<Record<string, string>>;
  usage: Usage;
  /** Input of the largest request, where `usage` sums several: prices that step up with the size of a request go by it. */
  contextTokens?: number | null;
  host: string;
  /** As the provider wrote it: `default`, `batch`, `flex`, `priority` ... */
  serviceTier: string | null;
  /** Anthropic: `standard` or `fast`. */
  speed: string | null;
  /** Where inference ran, as the provider wrote it: Anthropic's `inference_geo`. */
  region: string | null;
  billing: Billing;
  /** Milliseconds since the epoch. */
  at: number;
  /** What the provider itself says it charged. */
  providerCostUsd: number | null;
}

export type Pricer = (question: PriceQuestion) => Cost;

const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };
const NOT_FOUND: Match = { entry: null, models: [] };

/** A function that puts a price on a usage: ~ 1 µs once the model is known. It never says 0 for unknown. */
export function createPricer(book: PriceBook): Pricer {
  return (question) => priceUsage(question, book);
}

function priceUsage(question: PriceQuestion, book: PriceBook): Cost {
  const { providerCostUsd, billing } = question;
  if (providerCostUsd !== null) {
    const stated = providerCost(providerCostUsd);
    if (stated !== null) return stated;
  }
  // Known to cost nothing, which is not the same as unknown: a local server, a gateway's cache.
  if (billing === 'free' || billing === 'cached_by_gateway') return { ...UNPRICED, nanos: 0, confidence: 'exact' };
  const direct = directCost(question, book);
  return direct.confidence === 'unpriced' ? (innerCost(question, book) ?? direct) : direct;
}

/**
 * Bedrock's answers name the model as its maker does; what is sold, at a price of its own for each geography, is the id
 * that was asked for: `dims.sold_as`.
 */
function directCost(question: PriceQuestion, book: PriceBook): Cost {
  const sold = question.dims['sold_as'];
  const cost = sold === undefined ? UNPRICED : listCost({ ...question, model: sold }, book);
  return cost.confidence === 'unpriced' ? listCost(question, book) : cost;
}

/**
 * A gateway passes the price of the provider behind it on. The record names that provider in `dims.inner_provider`, and
 * what the client asked the gateway for in `dims.inner_model`, where the answer has the provider's own name for it.
 */
function innerCost(question: PriceQuestion, book: PriceBook): Cost | null {
  const { model, dims, provider } = question;
  const { inner_provider: inner, inner_model: asked } = dims;
  const attempts: Partial<PriceQuestion>[] = [];
  if (asked !== undefined) attempts.push({ model: asked });
  if (inner !== undefined) {
    // The table has the prices of Hugging Face's router by the provider that served.
    if (provider === 'huggingface' && model !== null) attempts.push({ model: `${model}:${inner}` });
    attempts.push({ provider: inner });
  }
  for (const attempt of attempts) {
    const cost = listCost({ ...question, ...attempt }, book);
    if (cost.confidence !== 'unpriced') return cost;
  }
  return null;
}

function providerCost(usd: number): Cost | null {
  const rate = Number.isFinite(usd) && usd >= 0 ? rateOf(usd, 1) : null;
  const nanos = rate === null ? null : nanosOf(1, rate);
  if (nanos === null) return null;
  const line = {
    unit: 'provider_cost',
    amount: 1,
    price_usd: usd,
    per: 1,
    nanos,
    source: 'provider',
    price_date: null,
  };
  return { nanos, source: 'provider', price_date: null, confidence: 'exact', lines: [line] };
}

function listCost(question: PriceQuestion, book: PriceBook): Cost {
  const { provider, usage, operation, dims } = question;
  const asked = askedName(question, book);
  const match = matchOf(question, asked, book);
  const own = book.own.get(provider) ?? null;
  const listed = book.listed.get(provider) ?? null;
  if (match.entry === null && own === null && listed === null) return UNPRICED;
  const modifiers = modifiersOf(question, match.models);
  const facts = { models: match.models, operation, dims };
  const ownFacts = asked === null || own === null ? facts : { ...facts, models: [...match.models, asked] };
  const inputTokens = question.contextTokens ?? usage.input_tokens ?? 0;
  const bill = new Bill({ entry: match.entry, own, listed, facts, ownFacts, modifiers, inputTokens });
  addTokens(bill, usage);
  addUnits(bill, usage);
  return bill.total(modifiers.published);
}

function matchOf({ provider, model, host, at }: PriceQuestion, asked: string | null, { matcher }: PriceBook): Match {
  const name = asked !== null && matcher.hasAlias(provider, asked) ? asked : model;
  return name === null ? NOT_FOUND : matcher.find(provider, name, host, at);
}

/** Null = it is the model that answered, or a model that has a price of its own, or nobody priced names. */
function askedName({ provider, model, asked, host, at }: PriceQuestion, { matcher, own }: PriceBook): string | null {
  if (asked === undefined || asked === null || asked === model) return null;
  if (!matcher.hasAlias(provider, asked) && !own.has(provider)) return null;
  return matcher.hasAlias(provider, asked) || matcher.find(provider, asked, host, at).entry === null ? asked : null;
}

const known = (count: number | null | undefined): number => count ?? 0;

function addTokens(bill: Bill, usage: Usage): void {
  if (isMeasuredOtherwise(bill, usage)) {
    // Seconds, images ... are what is billed: tokens that nobody counted, or that have no price, are not missing.
    const hasPrice = bill.price('input_tokens') !== null || bill.price('output_tokens') !== null;
    if (!hasPrice || (usage.input_tokens === null && usage.output_tokens === null)) return;
  }
  addInput(bill, usage);
  addOutput(bill, usage);
}

function addInput(bill: Bill, usage: Usage): void {
  if (usage.input_tokens === null) {
    bill.missing('input_tokens');
    return;
  }
  // Without a price of its own the cache is billed as the rest. Cohere's may be more than all that is billed.
  const read = bill.ownPriced('cache_read_tokens', usage.cache_read_tokens);
  const write = known(usage.cache_write_tokens);
  const write1h = Math.min(known(usage.cache_write_1h_tokens), write);
  const readAudio = Math.min(known(usage.cache_read_audio_tokens), read);
  const audio = Math.max(bill.ownPriced('input_audio_tokens', usage.input_audio_tokens) - readAudio, 0);
  const readImage = Math.min(known(usage.cache_read_image_tokens), read - readAudio);
  const image = Math.max(bill.ownPriced('input_image_tokens', usage.input_image_tokens) - readImage, 0);
  const video = bill.ownPriced('input_video_tokens', usage.input_video_tokens);
  // A cache larger than the input can only be beside it (Grok, at times).
  const isBeside = read + write > usage.input_tokens;
  const rest = usage.input_tokens - (isBeside ? 0 : read + write) - audio - image - video;
  // Parts larger than their whole: a count is wrong, so the sum is no more than an approach.
  if (rest < 0 || isBeside) bill.incomplete = true;
  bill.tokens('input_tokens', Math.max(rest, 0), ['input_tokens']);
  bill.tokens('cache_read_tokens', read - readAudio - readImage, ['cache_read_tokens']);
  bill.tokens('cache_read_audio_tokens', readAudio, CACHE_READ_AUDIO);
  bill.tokens('cache_read_image_tokens', readImage, CACHE_READ_IMAGE);
  bill.tokens('cache_write_tokens', write - write1h, ['cache_write_tokens', 'input_tokens']);
  bill.tokens('cache_write_1h_tokens', write1h, ['cache_write_1h_tokens']);
  bill.tokens('input_audio_tokens', audio, ['input_audio_tokens']);
  bill.tokens('input_image_tokens', image, ['input_image_tokens']);
  bill.tokens('input_video_tokens', video, ['input_video_tokens']);
}

const CACHE_READ_IMAGE = ['cache_read_image_tokens', 'cache_read_tokens', 'input_image_tokens'] as const;
const CACHE_READ_AUDIO = ['cache_read_audio_tokens', 'cache_read_tokens', 'input_audio_tokens'] as const;

function addOutput(bill: Bill, usage: Usage): void {
  if (usage.output_tokens === null) {
    // Embeddings have no output and no price for it; a cut stream has one that nobody counted.
    bill.missing('output_tokens');
    return;
  }
  const audio = bill.ownPriced('output_audio_tokens', usage.output_audio_tokens);
  const image = bill.ownPriced('output_image_tokens', usage.output_image_tokens);
  const reasoning = bill.ownPriced('reasoning_tokens', usage.reasoning_tokens);
  const rest = usage.output_tokens - audio - image - reasoning;
  // Generated sound never costs what text costs: without a price of its own it is not priced, unless it is all there is.
  const unpricedSound = audio === 0 && known(usage.output_audio_tokens) > 0;
  if (rest < 0 || (unpricedSound && usage.output_audio_tokens !== usage.output_tokens)) bill.incomplete = true;
  bill.tokens('output_tokens', Math.max(rest, 0), ['output_tokens']);
  bill.tokens('output_audio_tokens', audio, ['output_audio_tokens']);
  bill.tokens('output_image_tokens', image, ['output_image_tokens']);
  bill.tokens('reasoning_tokens', reasoning, ['reasoning_tokens']);
}

/** The provider's own measure of all that a call did: with a price for it, other measures of the same call are not billed. */
const WHOLE_MEASURES = ['credits', 'billable_units', 'annotated_pages'] as const satisfies readonly PriceClass[];
/** Billed beside whatever else the call costs. Other units measure what tokens or another unit have measured already. */
const BILLED_APART: ReadonlySet<string> = new Set([
  'web_searches',
  'file_searches',
  'code_executions',
  'image_generations',
  'search_units',
  'rerank_units',
  'classifications',
  'read_units',
  'write_units',
  'transactions',
  'summaries',
  'call_minutes',
  'lookups',
  'verifications',
] satisfies PriceClass[]);

/** The work itself is billed by another measure than tokens: a transcription by its length. */
function isMeasuredOtherwise(bill: Bill, { units }: Usage): boolean {
  for (const name in units) {
    const unit = name as keyof typeof units;
    if (!BILLED_APART.has(unit) && known(units[unit]) > 0 && bill.price(unit) !== null) return true;
  }
  return false;
}

function addUnits(bill: Bill, { units }: Usage): void {
  const whole = WHOLE_MEASURES.find((unit) => known(units[unit]) > 0 && bill.price(unit) !== null);
  if (whole !== undefined) {
    bill.unit(whole, known(units[whole]));
    return;
  }
  // The table's price per request needs no count from the provider.
  const requests = units.requests ?? (bill.tablePrice('requests') === null ? 0 : 1);
  if (bill.price('requests') !== null) bill.unit('requests', requests);
  for (const name in units) {
    const unit = name as keyof typeof units;
    if (unit === 'requests') continue;
    if (BILLED_APART.has(unit) || bill.price(unit) !== null) bill.unit(unit, known(units[unit]));
  }
}
