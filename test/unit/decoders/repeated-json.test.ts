import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepeatedJson } from '../../../src/decoders/repeated-json.ts';

const plain = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Texts of one stream, each with what came out of it at that moment. */
function read(texts: readonly string[]): string[] {
  const json = new RepeatedJson();
  return texts.map((text) => JSON.stringify(json.parse(text)) ?? 'undefined');
}
const expected = (texts: readonly string[]): string[] =>
  texts.map((text) => JSON.stringify(plain(text)) ?? 'undefined');

const event = (content: string, sequence: number, index = 0): string =>
  JSON.stringify({ type: 'delta', sequence_number: sequence, item: { index, content }, usage: null, tags: ['a', 'b'] });
const many = Array.from({ length: 30 }, (_, index) => event(`word ${index}`, index));

describe('decoders/repeated-json', () => {
  it('reads a stream of the same shape as JSON.parse does, and lends one object for it', () => {
    expect(read(many)).toEqual(expected(many));
    const json = new RepeatedJson();
    const values = many.map((text) => json.parse(text));
    expect(values.at(-1)).toBe(values.at(-2));
  });

  it('never hands out an object of a caller again: what was read before the shape was learnt stays', () => {
    const json = new RepeatedJson();
    const first = json.parse(many[0] ?? '');
    for (const text of many.slice(1)) json.parse(text);
    expect(JSON.stringify(first)).toBe(many[0]);
  });

  it('keeps counts that are further in out of what it changes', () => {
    const texts = Array.from({ length: 30 }, (_, index) => event('same', 1, index));
    const json = new RepeatedJson();
    const values = texts.map((text) => json.parse(text));
    expect(values.map((value) => JSON.stringify(value))).toEqual(texts);
  });

  it.each([
    ['escapes', event('a "quote" \\ and \n', 40)],
    ['other characters', event('é 🙂 \u2028 \u007F', 40)],
    [
      'a lone surrogate',
      '{"type":"delta","sequence_number":1,"item":{"index":0,"content":"\\ud800"},"usage":null,"tags":["a","b"]}',
    ],
    ['blanks', event('x', 40).replaceAll(',', ', ')],
    ['a raw line feed in a string', event('x', 40).replace('"x"', '"\n"')],
    ['a leading zero', event('x', 40).replace(':40', ':040')],
    ['a float', event('x', 40).replace(':40', ':40.5')],
    ['an exponent', event('x', 40).replace(':40', ':4e1')],
    ['minus zero', event('x', 40).replace(':40', ':-0')],
    ['a number that is too large', event('x', 40).replace(':40', ':123456789012345678')],
    ['a member more', event('x', 40).replace('"usage":null', '"usage":null,"more":1')],
    ['a usage', event('x', 40).replace('"usage":null', '"usage":{"input_tokens":3}')],
    ['a doubled key', event('x', 40).replace('"usage":null', '"usage":null,"usage":1')],
    ['__proto__', event('x', 40).replace('"usage":null', '"__proto__":{"usage":1}')],
    ['no JSON', '{"type":"delta",'],
    ['nothing', ''],
    ['text behind it', `${event('x', 40)}}`],
    ['another kind of value', '[DONE]'],
  ])('reads %s in the middle as JSON.parse does, and goes on', (_name, odd) => {
    const texts = [...many.slice(0, 15), odd, ...many.slice(15), odd, odd, odd, odd, ...many];
    expect(read(texts)).toEqual(expected(texts));
  });

  it('is equal to JSON.parse for any texts in any order', () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.constantFrom(null, true, false)),
      node: fc.oneof(
        { maxDepth: 3 },
        tie('leaf'),
        fc.dictionary(fc.constantFrom('a', 'b', 'type', '1', '__proto__', 'toString'), tie('node'), { maxKeys: 4 }),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    })).node;
    const shape = fc.tuple(value, fc.array(fc.tuple(fc.string(), fc.integer()), { minLength: 10, maxLength: 25 }));
    fc.assert(
      fc.property(shape, ([constant, changing]) => {
        const texts = changing.map(([text, number]) => JSON.stringify({ text, number, constant, inner: { text } }));
        expect(read(texts)).toEqual(expected(texts));
      }),
      { numRuns: 300 },
    );
  });

  it('gives up learning where nothing repeats', () => {
    const texts = Array.from({ length: 200 }, (_, index) =>
      JSON.stringify({ same_beginning_of_every_text: { [`k${index}`]: index } }),
    );
    expect(read(texts)).toEqual(expected(texts));
  });
});
