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
const said = (text: string, input = ''): Parameters<ReturnType<typeof createEstimator>['output']>[0] => ({
  text,
  thinking: '',
  toolCalls: input === '' ? [] : [{ id: null, name: 'look', input }],
});

describe('usage/estimate', () => {
  const estimator = createEstimator(byWords().count);

  it('counts the words of a request and the framing of its messages', () => {
    expect(estimator.input(chat('one two three', 'four'), 'gpt-5')).toBe(4 + 2 * 4);
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
    expect(estimator.input(chat('word '.repeat(100)), model)).toBe(tokens);
  });

  it('counts the answer with its thinking and the input of its tools', () => {
    const assembled = { ...said('one two', '{"a": 1}'), thinking: 'three four five' };
    expect(estimator.output(assembled, null, 'gpt-5')).toBe(2 + 3 + 1 + 2);
  });

  it('counts every answer when several were asked for', () => {
    expect(estimator.output(said('one two'), '{"prompt":"x","n":3}', 'gpt-5')).toBe(6);
  });

  it('knows nothing of a request without text', () => {
    expect(estimator.input('{"model":"m","messages":[]}', 'm')).toBeNull();
    expect(estimator.input('not JSON', 'm')).toBeNull();
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

  it('never gives a tokenizer more than 64 characters at once, nor half a character', () => {
    const words = byWords();
    tokensOf(['a'.repeat(1000), '😀'.repeat(500), ` ${'x y '.repeat(200)}`], 64, words.count);
    for (const piece of words.given) {
      expect(piece.length).toBeLessThanOrEqual(64);
      expect(piece).toBe(Buffer.from(piece).toString());
    }
    expect(words.given.join('')).toHaveLength(1000 + 1000 + 801);
  });
});
