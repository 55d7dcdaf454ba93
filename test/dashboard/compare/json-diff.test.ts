import { describe, expect, it } from 'vitest';
import { jsonDifferences } from '../../../dashboard/src/compare/json-diff.ts';

describe('dashboard/compare/json-diff', () => {
  it('finds nothing between values that say the same', () => {
    const value = { a: [1, { b: null }], c: 'x' };
    expect(jsonDifferences(value, structuredClone(value))).toEqual([]);
    expect(jsonDifferences({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([]);
  });

  it('names each member that differs, is missing or came in', () => {
    const before = { city: 'Porto', days: 3, list: [1, 2], 'odd key': true };
    const after = { city: 'Porto', days: 5, list: [1], unit: 'c' };
    expect(jsonDifferences(before, after)).toEqual([
      { path: '.days', before: '3', after: '5' },
      { path: '.list[1]', before: '2', after: null },
      { path: '["odd key"]', before: 'true', after: null },
      { path: '.unit', before: null, after: '"c"' },
    ]);
  });

  it('tells a change of kind as one, and null from what is not there', () => {
    expect(jsonDifferences({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: '.a', before: '[1]', after: '{"0":1}' }]);
    expect(jsonDifferences({ a: null }, {})).toEqual([{ path: '.a', before: 'null', after: null }]);
    expect(jsonDifferences('x', 'y')).toEqual([{ path: '', before: '"x"', after: '"y"' }]);
    expect(jsonDifferences({}, { toString: 1 })).toEqual([{ path: '.toString', before: null, after: '1' }]);
  });
});
