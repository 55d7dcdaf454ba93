import { calcPrice, type Provider } from '@pydantic/genai-prices';
import { beforeAll, describe, expect, it } from 'vitest';
import { unknownUsage } from '../../../src/core/usage.ts';
import { createPricer } from '../../../src/pricing/cost.ts';
import { isFineTuned, PriceTable } from '../../../src/pricing/price-table.ts';
import { createPriceBook, loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { questionOf } from './bills/bill.ts';

let builtIn: PriceTable;
beforeAll(async () => {
  builtIn = await loadBuiltInTable();
});

const acme = (models: Provider['models']): PriceTable =>
  new PriceTable(
    [{ id: 'acme', name: 'Acme', api_pattern: 'https://api\\.acme\\.ai', models }],
    'override',
    '2026-11-01',
  );

const priceAt = (table: PriceTable, model: string, at: string): number | undefined =>
  table.find('acme', model, Date.parse(at))?.prices.get('input_tokens')?.usd;

describe('pricing/price-table', () => {
  it('agrees with genai-prices on every model of its table, at three times of the day', () => {
    const usage = { input_tokens: 300_001, cache_read_tokens: 1003, output_tokens: 777 };
    const price = createPricer(createPriceBook({ table: builtIn }));
    const wrong: string[] = [];
    let compared = 0;
    for (const at of [Date.UTC(2026, 10, 21, 2), Date.UTC(2026, 10, 21, 12), Date.UTC(2026, 10, 21, 20)]) {
      for (const { provider, model } of builtIn.entries(at)) {
        const theirs = calcPrice(usage, model, { providerId: provider, timestamp: new Date(at) });
        // Theirs says 0 where there is no price.
        if (theirs === null || theirs.total_price === 0) continue;
        compared += 1;
        const own = price(
          questionOf({ ...NO_BILL, ask: { provider, model, at }, usage: { ...unknownUsage(), ...usage } }),
        );
        if (Math.abs((own.nanos ?? 0) - theirs.total_price * 1e9) > 2) wrong.push(`${provider}/${model}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(4000);
  });

  it('takes the last price whose day or hour it is', () => {
    const table = acme([
      {
        id: 'm',
        match: { equals: 'm' },
        prices: [
          { prices: { input_mtok: 4 } },
          { constraint: { type: 'start_date', start_date: '2026-05-01' }, prices: { input_mtok: 3 } },
          {
            constraint: { type: 'time_of_date', start_time: '22:00:00Z', end_time: '06:00:00Z' },
            prices: { input_mtok: 1 },
          },
        ],
      },
    ]);
    expect(priceAt(table, 'm', '2026-04-30T23:59:59Z')).toBe(1);
    expect(priceAt(table, 'm', '2026-04-30T12:00:00Z')).toBe(4);
    expect(priceAt(table, 'm', '2026-05-01T12:00:00Z')).toBe(3);
    expect(priceAt(table, 'm', '2026-05-01T05:59:59Z')).toBe(1);
    expect(priceAt(table, 'm', '2026-05-01T06:00:00Z')).toBe(3);
  });

  it('reads hours of another zone', () => {
    const night = { type: 'time_of_date' as const, start_time: '00:00:00+08:00', end_time: '08:00:00+08:00' };
    const table = acme([
      {
        id: 'm',
        match: { equals: 'm' },
        prices: [{ prices: { input_mtok: 2 } }, { constraint: night, prices: { input_mtok: 1 } }],
      },
    ]);
    expect(priceAt(table, 'm', '2026-05-01T16:00:00Z')).toBe(1);
    expect(priceAt(table, 'm', '2026-05-01T15:59:59Z')).toBe(2);
  });

  it('leaves out what is no price', () => {
    const broken = { input_mtok: Number.NaN, output_mtok: -1, cache_read_mtok: 1, unheard_of: 3, __proto__: 4 };
    const table = acme([{ id: 'm', match: { equals: 'm' }, prices: broken }]);
    expect([...(table.find('acme', 'm', 0)?.prices.keys() ?? [])]).toEqual(['cache_read_tokens']);
  });

  it.each(['ft:gpt-4o:acme::1', 'gpt-4o-mini-2024-07-18.ft-abc', 'tunedModels/x', 'projects/p/endpoints/1', 'mine-ft'])(
    'sees that %s is fine-tuned',
    (model) => expect(isFineTuned(model)).toBe(true),
  );

  it.each(['gpt-4o', 'swift-1', 'draft-model', 'models/gemini-2.5-pro', 'microsoft/phi-4'])(
    'sees that %s is not',
    (model) => expect(isFineTuned(model)).toBe(false),
  );
});

const NO_BILL = { call: '', prices: '', source: '', lines: [], nanos: 0 } as const;
