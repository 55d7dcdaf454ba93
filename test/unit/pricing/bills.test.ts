import { beforeAll, describe, expect, it } from 'vitest';
import { createPricer } from '../../../src/pricing/cost.ts';
import type { PriceTable } from '../../../src/pricing/price-table.ts';
import { createPriceBook, loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { OPENAI_PRICES } from '../../../src/providers/families/openai-prices.ts';
import { ANTHROPIC_BILLS } from './bills/anthropic.ts';
import { type HandBill, questionOf } from './bills/bill.ts';
import { GATEWAY_AND_CLOUD_BILLS } from './bills/gateways-and-clouds.ts';
import { GOOGLE_BILLS } from './bills/google.ts';
import { OPENAI_MEDIA_BILLS } from './bills/openai-media.ts';
import { OPENAI_BILLS } from './bills/openai.ts';
import { OTHER_BILLS } from './bills/others.ts';
import { UNIT_BILLS } from './bills/units.ts';

const BILLS: readonly HandBill[] = [
  ...ANTHROPIC_BILLS,
  ...OPENAI_BILLS,
  ...OPENAI_MEDIA_BILLS,
  ...GOOGLE_BILLS,
  ...OTHER_BILLS,
  ...GATEWAY_AND_CLOUD_BILLS,
  ...UNIT_BILLS,
];

let table: PriceTable;
beforeAll(async () => {
  table = await loadBuiltInTable();
});

describe('pricing/cost, bills worked out by hand', () => {
  it('has at least sixty of them, each with a sum that is right', () => {
    expect(BILLS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(BILLS.map(({ call, ask }) => `${ask.provider} ${call}`)).size).toBe(BILLS.length);
    for (const { call, lines, nanos } of BILLS) {
      expect(
        lines.reduce((sum, [, amount]) => sum + amount, 0),
        call,
      ).toBe(nanos);
    }
  });

  it.each(BILLS.map((bill) => [`${bill.ask.provider}: ${bill.call}`, bill] as const))('bills %s', (_call, bill) => {
    const listed = [[bill.ask.provider, bill.listed ?? (bill.ask.provider === 'openai' ? OPENAI_PRICES : [])]] as const;
    const cost = createPricer(createPriceBook({ table, listed }))(questionOf(bill));
    expect(cost.lines.map(({ unit, nanos }) => [unit, nanos])).toEqual(bill.lines);
    expect(cost.nanos).toBe(bill.nanos);
    expect(cost.confidence).toBe(bill.confidence ?? 'exact');
    expect(cost.lines.every(({ source, nanos }) => source !== null && nanos !== null)).toBe(true);
  });
});
