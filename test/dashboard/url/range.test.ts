import { describe, expect, it } from 'vitest';
import { periodOf } from '../../../dashboard/src/url/range.ts';

describe('dashboard/url/range', () => {
  it.each(['', 'range=2y', 'range=toString', 'range=__proto__'])('takes %j for the last 24 hours', (params) => {
    expect(periodOf(new URLSearchParams(params))).toEqual({ since: '24h', until: null, label: 'last 24 hours' });
  });
});
