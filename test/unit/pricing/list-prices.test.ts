import { describe, expect, it } from 'vitest';
import type { ListPrice } from '../../../src/core/list-price.ts';
import { ListPrices, type PriceFacts } from '../../../src/pricing/list-prices.ts';
import { rateOf } from '../../../src/pricing/money.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';

const price = (usd: string, more: Partial<ListPrice> = {}): ListPrice => ({
  unit: 'images',
  usd,
  per: 1,
  asOf: '2026-11',
  source: 'page',
  ...more,
});
const facts = (over: Partial<PriceFacts> = {}): PriceFacts => ({ models: ['m'], operation: 'draw', dims: {}, ...over });
const found = (prices: ListPrice[], over: Partial<PriceFacts> = {}): number | undefined =>
  new ListPrices(prices, 'list-price').find('images', facts(over))?.usd;

describe('pricing/list-prices', () => {
  it('takes the most specific price, wherever it stands', () => {
    const prices = [
      price('1'),
      price('2', { model: 'm' }),
      price('4', { model: 'm', operation: 'draw', when: { size: 'l' } }),
      price('3', { model: 'm', operation: 'draw' }),
    ];
    expect(found(prices)).toBe(3);
    expect(found(prices, { dims: { size: 'l' } })).toBe(4);
    expect(found(prices, { operation: 'edit' })).toBe(2);
    expect(found(prices, { models: ['other'] })).toBe(1);
    expect(found(prices, { models: [], operation: null })).toBe(1);
  });

  it('takes the first among equals', () => {
    expect(found([price('1', { model: 'm*' }), price('2', { model: '*' })])).toBe(1);
  });

  it('fits a fact that was left out by an empty alternative only', () => {
    const prices = [price('1', { when: { size: 's|' } }), price('2', { when: { size: 'l' } })];
    expect([found(prices), found(prices, { dims: { size: 'S' } }), found(prices, { dims: { size: 'l' } })]).toEqual([
      1, 1, 2,
    ]);
    expect(found(prices, { dims: { size: 'xl' } })).toBeUndefined();
    expect(found([price('1', { when: { constructor: 'f*' } })])).toBeUndefined();
  });

  it('goes by any way to write the model, and does not mix up two models', () => {
    const lists = new ListPrices([price('1', { model: 'a' }), price('2', { model: 'b' })], 'override');
    expect(lists.find('images', facts({ models: ['x/a', 'a'] }))?.usd).toBe(1);
    expect(lists.find('images', facts({ models: ['b'] }))?.usd).toBe(2);
    expect(lists.find('images', facts({ models: ['c'] }))).toBeNull();
    expect(lists.find('pages', facts())).toBeNull();
  });

  it('leaves out what is no price', () => {
    expect(found([price('free'), price('-1')])).toBeUndefined();
  });

  it('can read every price that stands in a provider file, each with a source and a day, and none twice', async () => {
    const wrong: string[] = [];
    let prices = 0;
    for (const [provider, listed] of (await loadRegistry()).listPrices()) {
      const seen = new Set<string>();
      for (const one of listed) {
        prices += 1;
        const name = `${provider} ${one.unit} ${one.model ?? '*'} ${one.operation ?? ''} ${JSON.stringify(one.when ?? {})}`;
        if (rateOf(one.usd, one.per) === null || seen.has(name)) wrong.push(name);
        if (!/^20\d\d(?:-\d\d(?:-\d\d)?)?$/.test(one.asOf) || one.source === '')
          wrong.push(`${name}: no day or source`);
        seen.add(name);
      }
    }
    expect(wrong).toEqual([]);
    expect(prices).toBeGreaterThan(500);
  });
});
