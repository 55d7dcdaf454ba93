import { describe, expect, it } from 'vitest';
import { filterText, sumFilterOf } from '../../../dashboard/src/overview/filter.ts';

describe('dashboard/overview/filter', () => {
  it('takes what sums are kept by, and names what they are not', () => {
    expect(sumFilterOf('provider:openai model:"gpt 5" status:4xx needle -client:codex')).toEqual({
      filter: { provider: 'openai', model: 'gpt 5' },
      ignored: ['status:4xx', 'needle', '-client:codex'],
    });
    expect(sumFilterOf(null)).toEqual({ filter: {}, ignored: [] });
  });

  it('writes what it reads', () => {
    for (const value of ['plain', 'with blank', 'a:b', '模型'])
      expect(sumFilterOf(filterText('model', value))).toEqual({ filter: { model: value }, ignored: [] });
  });
});
