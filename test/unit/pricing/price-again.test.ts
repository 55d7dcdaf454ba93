import { describe, expect, it } from 'vitest';
import type { Cost } from '../../../src/core/capture.ts';
import { unknownUsage, type Usage } from '../../../src/core/usage.ts';
import { markGuess } from '../../../src/pricing/price-again.ts';

const usage = (given: Partial<Usage>): Usage => ({ ...unknownUsage(), state: 'final', ...given });
const cost = (given: Partial<Cost> = {}): Cost => ({
  nanos: 5,
  source: 'genai-prices',
  price_date: null,
  confidence: 'exact',
  lines: [],
  ...given,
});

describe('pricing/price-again', () => {
  it.each<[string, Partial<Cost>, Partial<Usage>, Cost['confidence']]>([
    ['a whole answer', {}, {}, 'exact'],
    ['an answer that was cut, with counts as they were by then', {}, { state: 'partial' }, 'partial'],
    ['what a provider said it charged by the cut', { source: 'provider' }, { state: 'partial' }, 'partial'],
    ['an answer that was cut and estimated', {}, { state: 'partial', estimated: ['output_tokens'] }, 'estimated'],
    ['a stated price of estimated counts', { source: 'provider' }, { estimated: ['output_tokens'] }, 'exact'],
    ['a cut answer that costs nothing', { nanos: 0 }, { state: 'partial' }, 'exact'],
    ['a cut answer without a price', { nanos: null, confidence: 'unpriced' }, { state: 'partial' }, 'unpriced'],
  ])('says of %s how sure its cost is', (_what, costs, counts, confidence) => {
    expect(markGuess(cost(costs), usage(counts)).confidence).toBe(confidence);
  });
});
