import { describe, expect, it } from 'vitest';
import type { ViewPart } from '../../../dashboard/src/api/shapes.ts';
import { pairedCalls, textOf } from '../../../dashboard/src/compare/answers.ts';

const call = (name: string, args: string): ViewPart => ({
  type: 'tool_call',
  id: 'x',
  name,
  arguments: args,
  chars: args.length,
  tokens: null,
});
const text = (words: string): ViewPart => ({ type: 'text', text: words, chars: words.length, tokens: null });

describe('dashboard/compare/answers', () => {
  it('sets like beside like: the first call of a name beside the first of it', () => {
    const first = [call('read', '{"path":"a"}'), call('write', '{}'), call('read', '{"path":"b"}')];
    const second = [call('read', '{"path":"c"}'), call('list', '{"path":"d"}'), call('read', 'cut {')];
    expect(pairedCalls(first, second)).toEqual([
      { name: 'read', before: { path: 'a' }, after: { path: 'c' } },
      { name: 'write', before: {}, after: null },
      { name: 'read', before: { path: 'b' }, after: 'cut {' },
      { name: 'list', before: null, after: { path: 'd' } },
    ]);
  });

  it('puts the texts of an answer together', () => {
    expect(textOf([text('one'), call('read', '{}'), text('two')], 'text')).toBe('one\n\ntwo');
    expect(textOf([text('one')], 'thinking')).toBe('');
  });
});
