import { describe, expect, it } from 'vitest';
import { bytes, compact, percent, usd, usdTick, whole } from '../../../dashboard/src/format/numbers.ts';

describe('dashboard/format/numbers', () => {
  it.each([
    [12_345.67, '$12,345.67'],
    [1, '$1.00'],
    [0.0123, '$0.0123'],
    [0.000_001_2, '$0.0000012'],
    [0, '$0'],
    [-0.5, '$-0.5000'],
  ])('writes %f dollars as %s', (value, text) => {
    expect(usd(value)).toBe(text);
  });

  it('shortens for axes', () => {
    expect([0.25, 0.6000000000000001, 12, 1500].map(usdTick)).toEqual(['$0.25', '$0.6', '$12', '$1.5K']);
    expect([999, 9999, 12_345, 1_250_000].map(compact)).toEqual(['999', '9,999', '12.3K', '1.3M']);
  });

  it('says that a share is small rather than nothing', () => {
    expect([percent(1, 1000), percent(0, 10), percent(31, 100), percent(1, 0)]).toEqual(['<1 %', '0 %', '31 %', '–']);
  });

  it('writes bytes and counts', () => {
    expect([bytes(512), bytes(1536), bytes(3_200_000), bytes(150_000_000)]).toEqual([
      '512 B',
      '1.5 kB',
      '3.2 MB',
      '150 MB',
    ]);
    expect(whole(1_234_567)).toBe('1,234,567');
  });
});
