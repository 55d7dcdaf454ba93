import { controls } from './families/control-endpoints.ts';
import type { Endpoint, FactSource, Provider } from './provider.ts';

/** Stated only where `include_usage` asked for it; else by the published rule of each operation. */
const STATED = 'res.body:$.usage.credits';

function call(path: string, operation: string, ...rule: FactSource[]): Endpoint {
  return { method: 'POST', path, operation, units: [{ unit: 'credits', from: [STATED, ...rule] }] };
}

export const provider = {
  id: 'tavily',
  title: 'Tavily',
  hosts: ['tavily.com'],
  base: 'https://api.tavily.com',
  intercept: false,
  kind: 'search',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    call('/search', 'search', 'const:2 if req.body:$.search_depth=advanced', 'const:1 if !req.body:$.auto_parameters'),
    call(
      '/extract',
      'extract',
      'ceil(res.body:$.results#len / 5) * 2 if req.body:$.extract_depth=advanced',
      'ceil(res.body:$.results#len / 5)',
    ),
    call(
      '/map',
      'map',
      'ceil(res.body:$.results#len / 10) * 2 if req.body:$.instructions',
      'ceil(res.body:$.results#len / 10)',
    ),
    call('/crawl', 'crawl'),
    call('/research', 'research'),
    {
      method: 'GET',
      path: '/research/{id}',
      operation: 'fetch_research',
      kind: 'reread',
      units: [{ unit: 'credits', from: STATED }],
      countWhen: 'res.body:$.status=completed',
      job: 'req.path:id',
    },
    ...controls('', 'usage'),
  ],
  prices: [
    {
      unit: 'credits',
      usd: '0.008',
      per: 1,
      asOf: '2026-10',
      source: 'docs.tavily.com/documentation/api-credits',
      note: 'Pay as you go; $0.0075 to $0.005 on plans',
    },
  ],
  limits: ['Crawl and research state their credits only with `include_usage`; without it they are not counted.'],
} satisfies Provider;
