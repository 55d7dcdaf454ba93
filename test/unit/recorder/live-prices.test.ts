import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { LivePrices } from '../../../src/recorder/live-prices.ts';
import { questionOf } from '../pricing/bills/bill.ts';

let folder: string;
let now: number;
let faults: string[];
let paths: { overrides: string; table: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-prices-'));
  paths = { overrides: join(folder, 'prices.json'), table: join(folder, 'table.json') };
  now = 0;
  faults = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function open(): Promise<() => number | null> {
  const prices = new LivePrices({
    builtIn: await loadBuiltInTable(),
    listed: [],
    paths,
    clock: { now: () => now },
    onFault: (message) => faults.push(message),
  });
  const question = questionOf({
    call: '',
    prices: '',
    source: '',
    lines: [],
    nanos: 0,
    ask: { provider: 'openai', model: 'gpt-4o' },
    usage: { input_tokens: 1000, output_tokens: 0 },
  });
  return () => prices.price(question).nanos;
}

const override = (usd: string): string =>
  JSON.stringify({ prices: [{ provider: 'openai', unit: 'input_tokens', usd, per: 1_000_000, asOf: '2026-11-21' }] });

describe('recorder/live-prices', () => {
  it('follows the user’s file within two seconds, also when it comes and goes', async () => {
    const nanos = await open();
    expect(nanos()).toBe(2_500_000);
    writeFileSync(paths.overrides, override('1'));
    now = 1999;
    expect(nanos()).toBe(2_500_000);
    now = 2000;
    expect(nanos()).toBe(1_000_000);
    rmSync(paths.overrides);
    now = 4000;
    expect(nanos()).toBe(2_500_000);
    expect(faults).toEqual([]);
  });

  it('keeps the prices of before when the file gets a fault, and says so once', async () => {
    writeFileSync(paths.overrides, override('1'));
    const nanos = await open();
    writeFileSync(paths.overrides, '{"prices": [');
    for (now = 2000; now < 20_000; now += 2000) expect(nanos()).toBe(1_000_000);
    expect(faults).toEqual([expect.stringMatching(/prices\.json is no JSON/)]);
    writeFileSync(paths.overrides, override('2'));
    expect(nanos()).toBe(2_000_000);
  });

  it('says once that it may not even look', async () => {
    const nanos = await open();
    // A link to itself, as root may look everywhere.
    symlinkSync(paths.overrides, paths.overrides);
    for (now = 2000; now < 20_000; now += 2000) expect(nanos()).toBe(2_500_000);
    expect(faults).toEqual([expect.stringMatching(/ELOOP/)]);
  });

  it('starts with a fault in the file: a record is worth more than its price', async () => {
    writeFileSync(paths.overrides, 'nonsense');
    const nanos = await open();
    expect(nanos()).toBe(2_500_000);
    expect(faults).toHaveLength(1);
  });

  it('takes a newer table for the one that is built in', async () => {
    const models = [{ id: 'gpt-4o', match: { equals: 'gpt-4o' }, prices: { input_mtok: 4, output_mtok: 8 } }];
    writeFileSync(
      paths.table,
      JSON.stringify({ date: '2026-11-20', source: 'data.json', providers: [{ id: 'openai', models }] }),
    );
    const nanos = await open();
    expect(nanos()).toBe(4_000_000);
  });
});
