import { describe, expect, it } from 'vitest';
import { exactText, parseExact } from '../../../../src/gateway/convert/exact-json.ts';

describe('gateway/convert/exact-json', () => {
  it.each([
    '{"id":123456789012345678901234567890}',
    '[-9007199254740993,9007199254740991,1]',
    '{"text":"\\"12345678901234567890\\\\","id":12345678901234567890}',
    '{"a":{"b":[12345678901234567890]},"c":"\\\\\\" : 12345678901234567890"}',
    '12345678901234567890',
  ])('keeps %s', (text) => {
    expect(exactText(parseExact(` ${text}`))).toBe(text);
  });

  it('reads all else as JSON.parse does', () => {
    const text = '{"a":1.0,"b":0.12345678901234567,"c":1e400,"d":"x","e":[true,null],"f": 1234567890123456789.5}';
    expect(parseExact(text)).toEqual(JSON.parse(text));
    expect(() => parseExact('{"a": 12345678901234567890')).toThrow(SyntaxError);
  });

  it('puts an integer into a text of JSON inside JSON as it was', () => {
    const input = parseExact('{"id": 12345678901234567890}');
    expect(exactText({ arguments: exactText(input) })).toBe(String.raw`{"arguments":"{\"id\":12345678901234567890}"}`);
  });
});
