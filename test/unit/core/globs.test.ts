import { describe, expect, it } from 'vitest';
import { globOf } from '../../../src/core/globs.ts';

describe('core/globs', () => {
  it.each([
    ['gpt-4o', 'GPT-4o', true],
    ['gpt-4o', 'gpt-4o-mini', false],
    ['gpt-4o*', 'gpt-4o-mini', true],
    ['*claude*', 'us.anthropic.claude-3', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['ab*bc', 'abc', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['x|y*', 'yes', true],
    ['standard|', '', true],
    ['standard', '', false],
    ['*', '', true],
  ])('%s and %s: %s', (pattern, text, fits) => {
    expect(globOf(pattern)(text)).toBe(fits);
  });
});
