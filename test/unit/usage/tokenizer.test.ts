import { describe, expect, it } from 'vitest';
import { createEstimator } from '../../../src/usage/estimate.ts';
import { lazyTokenizer } from '../../../src/usage/tokenizer.ts';
import { expectLinearTime } from '../../support/growth.ts';

describe('usage/tokenizer', () => {
  const count = lazyTokenizer();

  it.each([
    ['', 0],
    ['hello world', 2],
    ['The quick brown fox jumps over the lazy dog.', 10],
    ['国', 1],
  ])('counts %j as o200k_base does', (text, tokens) => {
    expect(count(text)).toBe(tokens);
  });

  it('takes what looks like a special token for text', () => {
    expect(count('<|endoftext|>')).toBeGreaterThan(1);
  });

  it.each([
    ['one letter', 'a'],
    ['blanks', ' '],
    ['marks', '!'],
    ['signs without blanks', '的一是不了人我在有他'],
  ])('is given so little of a body of %s that its time by the square is never seen', async (_, text) => {
    const estimator = createEstimator(count);
    await expectLinearTime((size) => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: text.repeat(size / text.length) }] });
      return () => estimator({ body, assembled: null, model: 'gpt-5' });
    }, 100_000);
  });
});
