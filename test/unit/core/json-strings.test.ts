import { describe, expect, it } from 'vitest';
import { closingQuote, endsEscaped } from '../../../src/core/json-strings.ts';

describe('core/json-strings', () => {
  it.each([
    ['"', 0],
    ['plain" and "more"', 5],
    [String.raw`an \" escaped one"`, 17],
    [String.raw`a backslash \\"`, 14],
    [String.raw`three \\\""`, 10],
    [String.raw`never \"`, -1],
    ['', -1],
  ])('finds the quote that closes %j', (text, place) => {
    expect(closingQuote(Buffer.from(text), 0)).toBe(place);
  });

  it('counts no backslash before the place where it begins', () => {
    const bytes = Buffer.from(String.raw`\"x`);
    expect([closingQuote(bytes, 1), endsEscaped(bytes, 0, 1), endsEscaped(bytes, 1, 1)]).toEqual([1, true, false]);
  });
});
