import { describe, expect, it } from 'vitest';
import { findUsage } from '../../../src/usage/regex.ts';
import { expectLinearTime } from '../../support/growth.ts';

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

  it("does not take one model's share for the usage of a compound system", () => {
    const shares =
      '"usage_breakdown":{"models":[{"model":"a","usage":{"prompt_tokens":7}},{"usage":{"prompt_tokens":2}}]}';
    expect(findUsage(`"usage":{"prompt_tokens":9},${shares},"x":1}`)).toEqual({ usage: { prompt_tokens: 9 } });
    expect(findUsage(`"usage":{"prompt_tokens":9},${shares.slice(0, -20)}`)).toEqual({ usage: { prompt_tokens: 9 } });
    expect(findUsage(`${shares},"usage":{"prompt_tokens":9}}`)).toEqual({ usage: { prompt_tokens: 9 } });
    expect(findUsage(shares)).toBeNull();
  });

  it('does not take what stands behind a gateway for what the gateway states', () => {
    const inner = '"provider_metadata": {"acme":{"usage":{"output_tokens":90}}';
    expect(findUsage(inner)).toBeNull();
    expect(findUsage(`${inner}},"usage":{"prompt_tokens":9}}`)).toEqual({ usage: { prompt_tokens: 9 } });
    const long = `"providerMetadata":{"signature":"${'s'.repeat(20_000)}","usage":{"output_tokens":90}}`;
    expect(findUsage(`${long},"usage":{"prompt_tokens":9}}`)).toEqual({ usage: { prompt_tokens: 9 } });
    expect(findUsage(`"usage":{"prompt_tokens":9},${long}`)).toEqual({ usage: { prompt_tokens: 9 } });
  });

  it('takes neither null nor nothing nor broken objects', () => {
    for (const text of ['"usage":null', '"usage":{}', '"usage":[1]', '"usage":{"a":}', '"usage":{', '', '"usage"']) {
      expect(findUsage(text)).toBeNull();
    }
  });

  it.each([
    ['keys', 8000, (times: number) => '"usage":{'.repeat(times)],
    ['blanks', 64_000, (times: number) => `"usage"${' '.repeat(times)}`],
    ['blanks after keys', 1500, (times: number) => `"usage"${' '.repeat(30)}:`.repeat(times)],
    ['quotes', 65_000, (times: number) => '"'.repeat(times)],
    ['braces', 64_000, (times: number) => `"usage":{${'{'.repeat(times)}`],
    ['shares', 4000, (times: number) => '"usage_breakdown":{"usage":{'.repeat(times)],
    ['a megabyte', 100_000, (times: number) => 'x"usage":{"a":1'.repeat(times)],
  ])('takes no longer for hostile text: %s', async (_, times, textOf) => {
    await expectLinearTime((size) => {
      const text = textOf(size);
      return () => expect(findUsage(text)).toBeNull();
    }, times);
  });
});
