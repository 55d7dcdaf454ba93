import { readFileSync } from 'node:fs';
import { calcPrice, type Provider } from '@pydantic/genai-prices';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Cost } from '../../../src/core/capture.ts';
import { unknownUsage, type Usage } from '../../../src/core/usage.ts';
import { createPricer, type PriceQuestion } from '../../../src/pricing/cost.ts';
import { createPriceBook, loadBuiltInTable, PRICE_TABLE } from '../../../src/pricing/prices.ts';

const NOVEMBER = Date.UTC(2026, 10, 21, 12);
const usage = (counts: Partial<Usage>): Usage => ({ ...unknownUsage(), source: 'json', state: 'final', ...counts });
const question = (over: Partial<PriceQuestion>): PriceQuestion => ({
  provider: 'anthropic',
  model: 'claude-sonnet-4-5',
  operation: 'chat',
  dims: {},
  usage: usage({ input_tokens: 1000, output_tokens: 100 }),
  host: 'api.anthropic.com',
  serviceTier: null,
  speed: null,
  region: null,
  billing: 'metered',
  at: NOVEMBER,
  providerCostUsd: null,
  ...over,
});
const linesSum = (cost: Cost): number => cost.lines.reduce((sum, line) => sum + (line.nanos ?? 0), 0);

let price: (question: PriceQuestion) => Cost;
beforeAll(async () => {
  price = createPricer(createPriceBook({ table: await loadBuiltInTable() }));
});

const long = (input: number): Cost =>
  price(
    question({
      provider: 'google',
      model: 'gemini-2.5-pro',
      usage: usage({ input_tokens: input, output_tokens: 1000 }),
    }),
  );

describe('pricing/bill', () => {
  it('says of more money than a number holds that it is unknown, not a part of it', () => {
    const counts = { input_tokens: 1e12, output_tokens: 4e11 };
    expect(price(question({ usage: usage(counts) }))).toMatchObject({ nanos: null, confidence: 'unpriced' });
  });
});

describe('pricing/prices', () => {
  it('names the day of the version that is installed', () => {
    const manifest = new URL('../../../node_modules/@pydantic/genai-prices/package.json', import.meta.url);
    expect((JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version).toBe(PRICE_TABLE.version);
  });
});

describe('pricing/cost createPricer', () => {
  it('prices what lies behind a gateway as the provider that is named', () => {
    const behind = (over: Partial<PriceQuestion>): Cost => price(question({ provider: 'cloudflare', ...over }));
    const direct = price(question({}));
    expect(behind({}).confidence).toBe('unpriced');
    expect(behind({ dims: { inner_provider: 'anthropic' } })).toEqual(direct);
    expect(behind({ dims: { inner_provider: 'nobody' } }).confidence).toBe('unpriced');
    expect(behind({ dims: { inner_provider: 'anthropic' }, model: null }).confidence).toBe('unpriced');
  });

  it('prices by what the gateway was asked for where the answer has another name', () => {
    const asked = { provider: 'cloudflare', dims: { inner_model: 'anthropic/claude-sonnet-4-5' } };
    const cost = price(question({ ...asked, model: 'a-name-that-no-table-has' }));
    expect(cost).toEqual(price(question({})));
    expect(price(question({ ...asked, model: null }))).toEqual(cost);
    expect(price(question({ ...asked, dims: { inner_model: 'nobody/nothing' } })).confidence).toBe('unpriced');
  });

  it("prices by the id under which a cloud sells the model, where the answer has its maker's name for it", () => {
    const asked = {
      provider: 'bedrock',
      host: 'bedrock-runtime.us-east-1.amazonaws.com',
      model: 'claude-sonnet-4-5-20250929',
    };
    const sold = (id: string): object => ({ ...asked, dims: { sold_as: id } });
    const anywhere = price(question(sold('global.anthropic.claude-sonnet-4-5-20250929-v1:0')));
    const inOneRegion = price(question(sold('us.anthropic.claude-sonnet-4-5-20250929-v1:0')));
    expect([anywhere.confidence, inOneRegion.confidence]).toEqual(['exact', 'exact']);
    // A tenth dearer.
    expect((inOneRegion.nanos ?? 0) * 10).toBe((anywhere.nanos ?? 0) * 11);
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
    expect(price(question(sold(profile)))).toEqual(price(question(asked)));
  });

  it("prices Hugging Face's router by who served, named in the model or beside it", () => {
    const routed = { provider: 'huggingface', host: 'router.huggingface.co' };
    const named = price(question({ ...routed, model: 'openai/gpt-oss-120b:groq' }));
    expect(named.confidence).toBe('exact');
    const beside = price(question({ ...routed, model: 'openai/gpt-oss-120b', dims: { inner_provider: 'groq' } }));
    expect(beside).toEqual(named);
    expect(price(question({ ...routed, model: 'openai/gpt-oss-120b' })).confidence).toBe('unpriced');
  });

  it('prices each class of an Anthropic call once', () => {
    const cost = price(
      question({
        usage: usage({
          input_tokens: 10_000,
          cache_read_tokens: 6000,
          cache_write_tokens: 3000,
          cache_write_5m_tokens: 2000,
          cache_write_1h_tokens: 1000,
          output_tokens: 500,
          reasoning_tokens: 100,
          units: { web_searches: 2 },
        }),
      }),
    );
    // USD per million: 3 in, 0.30 read, 3.75 / 6 write, 15 out; 10 per thousand searches.
    expect(cost.nanos).toBe(3_000_000 + 1_800_000 + 7_500_000 + 6_000_000 + 7_500_000 + 20_000_000);
    expect(cost).toMatchObject({ source: 'genai-prices', confidence: 'exact', price_date: PRICE_TABLE.date });
    expect(cost.lines.map(({ unit, amount }) => [unit, amount])).toEqual([
      ['input_tokens', 1000],
      ['cache_read_tokens', 6000],
      ['cache_write_tokens', 2000],
      ['cache_write_1h_tokens', 1000],
      ['output_tokens', 500],
      ['web_searches', 2],
    ]);
    expect(linesSum(cost)).toBe(cost.nanos);
  });

  it.each([
    ['anthropic', 'anthropic', 'claude-sonnet-4-5', {}],
    ['openai', 'openai', 'gpt-4o', {}],
    ['openai', 'openai', 'gpt-4o-2024-11-20', { cache_read_tokens: 400 }],
    ['openai', 'openai', 'o3', { cache_read_tokens: 999, reasoning_tokens: 50 }],
    ['google', 'google', 'gemini-2.5-pro', { cache_read_tokens: 10 }],
    ['google', 'google', 'gemini-2.5-flash', { input_audio_tokens: 300 }],
    ['bedrock', 'aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { cache_read_tokens: 5 }],
    ['vertex', 'google', 'claude-sonnet-4@20250514', {}],
    ['azure-openai', 'azure', 'gpt-4o-2024-11-20', {}],
    ['xai', 'x-ai', 'grok-4', {}],
    ['groq', 'groq', 'llama-3.3-70b-versatile', {}],
  ])('agrees with the table for %s (%s) %s', (provider, table, model, counts) => {
    const own = price(
      question({ provider, model, usage: usage({ input_tokens: 1000, output_tokens: 200, ...counts }) }),
    );
    const { reasoning_tokens: _, ...known } = counts as Record<string, number>;
    const theirs = calcPrice({ input_tokens: 1000, output_tokens: 200, ...known }, model, {
      providerId: table,
      timestamp: new Date(NOVEMBER),
    });
    expect(theirs).not.toBeNull();
    expect(own.nanos).toBe(Math.round((theirs?.total_price ?? Number.NaN) * 1e9));
    expect(own.confidence).toBe('exact');
  });

  it('charges the higher step to every token of a long context', () => {
    expect(long(199_999).nanos).toBe(259_998_750);
    expect(long(200_001).nanos).toBe(515_002_500);
  });

  it('bills no cache that is more than all that is billed (Cohere)', () => {
    const cached = usage({ input_tokens: 7, output_tokens: 10, cache_read_tokens: 448 });
    const cost = price(question({ provider: 'cohere', model: 'command-a-03-2025', usage: cached }));
    // 7 × 2.50 $/M + 10 × 10 $/M
    expect(cost).toMatchObject({ nanos: 117_500, confidence: 'exact' });
  });

  it('takes the step of the largest request, not of the sum of many', () => {
    const sum = usage({ input_tokens: 1_000_000, output_tokens: 1000 });
    const of = (contextTokens: number): Cost =>
      price(question({ provider: 'google', model: 'gemini-2.5-pro', usage: sum, contextTokens }));
    // 1,000,000 × 1.25 $/M + 1000 × 10 $/M, and 2.50 and 15 beyond 200,000 tokens in one request
    expect(of(2000).nanos).toBe(1_260_000_000);
    expect(of(200_001).nanos).toBe(2_515_000_000);
  });

  it.each([
    ['an unknown model', { model: 'nobody-knows-this' }],
    ['no model', { model: null }],
    ['an unknown provider', { provider: 'acme', model: 'gpt-4o', host: 'llm.acme.example' }],
    ['a fine-tuned model of unknown price', { provider: 'openai', model: 'ft:nobody:acme::1' }],
    ['no counts', { usage: unknownUsage() }],
  ])('says unpriced, not 0, for %s', (_name, over) => {
    expect(price(question(over))).toEqual({
      nanos: null,
      source: null,
      price_date: null,
      confidence: 'unpriced',
      lines: [],
    });
  });

  it('takes what the provider says before any table', () => {
    const cost = price(question({ providerCostUsd: 0.0123456789 }));
    expect(cost).toMatchObject({ nanos: 12_345_679, source: 'provider', confidence: 'exact' });
    expect(linesSum(cost)).toBe(cost.nanos);
  });

  it('knows that a local server costs nothing, and keeps the notional price of a subscription', () => {
    expect(price(question({ provider: 'ollama', billing: 'free' }))).toMatchObject({ nanos: 0, confidence: 'exact' });
    expect(price(question({ billing: 'subscription' })).nanos).toBe(price(question({})).nanos);
  });

  it('halves tokens of a batch, not its searches, and marks tiers without a published price', () => {
    const full = price(question({}));
    const searched = question({
      serviceTier: 'batch',
      usage: usage({ input_tokens: 1000, output_tokens: 100, units: { web_searches: 1 } }),
    });
    expect(price(searched).nanos).toBe((full.nanos ?? 0) / 2 + 10_000_000);
    expect(price(question({ billing: 'batch' })).confidence).toBe('exact');
    expect(price(question({ serviceTier: 'priority' }))).toMatchObject({ nanos: full.nanos, confidence: 'partial' });
    expect(price(question({ speed: 'fast' })).confidence).toBe('partial');
    expect(price(question({ serviceTier: 'standard', speed: 'standard' })).confidence).toBe('exact');
  });

  it('marks a cut call, whose output nobody counted, as partial', () => {
    expect(price(question({ usage: usage({ input_tokens: 1000, state: 'partial' }) }))).toMatchObject({
      nanos: 3_000_000,
      confidence: 'partial',
    });
  });

  it('marks parts that exceed their whole as partial, without a negative line', () => {
    const cost = price(question({ usage: usage({ input_tokens: 10, cache_read_tokens: 20, output_tokens: 1 }) }));
    expect(cost.confidence).toBe('partial');
    expect(cost.lines.every(({ amount }) => amount > 0)).toBe(true);
  });

  it('prices embeddings without an output as exact', () => {
    const cost = price(
      question({ provider: 'openai', model: 'text-embedding-3-small', usage: usage({ input_tokens: 1000 }) }),
    );
    expect(cost).toMatchObject({ nanos: 20_000, confidence: 'exact' });
  });

  it('prefers an override and gives its day', async () => {
    const own: Provider = {
      id: 'acme',
      name: 'Acme',
      api_pattern: 'https://llm\\.acme\\.example',
      models: [{ id: 'house-model', match: { starts_with: 'house' }, prices: { input_mtok: 1, output_mtok: 2 } }],
    };
    const priced = createPricer(
      createPriceBook({
        table: await loadBuiltInTable(),
        overrides: { prices: [], aliases: [], providers: [own], date: '2026-11-01' },
      }),
    );
    const cost = priced(question({ provider: 'acme', model: 'house-7b' }));
    expect(cost).toMatchObject({ nanos: 1_200_000, source: 'override', price_date: '2026-11-01' });
    expect(priced(question({})).source).toBe('genai-prices');
  });
});
