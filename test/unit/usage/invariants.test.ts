import { describe, expect, it } from 'vitest';
import { TOKEN_FIELDS, type Usage } from '../../../src/core/usage.ts';
import { enforceInvariants } from '../../../src/usage/invariants.ts';
import { usage } from '../../support/exchanges.ts';

describe('usage/invariants', () => {
  it.each(TOKEN_FIELDS)('takes an impossible %s out', (field) => {
    for (const count of [-1, 0.5, 2 ** 53, 1e13, Number.POSITIVE_INFINITY, Number.NaN]) {
      const counted = usage({ [field]: count });
      expect(enforceInvariants(counted)).toContain('invalid_count');
      expect(counted[field]).toBeNull();
    }
  });

  it('takes impossible units out, and keeps fractions of those that have them', () => {
    const counted = usage({ units: { audio_seconds: 1.5, pages: -1, characters: Number.NaN, images: 1e300 } });
    expect(enforceInvariants(counted)).toEqual(['invalid_count']);
    expect(counted.units).toEqual({ audio_seconds: 1.5 });
  });

  it.each<[string, Partial<Usage>]>([
    ['cache_exceeds_input', { input_tokens: 5, cache_read_tokens: 3, cache_write_tokens: 3 }],
    ['reasoning_exceeds_output', { output_tokens: 1, reasoning_tokens: 2 }],
    ['cache_split_mismatch', { cache_write_tokens: 3, cache_write_5m_tokens: 1, cache_write_1h_tokens: 1 }],
    ['parts_exceed_input', { input_tokens: 5, tool_prompt_tokens: 6 }],
    ['parts_exceed_input', { input_tokens: 5, input_audio_tokens: 3, input_image_tokens: 3 }],
    ['parts_exceed_output', { output_tokens: 5, output_audio_tokens: 6 }],
  ])('flags %s and keeps what the provider stated', (anomaly, counts) => {
    const counted = usage(counts);
    expect(enforceInvariants(counted)).toEqual([anomaly]);
    expect(counted).toMatchObject(counts);
  });

  it('finds nothing wrong with counts that agree, nor with unknown ones', () => {
    expect(enforceInvariants(usage({ input_tokens: 6, cache_read_tokens: 3, cache_write_tokens: 3 }))).toEqual([]);
    expect(enforceInvariants(usage({ input_tokens: null, cache_read_tokens: 3 }))).toEqual([]);
    expect(enforceInvariants(usage({ reasoning_tokens: 9, output_tokens: null }))).toEqual([]);
  });

  it('lets parts exceed what is billed where a provider bills less than it reads', () => {
    expect(enforceInvariants(usage({ input_tokens: 5, cache_read_tokens: 9 }), true)).toEqual([]);
  });
});
