import { describe, expect, it } from 'vitest';
import { faithful, keyArgument } from '../../../dashboard/src/call/conversation/tool-label.ts';

describe('dashboard/call/conversation/tool-label', () => {
  it.each([
    ['{"command":"npm test","description":"Runs them"}', 'npm test'],
    ['{"pattern":"relay","path":"src"}', 'relay'],
    ['{"limit":5,"offset":7}', 'limit: 5'],
    ['{"limit":5,"title":"A title"}', 'title: A title'],
    ['{"path":{"a":[1]}}', '{"a":[1]}'],
    ['{}', ''],
    ['[1,2]', '0: 1'],
    ['"just text"', 'just text'],
    ['{"command":"a\\n  b"}', 'a b'],
    ['{"half', '{"half'],
    ['{"command":"x\\u202Ey"}', 'x[U+202E]y'],
  ])('says of %s: %s', (json, words) => expect(keyArgument(json)).toBe(words));

  it('shortens what is long', () => {
    expect(keyArgument(JSON.stringify({ command: 'x'.repeat(5000) }))).toHaveLength(161);
  });

  it('does not show numbers anew that JavaScript cannot hold', () => {
    expect(faithful('{"id":12345678901234567890}')).toBe(undefined);
    expect(faithful('{"id":123}')).toEqual({ id: 123 });
  });
});
