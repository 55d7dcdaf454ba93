import { describe, expect, it } from 'vitest';
import { viewsFrom, withView } from '../../../dashboard/src/url/views.ts';

describe('dashboard/url/views.ts', () => {
  it('reads what it kept', () => {
    const views = [{ name: 'dear ones', href: '#/calls?range=7d&filter=cost%3A%3E1' }];
    expect(viewsFrom(JSON.stringify(views))).toEqual(views);
  });

  it.each([null, '', '{', '{}', '7', '[7, null, {"name": "x"}, {"name": " ", "href": "#/calls"}]'])(
    'takes nothing for a view that is none: %s',
    (kept) => {
      expect(viewsFrom(kept)).toEqual([]);
    },
  );

  it.each(['https://example.org/', 'javascript:alert(1)', '#/nowhere', '//example.org', '#/callsx'])(
    'leads nowhere but to a screen of ours: %s',
    (href) => {
      expect(viewsFrom(JSON.stringify([{ name: 'x', href }]))).toEqual([]);
    },
  );

  it('has one view of a name, by name', () => {
    const views = withView(withView(withView([], { name: 'b', href: '#/calls' }), { name: 'a', href: '#/calls' }), {
      name: ' b ',
      href: '#/sessions',
    });
    expect(views).toEqual([
      { name: 'a', href: '#/calls' },
      { name: 'b', href: '#/sessions' },
    ]);
  });

  it('keeps no view without a name', () => {
    expect(withView([], { name: '  ', href: '#/calls' })).toEqual([]);
  });
});
