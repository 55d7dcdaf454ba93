import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../../src/store/search/query.ts';
import { snippetOf, termsIn } from '../../../../src/store/search/snippet.ts';

const termsOf = (query: string): ReturnType<typeof parseQuery>['terms'] => parseQuery(query, 0).terms;

function marked(text: string, query: string): string {
  const { text: line, marks } = snippetOf(text, termsOf(query));
  let shown = '';
  let at = 0;
  for (const [start, end] of marks) {
    shown += `${line.slice(at, start)}[${line.slice(start, end)}]`;
    at = end;
  }
  return shown + line.slice(at);
}

describe('store/search/snippet', () => {
  it.each([
    ['a needle in hay', 'needle', 'a [needle] in hay'],
    ['NEEDLES and Needle', 'needle', '[NEEDLES] and [Needle]'],
    ['Needles, needle', 'needle ', 'Needles, [needle]'],
    ['call get_user_by_id(1)', 'get_user_by_id', 'call [get_user_by_id](1)'],
    ['one\n\n  two\tthree', '"two three"', 'one [two three]'],
    ['un café crème', 'cafe', 'un [café] crème'],
    ['これは日本語です', '日本', 'これは[日本]語です'],
    ['nothing of it', 'needle', 'nothing of it'],
    ['<b>needle</b> & "co"', 'needle', '<b>[needle]</b> & "co"'],
  ])('marks in "%s" what %s finds', (text, query, expected) => {
    expect(marked(text, query)).toBe(expected);
  });

  it('shows the place where most of the words are', () => {
    const text = `needle ${'hay '.repeat(200)}thread and needle together${' hay'.repeat(200)}`;
    const shown = marked(text, 'needle thread');
    expect(shown).toContain('[thread] and [needle] together');
    expect(shown).toMatch(/^…hay .* hay…$/);
    expect(shown.length).toBeLessThan(260);
  });

  it('tells which terms are in a text', () => {
    expect(termsIn('the fox jumps', termsOf('fox "the jumps" ju'))).toEqual([true, false, true]);
  });

  it('marks within the line, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.string(), (text, query) => {
        const { text: line, marks } = snippetOf(text, termsOf(`${query} a b `));
        let last = 0;
        for (const [start, end] of marks) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(line.length);
        expect(line).not.toMatch(/[\n\r\t]/);
      }),
    );
  });
});
