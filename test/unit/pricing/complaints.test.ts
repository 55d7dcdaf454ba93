/** Wrong costs that users of other meters have reported (langfuse, litellm, langsmith, ccxray ...), each as it must be. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Cost } from '../../../src/core/capture.ts';
import { unknownUsage, type Usage } from '../../../src/core/usage.ts';
import { createPricer, type Pricer, type PriceQuestion } from '../../../src/pricing/cost.ts';
import { createPriceBook, loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { OPENAI_PRICES } from '../../../src/providers/families/openai-prices.ts';
import { NOVEMBER } from './bills/bill.ts';

let price: Pricer;
beforeAll(async () => {
  price = createPricer(createPriceBook({ table: await loadBuiltInTable(), listed: [['openai', OPENAI_PRICES]] }));
});

function bill(provider: string, model: string | null, usage: Partial<Usage>, more: Partial<PriceQuestion> = {}): Cost {
  return price({
    provider,
    model,
    operation: 'chat',
    dims: {},
    usage: { ...unknownUsage(), source: 'json', state: 'final', ...usage },
    host: 'host.example',
    serviceTier: null,
    speed: null,
    region: null,
    billing: 'metered',
    at: NOVEMBER,
    providerCostUsd: null,
    ...more,
  });
}
const sum = (cost: Cost): number => cost.lines.reduce((total, { nanos }) => total + (nanos ?? 0), 0);

describe('wrong costs of other meters', () => {
  it('does not bill cached tokens twice, as input and as cache', () => {
    // 20,000 input, 18,000 of them read from the cache: 2,000 x 3,000 + 18,000 x 300, not 20,000 x 3,000 + 18,000 x 300
    const cost = bill('anthropic', 'claude-sonnet-4-5', {
      input_tokens: 20_000,
      cache_read_tokens: 18_000,
      output_tokens: 0,
    });
    expect(cost.nanos).toBe(11_400_000);
  });

  it('does not bill cached tokens at nothing', () => {
    const cost = bill('openai', 'gpt-4o', { input_tokens: 1000, cache_read_tokens: 1000, output_tokens: 0 });
    expect(cost.nanos).toBe(1_250_000);
  });

  it('never makes a bill negative when a cache is said to be larger than the input', () => {
    const cost = bill('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', {
      input_tokens: 433,
      cache_read_tokens: 2752,
      output_tokens: 16,
    });
    expect(cost.lines.every(({ amount, nanos }) => amount > 0 && (nanos ?? 0) > 0)).toBe(true);
    expect(cost.confidence).toBe('partial');
  });

  it('bills a cache write of an hour at its own price, not at that of five minutes', () => {
    const write = { input_tokens: 1000, cache_write_tokens: 1000, output_tokens: 0 };
    const short = bill('anthropic', 'claude-opus-4-5', { ...write, cache_write_5m_tokens: 1000 });
    const long = bill('anthropic', 'claude-opus-4-5', { ...write, cache_write_1h_tokens: 1000 });
    expect([short.nanos, long.nanos]).toEqual([6_250_000, 10_000_000]);
  });

  it('bills reasoning once, as the output that it is', () => {
    const plain = bill('openai', 'o3', { input_tokens: 0, output_tokens: 100 });
    const reasoned = bill('openai', 'o3', { input_tokens: 0, output_tokens: 100, reasoning_tokens: 90 });
    expect(reasoned.nanos).toBe(plain.nanos);
  });

  it('does not bill sound as text when its price is another one', () => {
    const cost = bill('openai', 'gpt-4o-audio-preview', {
      input_tokens: 0,
      output_tokens: 100,
      output_audio_tokens: 100,
    });
    expect(cost.nanos).toBe(8_000_000);
    const unknown = bill('xai', 'grok-4.3', { input_tokens: 10, output_tokens: 100, output_audio_tokens: 60 });
    expect(unknown.confidence).toBe('partial');
  });

  it('takes stated zeros for what they are: a cost of 0, and known', () => {
    const cost = bill('openai', 'gpt-4o', { input_tokens: 0, output_tokens: 0 });
    expect(cost).toMatchObject({ nanos: 0, confidence: 'exact', source: 'genai-prices', lines: [] });
    expect(bill('openai', 'gpt-4o', {}).nanos).toBeNull();
    expect(bill('acme', 'm', { input_tokens: 0, output_tokens: 0 }).nanos).toBeNull();
  });

  it('says that part of an answer is missing when nobody counted it', () => {
    const cost = bill('anthropic', 'claude-sonnet-4-5', { input_tokens: 1000, state: 'partial' });
    expect(cost).toMatchObject({ nanos: 3_000_000, confidence: 'partial' });
  });

  it('does not price a small model as the large one whose name begins its own', () => {
    const usage = { input_tokens: 1000, output_tokens: 0 };
    expect(bill('openai', 'gpt-4o-mini', usage).nanos).toBe(150_000);
    expect(bill('openai', 'gpt-4o-mini-2024-07-18', usage).nanos).toBe(150_000);
    expect(bill('openai', 'gpt-4o-nano-which-does-not-exist', usage)).toMatchObject({
      nanos: null,
      confidence: 'unpriced',
    });
  });

  it('does not price a fine-tuned model as its base', () => {
    const usage = { input_tokens: 1000, output_tokens: 0 };
    expect(bill('openai', 'ft:gpt-4.1-mini-2025-04-14:acme::1', usage).confidence).toBe('unpriced');
    expect(bill('google', 'tunedModels/gemini-2.5-flash-1', usage).confidence).toBe('unpriced');
  });

  it('prices by the provider that was asked, not by the name of the model alone', () => {
    const usage = { input_tokens: 1000, output_tokens: 0 };
    // 0.72 at Bedrock, 0.59 at Groq, 0.88 at Together for the same Llama.
    expect(bill('bedrock', 'meta.llama3-3-70b-instruct-v1:0', usage).nanos).toBe(720_000);
    expect(bill('groq', 'llama-3.3-70b-versatile', usage).nanos).toBe(590_000);
    expect(bill('together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', usage).nanos).toBe(880_000);
    expect(bill('acme', 'gpt-4o', usage).confidence).toBe('unpriced');
  });

  it('tells an unknown price from no cost in every field', () => {
    expect(bill('acme', 'm', { input_tokens: 5, output_tokens: 5 })).toEqual({
      nanos: null,
      source: null,
      price_date: null,
      confidence: 'unpriced',
      lines: [],
    });
  });

  it('asks nobody for the price of a gateway’s cached answer: it cost nothing', () => {
    const cost = bill(
      'cloudflare',
      'openai/gpt-4o',
      { input_tokens: 1000, output_tokens: 9 },
      { billing: 'cached_by_gateway' },
    );
    expect(cost).toMatchObject({ nanos: 0, confidence: 'exact', lines: [] });
  });

  it('believes the provider that states its price, and no statement that is none', () => {
    const usage = { input_tokens: 1000, output_tokens: 0 };
    expect(bill('openrouter', 'openai/gpt-4o', usage, { providerCostUsd: 0.0021 })).toMatchObject({
      nanos: 2_100_000,
      source: 'provider',
    });
    expect(bill('openrouter', 'openai/gpt-4o', usage, { providerCostUsd: 0 })).toMatchObject({
      nanos: 0,
      source: 'provider',
    });
    for (const providerCostUsd of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300]) {
      expect(bill('openrouter', 'openai/gpt-4o', usage, { providerCostUsd })).toMatchObject({
        nanos: 2_500_000,
        source: 'genai-prices',
      });
    }
  });

  it('does not miss a price for tokens where seconds are billed', () => {
    const cost = bill('mistral', 'voxtral-mini-latest', {
      input_tokens: 13,
      output_tokens: 151,
      units: { audio_seconds: 60 },
    });
    expect(cost).toMatchObject({ nanos: 3_000_000, confidence: 'exact' });
    // A search beside tokens of unknown price is only a part of the bill.
    const searched = bill('openai', 'no-such-model', {
      input_tokens: 13,
      output_tokens: 1,
      units: { web_searches: 1 },
    });
    expect(searched.confidence).toBe('unpriced');
  });

  it('says which tier it could not price, and still gives the list price', () => {
    const cost = bill('openai', 'gpt-4o', { input_tokens: 1000, output_tokens: 0 }, { serviceTier: 'scale' });
    expect(cost).toMatchObject({ nanos: 2_500_000, confidence: 'partial' });
  });

  it('explains each line, so that it can be checked against a bill', () => {
    const cost = bill(
      'google',
      'gemini-2.5-pro',
      { input_tokens: 250_000, cache_read_tokens: 50_000, output_tokens: 10 },
      { billing: 'batch' },
    );
    expect(cost.lines).toEqual([
      {
        unit: 'input_tokens',
        amount: 200_000,
        price_usd: 1.25,
        per: 1_000_000,
        nanos: 250_000_000,
        source: 'genai-prices google/gemini-2.5-pro',
        price_date: '2026-09-23',
        note: 'above 200000 input tokens, batch x0.5',
      },
      {
        unit: 'cache_read_tokens',
        amount: 50_000,
        price_usd: 0.25,
        per: 1_000_000,
        nanos: 12_500_000,
        source: 'genai-prices google/gemini-2.5-pro',
        price_date: '2026-09-23',
        note: 'above 200000 input tokens',
      },
      expect.objectContaining({ unit: 'output_tokens', price_usd: 7.5, nanos: 75_000 }),
    ]);
    expect(sum(cost)).toBe(cost.nanos);
  });

  it('keeps hostile counts out of the sum', () => {
    const usage = { input_tokens: 1e300, output_tokens: 5 };
    const cost = bill('openai', 'gpt-4o', usage);
    expect(cost.confidence).toBe('partial');
    expect(cost.nanos).toBe(50_000);
    expect(bill('openai', 'tts-1', { units: { characters: Number.NaN } }).nanos).toBeNull();
    expect(bill('openai', 'tts-1', { units: { characters: -5 } }).nanos).toBeNull();
  });

  it('bills an image of a size that nobody lists as unpriced, not as a small one', () => {
    const image = { units: { images: 1 } };
    expect(bill('openai', 'dall-e-3', image, { dims: { size: '4096x4096' } }).confidence).toBe('unpriced');
    expect(bill('openai', 'dall-e-3', image, { dims: { size: '1024x1024', quality: 'hd' } }).nanos).toBe(80_000_000);
  });
});
