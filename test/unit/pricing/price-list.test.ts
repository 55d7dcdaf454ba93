import { beforeAll, describe, expect, it } from 'vitest';
import { modelsLike, listedModels, pricesOfEntry, pricesOfModel } from '../../../src/pricing/price-list.ts';
import { createPriceBook, loadBuiltInTable, type PriceBook } from '../../../src/pricing/prices.ts';
import { OPENAI_PRICES } from '../../../src/providers/families/openai-prices.ts';
import { NOVEMBER } from './bills/bill.ts';

let book: PriceBook;
beforeAll(async () => {
  book = createPriceBook({
    table: await loadBuiltInTable(),
    listed: [['openai', OPENAI_PRICES]],
    overrides: {
      prices: [
        {
          provider: 'openai',
          model: 'gpt-4o',
          unit: 'output_tokens',
          usd: '8',
          per: 1_000_000,
          asOf: '2026-11-21',
          source: 'mine',
        },
      ],
      providers: [],
      aliases: [],
      date: null,
    },
  });
});

describe('pricing/price-list', () => {
  it('shows each class once, the price of the user for that of the table', () => {
    const { prices, modifiers } = pricesOfModel(book, 'openai', 'gpt-4o', NOVEMBER);
    expect(prices.map(({ unit, usd, source }) => [unit, usd, source])).toEqual([
      ['output_tokens', 8, 'mine'],
      ['input_tokens', 2.5, 'genai-prices openai/gpt-4o'],
      ['cache_read_tokens', 1.25, 'genai-prices openai/gpt-4o'],
      ['web_searches', 10, 'genai-prices openai/gpt-4o'],
      ['file_searches', 2.5, 'genai-prices openai/gpt-4o'],
    ]);
    expect(modifiers.map(({ kind, value, factor }) => [kind, value, factor])).toEqual([
      ['tier', 'batch', '0.5'],
      ['tier', 'priority', '1.7'],
    ]);
  });

  it('says how much fits into a call, where the table knows', () => {
    const window = (provider: string, model: string) => pricesOfModel(book, provider, model, NOVEMBER).context_window;
    expect([window('openai', 'gpt-4o'), window('acme', 'm')]).toEqual([128_000, null]);
    expect(modelsLike(book, 'gpt-4o', 'openai', NOVEMBER).find(({ model }) => model === 'gpt-4o')?.contextWindow).toBe(
      128_000,
    );
  });

  it('shows steps and conditions', () => {
    const gemini = pricesOfModel(book, 'google', 'gemini-2.5-pro', NOVEMBER).prices;
    expect(gemini.slice(0, 2)).toMatchObject([
      { unit: 'input_tokens', usd: 1.25, above_input_tokens: null },
      { unit: 'input_tokens', usd: 2.5, above_input_tokens: 200_000 },
    ]);
    const images = pricesOfModel(book, 'openai', 'dall-e-3', NOVEMBER).prices;
    expect(images).toHaveLength(4);
    expect(images).toContainEqual(
      expect.objectContaining({ usd: 0.12, when: { size: '1024x1792|1792x1024', quality: 'hd' } }),
    );
  });

  it('finds models by a part of their name, and prices that are a multiple of another', () => {
    const found = modelsLike(book, 'opus-4-6', 'bedrock', NOVEMBER);
    expect(found.map(({ model }) => model)).toEqual([
      'global.anthropic.claude-opus-4-6-v1:0',
      'regional.anthropic.claude-opus-4-6-v1:0',
    ]);
    const [entry] = found;
    expect(entry && pricesOfEntry(entry, 'bedrock').prices.at(-1)).toMatchObject({
      unit: 'cache_write_1h_tokens',
      usd: 10,
    });
  });

  it('lists what stands in a provider file by its models', () => {
    expect(listedModels(book, 'openai').map(({ model }) => model)).toContain('tts-1|tts-1-1106');
  });

  it('has nothing for a model that nobody knows', () => {
    expect(pricesOfModel(book, 'acme', 'm', NOVEMBER)).toMatchObject({ prices: [], modifiers: [] });
  });
});
