import { describe, expect, it } from 'vitest';
import { formatRoute, hrefOf, parseRoute, withParams } from '../../../dashboard/src/url/route.ts';

describe('dashboard/url/route', () => {
  it.each([
    '#/overview',
    '#/calls?filter=model%3Aopus+status%3A429&range=7d',
    '#/calls/call_1?tab=cost',
    '#/sessions/a%2Fb%3Fc?view=tree',
  ])('reads what it writes: %s', (hash) => {
    expect(formatRoute(parseRoute(hash))).toBe(hash);
  });

  it.each(['', '#', '#/', '#/nowhere/x', '#garbage'])('leads to the overview from %j', (hash) => {
    expect(parseRoute(hash).screen).toBe('overview');
  });

  it('keeps an id that is no right escape', () => {
    expect(parseRoute('#/calls/100%').id).toBe('100%');
  });

  it('goes to another screen with the same period and filter, and nothing else', () => {
    const from = parseRoute('#/calls/call_1?range=7d&filter=x&tab=cost');
    expect(hrefOf(from, 'sessions', 's1', { view: 'tree' })).toBe('#/sessions/s1?range=7d&filter=x&view=tree');
    expect(hrefOf(from, 'overview', null, { filter: null })).toBe('#/overview?range=7d');
  });

  it('takes parameters away', () => {
    expect(withParams(new URLSearchParams('a=1&b=2'), { a: null, b: '', c: '3' }).toString()).toBe('c=3');
  });
});
