import { describe, expect, it } from 'vitest';
import { createEstimator, tokensOf } from '../../../src/usage/estimate.ts';

/** A tokenizer by words, which notes what it was given. */
function byWords(): { count: (text: string) => number; given: string[] } {
  const given: string[] = [];
  return {
    given,
    count: (text) => {
      given.push(text);
      return text.split(/\s+/).filter((word) => word !== '').length;
    },
  };
}

const chat = (...contents: string[]): string =>
  JSON.stringify({ messages: contents.map((content) => ({ role: 'user', content })) });

const estimator = createEstimator(byWords().count);
const input = (body: string, model: string | null = 'gpt-5'): number | null =>
  estimator({ body, assembled: null, model }).input;

describe('usage/estimate', () => {
  it('counts the words of a request and the framing of its messages', () => {
    expect(input(chat('one two three', 'four'))).toBe(4 + 2 * 4);
  });

  it.each([
    ['gpt-4o-2024-11-20', 100 + 4],
    ['openai/gpt-5', 100 + 4],
    ['claude-sonnet-4-5', 120 + 5],
    ['us.anthropic.claude-3-haiku-20240307-v1:0', 120 + 5],
    ['gemini-2.5-pro', 105 + 1],
    ['llama-3.3-70b', 110 + 5],
    [null, 110 + 5],
  ])('knows that the tokens of %s are of another size', (model, tokens) => {
    expect(input(chat('word '.repeat(100)), model)).toBe(tokens);
  });

  it('counts the answer with its thinking and the input of its tools', () => {
    const toolCalls = [{ id: null, name: 'look', input: '{"a": 1}' }];
    const assembled = { text: 'one two', thinking: 'three four five', toolCalls };
    expect(estimator({ body: null, assembled, model: 'gpt-5' })).toEqual({ input: null, output: 2 + 3 + 1 + 2 });
  });

  it('counts the text of every answer when several were asked for, of which one was put together', () => {
    const assembled = { text: 'one two', thinking: '', toolCalls: [{ id: null, name: 'look', input: '' }] };
    const body = '{"prompt":"x","n":3}';
    expect(estimator({ body, assembled, model: 'gpt-5' })).toEqual({ input: 1, output: 3 * 2 + 1 });
  });

  it('knows nothing of a request without text', () => {
    expect(input('{"model":"m","messages":[]}')).toBeNull();
    expect(input('not JSON')).toBeNull();
  });

  it('measures a long text by windows spread over all of it, a short one as a whole', () => {
    const words = byWords();
    // Words of four letters in the first half, of nine in the second: 10,000 + 5,000.
    const texts = ['word '.repeat(10_000), 'lengthily '.repeat(5_000)];
    const estimate = tokensOf(texts, 32, words.count);
    expect(words.given.join('').length).toBeLessThanOrEqual(32 * 160);
    expect(estimate / 15_000).toBeGreaterThan(0.9);
    expect(estimate / 15_000).toBeLessThan(1.1);
    expect(tokensOf(['one two', 'three'], 32, byWords().count)).toBe(3);
  });

  it('never gives a tokenizer more than 128 characters at once, nor half a character', () => {
    const words = byWords();
    tokensOf(['a'.repeat(1000), '😀'.repeat(500), ` ${'x y '.repeat(200)}`], 64, words.count);
    for (const piece of words.given) {
      expect(piece.length).toBeLessThanOrEqual(128);
      expect(piece).toBe(Buffer.from(piece).toString());
    }
    expect(words.given.join('')).toHaveLength(1000 + 1000 + 801);
  });
});
