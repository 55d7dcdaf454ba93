import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

const SEARCHES = 'search|images|videos|places|maps|reviews|news|shopping|lens|scholar|patents|autocomplete|webpage';

/** A batch is answered by a list, each with its credits. */
function search(method: 'GET' | 'POST'): Endpoint {
  return {
    method,
    path: `/{op:${SEARCHES}}`,
    operation: 'search',
    operationFrom: 'req.path:op',
    units: [{ unit: 'credits', from: 'sum(res.body:$.credits)' }],
  };
}

export const provider = {
  id: 'serper',
  title: 'Serper',
  hosts: ['serper.dev'],
  base: 'https://google.serper.dev',
  intercept: false,
  kind: 'search',
  endpoints: [
    search('POST'),
    search('GET'),
    {
      method: 'POST',
      path: '/',
      hosts: ['scrape.serper.dev'],
      operation: 'scrape',
      units: [{ unit: 'credits', from: 'res.body:$.credits' }],
    },
    ...controls('', 'account'),
  ],
  prices: [
    {
      unit: 'credits',
      usd: '1',
      per: 1000,
      asOf: '2026-08-13',
      source: 'serper.dev, Starter',
      note: 'Down to $0.30 in larger packs',
    },
  ],
  limits: ['The price is that of the smallest pack of credits.'],
} satisfies Provider;
