import { describe, expect, it } from 'vitest';
import { cellOf, cleanJson, dollarsOf, payloads, tableColumns } from '../../../src/delivery/table.ts';
import { columns } from '../../../src/interchange/columns.ts';
import { aUsage } from '../../support/captures.ts';
import { aStoredExchange } from '../../support/stored-exchanges.ts';

const ALL = tableColumns({ bodies: true, machine: 'here' });
const named = (name: string) => ALL.find((column) => column.name === name)!;

describe('delivery/table', () => {
  it('has the columns of the parquet export, and whose daemon it was', () => {
    const names = columns(true).map(({ name }) => name);
    expect(ALL.map(({ name }) => name)).toEqual([...names.slice(0, -2), 'machine', ...names.slice(-2)]);
    expect(tableColumns({ bodies: false, machine: '' }).map(({ name }) => name)).toEqual([
      ...columns(false).map(({ name }) => name),
      'machine',
    ]);
    expect(ALL.filter(({ kind }) => kind === 'json').map(({ name }) => name)).toEqual(['usage_units', 'dims']);
  });

  it.each([
    [0, '0.000000000'],
    [1e-9, '0.000000001'],
    [0.1 + 0.2, '0.300000000'],
    [12.345678901, '12.345678901'],
    [-0.5, '-0.500000000'],
    [1_234_567.000000001, '1234567.000000001'],
  ])('writes %d dollars as %s', (usd, text) => {
    expect(dollarsOf(usd)).toBe(text);
  });

  it('gives back each nano-dollar that the store divided', () => {
    let nanos = 1;
    for (let step = 0; step < 2000; step += 1) {
      nanos = (nanos * 48_271 + step) % 2_000_000_000_000_000;
      expect(BigInt(dollarsOf(nanos / 1e9).replace('.', ''))).toBe(BigInt(nanos));
    }
  });

  it('says NULL of what is unknown, and of a count that no column can hold', () => {
    const exchange = aStoredExchange({
      cost_usd: 1e12,
      usage: aUsage({ input_tokens: 1e300, output_tokens: 12.4, reasoning_tokens: null }),
    });
    const cells = ['cost_usd', 'input_tokens', 'output_tokens', 'reasoning_tokens', 'status'];
    expect(cells.map((name) => cellOf(named(name), exchange))).toEqual([null, null, 12, null, 200]);
    expect(cellOf(tableColumns({ bodies: false, machine: '' }).at(-1)!, exchange)).toBeNull();
  });

  it.each([
    ['a\0b', 'a\u{2400}b'],
    ['\ud800', '\u{fffd}'],
    ['\udfff and \ud83d', '\u{fffd} and \u{fffd}'],
    ['\u{1f600}', '\u{1f600}'],
    ['\\u0000 \\ud800', '\\u0000 \\ud800'],
    ['\\\0\\', '\\\u{2400}\\'],
    ['\u0001\n"', '\u0001\n"'],
  ])('cleans %j', (dirty, clean) => {
    expect(JSON.parse(cleanJson(JSON.stringify({ [dirty]: [dirty] }), '\u{2400}'))).toEqual({ [clean]: [clean] });
  });

  it('leaves NUL where it may stay', () => {
    expect(JSON.parse(cleanJson(JSON.stringify('a\0\ud800'), null))).toBe('a\0\u{fffd}');
  });

  it('cuts rows into payloads of some bytes, in their order, and lets a longer one go alone', () => {
    expect([...payloads(['aa', 'bb', 'äää', 'c', 'dddddddddd', 'e'], 7)]).toEqual([
      ['aa', 'bb'],
      ['äää', 'c'],
      ['dddddddddd'],
      ['e'],
    ]);
    expect([...payloads([])]).toEqual([]);
  });

  it('makes no row before the payload before it was taken', () => {
    const made: string[] = [];
    const rows = function* (): Generator<string> {
      for (const row of ['one', 'two', 'three']) {
        made.push(row);
        yield row;
      }
    };
    payloads(rows(), 4).next();
    expect(made).toEqual(['one', 'two']);
  });
});
