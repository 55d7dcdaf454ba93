import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unknownUsage } from '../../../src/core/usage.ts';
import { createPricer, type Pricer } from '../../../src/pricing/cost.ts';
import { overridesOf, parseOwnFile } from '../../../src/pricing/own-prices.ts';
import { readOverrides, readStoredTable, storeTable, writeOwnFile } from '../../../src/pricing/price-files.ts';
import { createPriceBook, loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { questionOf } from './bills/bill.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prices-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function pricerOf(json: string): Promise<Pricer> {
  const overrides = overridesOf(parseOwnFile(json, 'prices.json'), '2026-11-20');
  return createPricer(createPriceBook({ table: await loadBuiltInTable(), overrides }));
}

const ask = (provider: string, model: string, usage: object) =>
  questionOf({
    call: '',
    prices: '',
    source: '',
    lines: [],
    nanos: 0,
    ask: { provider, model },
    usage: { ...unknownUsage(), ...usage },
  });

const ROW = { provider: 'openai', unit: 'input_tokens', usd: '1', per: 1_000_000, asOf: '2026-11-21' };
const file = (...prices: object[]): string => JSON.stringify({ prices });

describe('pricing/own-prices', () => {
  it('puts a price of the user before the table, for its class only', async () => {
    const price = await pricerOf(file({ ...ROW, model: 'gpt-4o*', source: 'contract 7' }));
    const cost = price(ask('openai', 'gpt-4o', { input_tokens: 1000, output_tokens: 10 }));
    // 1,000 x 1,000 of the user's; 10 x 10,000 of the table's
    expect(cost).toMatchObject({ nanos: 1_100_000, source: 'override', confidence: 'exact', price_date: '2026-11-21' });
    expect(cost.lines.map(({ source }) => source)).toEqual(['contract 7', 'genai-prices openai/gpt-4o']);
  });

  it('prices a model that nobody else knows, and multiplies its batches as those of the provider', async () => {
    const price = await pricerOf(
      file({ ...ROW, model: 'house-1' }, { ...ROW, model: 'house-1', unit: 'output_tokens', usd: '2' }),
    );
    const question = ask('openai', 'house-1', { input_tokens: 100, output_tokens: 100 });
    expect(price(question).nanos).toBe(300_000);
    expect(price({ ...question, billing: 'batch' }).nanos).toBe(150_000);
  });

  it('takes an alias for what a deployment costs, and a provider in the shape of the table', async () => {
    const price = await pricerOf(
      JSON.stringify({
        aliases: [{ provider: 'azure-openai', model: 'prod', as_model: 'gpt-4o' }],
        providers: [{ id: 'acme', models: [{ id: 'm', match: { starts_with: 'm' }, prices: { input_mtok: 5 } }] }],
      }),
    );
    expect(price(ask('azure-openai', 'prod', { input_tokens: 100, output_tokens: 0 })).nanos).toBe(250_000);
    expect(price(ask('acme', 'm-2', { input_tokens: 100 }))).toMatchObject({
      nanos: 500_000,
      price_date: '2026-11-20',
    });
  });

  it('holds for the name that was asked for, where the answer names the model behind it', async () => {
    const prod = { ...ROW, provider: 'azure-openai', model: 'prod-*', usd: '7' };
    const price = await pricerOf(
      JSON.stringify({
        prices: [prod, { ...ROW, provider: 'openai', model: 'gpt-4o', usd: '9' }],
        aliases: [{ provider: 'azure-openai', model: 'old', as_model: 'gpt-4o-2024-05-13' }],
      }),
    );
    const mini = ask('azure-openai', 'gpt-4o-mini-2024-07-18', { input_tokens: 100, output_tokens: 0 });
    expect(price({ ...mini, asked: 'prod-chat' }).nanos).toBe(700_000);
    expect(price({ ...mini, asked: 'old' }).nanos).toBe(500_000);
    expect(price({ ...mini, asked: 'else' }).nanos).toBe(15_000);
    // A model with a price of its own was asked for, and another one answered.
    expect(price({ ...mini, provider: 'openai', asked: 'gpt-4o' }).nanos).toBe(15_000);
  });

  it('reads a bare list as providers', () => {
    const list = [{ id: 'acme', models: [{ id: 'm', match: { equals: 'm' }, prices: { input_mtok: 5 } }] }];
    expect(parseOwnFile(JSON.stringify(list), 'x').providers).toHaveLength(1);
  });

  it.each([
    ['no JSON', '{"prices": [', /prices\.json is no JSON/],
    ['a key that means nothing', '{"price": []}', /prices\.json.*price/],
    ['a price that is a number', file({ ...ROW, usd: 1 }), /prices\.0\.usd/],
    ['a price below 0', file({ ...ROW, usd: '-1' }), /prices\.0\.usd: must be a price/],
    [
      'a unit that nobody counts',
      file({ ...ROW, unit: 'bananas' }),
      /prices\.0\.unit: must be a token class or a unit/,
    ],
    ['no provider', file({ ...ROW, provider: undefined }), /prices\.0\.provider/],
    ['nothing to divide by', file({ ...ROW, per: 0 }), /prices\.0\.per/],
    ['a day that is none', file({ ...ROW, asOf: 'yesterday' }), /prices\.0\.asOf: must be a date/],
    [
      'a pattern that does not compile',
      '[{"id":"a","models":[{"id":"m","match":{"regex":"("},"prices":{}}]}]',
      /models\.0\.match/,
    ],
  ])('refuses %s and says where', (_what, json, message) => {
    expect(() => parseOwnFile(json, 'prices.json')).toThrow(message);
  });
});

describe('pricing/price-files', () => {
  it('keeps the user’s prices privately, and reads them back with the day of the file', () => {
    const path = join(folder, 'home', 'prices.json');
    expect(readOverrides(path)).toBeNull();
    writeOwnFile(path, parseOwnFile(file(ROW), 'x'));
    utimesSync(path, new Date('2026-11-02T10:00:00Z'), new Date('2026-11-02T10:00:00Z'));
    expect(readOverrides(path)).toMatchObject({ prices: [ROW], date: '2026-11-02' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('stores a newer table with its day, and nothing that is no table', () => {
    const given = join(folder, 'data.json');
    const kept = join(folder, 'data', 'genai-prices.json');
    const constraint = { start_date: '2026-12-01' };
    const models = [
      {
        id: 'm',
        match: { equals: 'm' },
        prices: [
          { constraint: null, prices: { input_mtok: 7 } },
          { constraint, prices: { input_mtok: 8 } },
        ],
      },
    ];
    writeFileSync(
      given,
      JSON.stringify([{ id: 'acme', name: 'Acme', api_pattern: 'https://x', models, extractors: [{}] }]),
    );
    utimesSync(given, new Date('2026-11-03T10:00:00Z'), new Date('2026-11-03T10:00:00Z'));
    expect(readStoredTable(kept)).toBeNull();
    storeTable(given, kept);
    const stored = readStoredTable(kept);
    expect(stored?.table.date).toBe('2026-11-03');
    // Newer data names a constraint by its members alone.
    const usdAt = (day: string) => stored?.table.find('acme', 'm', Date.parse(day))?.prices.get('input_tokens')?.usd;
    expect([usdAt('2026-11-30'), usdAt('2026-12-02')]).toEqual([7, 8]);

    const before = readFileSync(kept, 'utf8');
    writeFileSync(given, '{"providers": []}');
    expect(() => storeTable(given, kept)).toThrow(/data\.json/);
    writeFileSync(given, '[{"id": "acme", "models": []}]');
    expect(() => storeTable(given, kept)).toThrow(/no models/);
    expect(() => storeTable(join(folder, 'nowhere.json'), kept)).toThrow(/there is no file/);
    expect(readFileSync(kept, 'utf8')).toBe(before);
  });
});
