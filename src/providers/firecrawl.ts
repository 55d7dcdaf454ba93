import { controls } from './families/control-endpoints.ts';
import type { Endpoint, FactSource, Provider } from './provider.ts';

function call(path: string, operation: string, ...from: FactSource[]): Endpoint {
  return { method: 'POST', path, operation, units: [{ unit: 'credits', from }] };
}

function submit(path: string, operation: string): Endpoint {
  return { method: 'POST', path, operation, units: [], job: 'res.body:$.id' };
}

function poll(path: string, operation: string): Endpoint {
  return {
    method: 'GET',
    path,
    operation,
    kind: 'reread',
    units: [
      {
        unit: 'credits',
        from: ['res.body:$.creditsUsed', 'res.body:$.data.creditsUsed', 'res.body:$.tokensUsed / 15'],
      },
    ],
    countWhen: 'res.body:$.status=completed',
    job: 'req.path:id',
  };
}

const VERSION = '{version:v0|v1|v2}';

export const provider = {
  id: 'firecrawl',
  title: 'Firecrawl',
  hosts: ['firecrawl.dev'],
  base: 'https://api.firecrawl.dev',
  intercept: false,
  kind: 'search',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    call(`/${VERSION}/scrape`, 'scrape', 'res.body:$.data.metadata.creditsUsed'),
    call(`/${VERSION}/search`, 'search', 'res.body:$.creditsUsed'),
    call(`/${VERSION}/map`, 'map', 'const:1'),
    call(`/${VERSION}/parse`, 'parse', 'res.body:$.data.metadata.creditsUsed'),
    call(`/${VERSION}/{op:browser|interact}`, 'browser', 'res.body:$.creditsUsed'),
    ...['crawl', 'batch/scrape', 'extract', 'agent', 'llmstxt', 'deep-research'].flatMap((name) => [
      submit(`/${VERSION}/${name}`, name.replaceAll(/[/-]/g, '_')),
      poll(`/${VERSION}/${name}/{id}`, `fetch_${name.replaceAll(/[/-]/g, '_')}`),
    ]),
    ...['v0', 'v1', 'v2'].flatMap((version) => controls(`/${version}`, 'team', 'crawl', 'browser', 'interact')),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    {
      unit: 'credits',
      usd: '0.00083',
      per: 1,
      asOf: '2026-07-24',
      source: 'LiteLLM price table, from the price of a search',
    },
  ],
  limits: [
    'A scrape without `creditsUsed` in its answer is not counted: options (JSON, proxies, PDF pages) change its price.',
  ],
} satisfies Provider;
