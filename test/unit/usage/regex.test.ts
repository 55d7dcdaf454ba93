import { describe, expect, it } from 'vitest';
import { findUsage } from '../../../src/usage/regex.ts';

describe('usage/regex', () => {
  it('finds the last whole usage object', () => {
    expect(findUsage('..."usage": {"a":1}, "x": {"usage" :\n{"b":{"c":"}"}}}')).toEqual({ usage: { b: { c: '}' } } });
    expect(findUsage('"usageMetadata":{"promptTokenCount":1},"usage":{"cut')).toEqual({
      usageMetadata: { promptTokenCount: 1 },
    });
  });

  it('does not look into strings', () => {
    expect(findUsage(JSON.stringify({ text: 'as in "usage":{"input_tokens":9}' }))).toBeNull();
    expect(findUsage(JSON.stringify({ text: JSON.stringify({ text: '"usage":{"input_tokens":9}' }) }))).toBeNull();
    expect(findUsage('"tool_usage":{"input_tokens":1}')).toBeNull();
  });

  it('takes neither null nor nothing nor broken objects', () => {
    for (const text of ['"usage":null', '"usage":{}', '"usage":[1]', '"usage":{"a":}', '"usage":{', '', '"usage"']) {
      expect(findUsage(text)).toBeNull();
    }
  });

  it.each([
    ['keys', '"usage":{'.repeat(8000)],
    ['blanks', `"usage"${' '.repeat(64_000)}`],
    ['blanks after keys', `"usage"${' '.repeat(30)}:`.repeat(1500)],
    ['quotes', '"'.repeat(65_000)],
    ['braces', `"usage":{${'{'.repeat(64_000)}`],
    ['a megabyte', 'x"usage":{"a":1'.repeat(100_000)],
  ])('takes no longer for hostile text: %s', (_, text) => {
    const started = performance.now();
    expect(findUsage(text)).toBeNull();
    expect(performance.now() - started).toBeLessThan(300);
  });
});
