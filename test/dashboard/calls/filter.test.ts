import { describe, expect, it } from 'vitest';
import {
  complete,
  completionsOf,
  hasWords,
  joinLine,
  mistaken,
  NAMES,
  partsOf,
  splitLine,
  tagOf,
  withoutTag,
  withoutUnfinished,
  withTag,
} from '../../../dashboard/src/calls/filter.ts';
import { FILTER_NAMES } from '../../../src/store/search/filters.ts';
import { parseQuery } from '../../../src/store/search/query.ts';

const LINES = [
  'needle hay',
  '"thin piece" model:opus',
  '-provider:openai -word -"two words"',
  'model:"opus 4" cost:>0.5 cost:>$0.5',
  'status:abc status:>=400 status:5xx status:600',
  'is:error is:nonsense is:Retry',
  'ttft:>2s duration:<300ms input:>=100k output:=12',
  'since:24h until:2026-11-21 since:yesterday',
  'src/main.ts name:value a:b:c http://x/y',
  'model: model:, model:a,b',
  'tool:"read file" unfinished:"quote',
  '日本 -日本 provider:"a b',
  '""  "" - --',
];

/** Quotes apart. */
function meaning(line: string): string[] {
  return partsOf(line).map((part) => part.text.replaceAll('"', ''));
}

function stored(name: string): string[] {
  return name === 'status' ? ['503'] : [];
}

describe('dashboard/calls/filter.ts', () => {
  it('knows the filters that the daemon knows', () => {
    expect(NAMES.map(({ name }) => name).toSorted()).toEqual(FILTER_NAMES.toSorted());
  });

  it.each(LINES)('takes for a filter what the daemon takes for one: %s', (line) => {
    const { conditions, terms, without, ignored } = parseQuery(line, Date.now());
    const parts = partsOf(line);
    // An empty list of values is the one thing that only the daemon looks at.
    const commas = parts.filter(({ name, value }) => name !== null && /^,*$/.test(value)).length;
    expect(parts.filter(({ name }) => name !== null)).toHaveLength(conditions.length + commas);
    expect(hasWords(line) || commas > 0).toBe(terms.length + without.length + ignored.length > 0);
  });

  it('makes tags of filters and leaves words', () => {
    expect(splitLine('walrus model:opus "on ice" cost:>1', false)).toEqual({
      tags: ['model:opus', 'cost:>1'],
      words: 'walrus "on ice"',
    });
  });

  it('leaves the filter that is being typed as text until a space or a quote ends it', () => {
    expect(splitLine('model:op', true)).toEqual({ tags: [], words: 'model:op' });
    expect(splitLine('model:op ', true)).toEqual({ tags: ['model:op'], words: '' });
    expect(splitLine('model:"opus 4"', true)).toEqual({ tags: ['model:"opus 4"'], words: '' });
  });

  it('keeps the space that ends the last word', () => {
    expect(splitLine('need ', true).words).toBe('need ');
    expect(splitLine('need', true).words).toBe('need');
  });

  it('finds the same whether it was split and joined or not', () => {
    for (const line of LINES) {
      const { tags, words } = splitLine(line, false);
      const one = meaning(line);
      const other = meaning(joinLine(tags, words));
      expect(other.toSorted()).toEqual(one.toSorted());
    }
  });

  it('says of a filter that means nothing that it is text', () => {
    expect(mistaken('status:abc is:maybe model:x http://a word "status:abc"').map(({ text }) => text)).toEqual([
      'status:abc',
      'is:maybe',
    ]);
  });

  it('puts a tag in the place of the one of that name, and takes it away', () => {
    expect(withTag('walrus model:opus -model:haiku', 'model:sonnet')).toBe('-model:haiku model:sonnet walrus');
    expect(withoutTag('walrus model:opus cost:>1', 'model:opus')).toBe('cost:>1 walrus');
  });

  it('quotes a value with blanks, and refuses one that cannot be said', () => {
    expect(tagOf('model', 'opus 4')).toBe('model:"opus 4"');
    expect(tagOf('model', 'a"b')).toBeNull();
    expect(tagOf('model', '')).toBeNull();
  });

  it('offers names, then values: those that are stored before those that are known', () => {
    expect(completionsOf('mo', () => []).map(({ label }) => label)).toEqual(['model:']);
    expect(completionsOf('walrus -cl', () => []).map(({ insert }) => insert)).toEqual(['-client:']);
    expect(completionsOf('status:5', stored).map(({ label }) => label)).toEqual(['status:503', 'status:5xx']);
    expect(completionsOf('walrus ', () => [])).toEqual([]);
  });

  it.each([
    ['walrus customer:', 'walrus'],
    ['customer:ac', ''],
    ['-is:er', ''],
    ['status:4', ''],
    ['status:404', 'status:404'],
    ['model:op', 'model:op'],
    ['walrus cost:>', 'walrus'],
    ['cost:>0.1', 'cost:>0.1'],
    ['http:', 'http:'],
    ['need', 'need'],
    ['need ', 'need '],
  ])('looks for no filter that is half typed: %s', (words, sure) => {
    expect(withoutUnfinished(words)).toBe(sure);
  });

  it('replaces the word under way only', () => {
    const [first] = completionsOf('walrus mod', () => []);
    expect(first && complete('walrus mod', first)).toBe('walrus model:');
  });
});
