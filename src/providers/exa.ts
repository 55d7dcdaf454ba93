import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

/** In each answer, of streams in the last message: what the call cost. */
const COST = { from: 'res.body:$.costDollars.total', perUsd: 1 } as const;
const PAGE = { asOf: '2026-11', source: 'exa.ai/docs/reference/pricing' } as const;

function call(path: string, operation: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation,
    units: [{ unit: 'requests', from: 'const:1' }],
    model: ['res.body:$.resolvedSearchType', 'req.body:$.type'],
    cost: COST,
  };
}

/** Where research is started, and what its id is called. */
const RESEARCH = { '/research/v0': 'researchId', '/research/v1': 'researchId', '/agent/runs': 'id' };

export const provider = {
  id: 'exa',
  title: 'Exa',
  hosts: ['exa.ai'],
  base: 'https://api.exa.ai',
  intercept: false,
  kind: 'search',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    call('/search', 'search'),
    call('/findSimilar', 'find_similar'),
    call('/answer', 'answer'),
    {
      method: 'POST',
      path: '/contents',
      operation: 'contents',
      units: [{ unit: 'pages', from: 'res.body:$.results#len' }],
      cost: COST,
    },
    { ...call('/chat/completions', 'chat'), family: 'openai-chat', model: ['req.body:$.model'] },
    ...Object.entries(RESEARCH).flatMap(([path, id]): Endpoint[] => [
      {
        method: 'POST',
        path,
        operation: 'research',
        units: [],
        model: ['req.body:$.model'],
        job: `res.body:$.${id}`,
      },
      {
        method: 'GET',
        path: `${path}/{id}`,
        operation: 'fetch_research',
        kind: 'reread',
        units: [{ unit: 'requests', from: 'const:1' }],
        cost: COST,
        countWhen: 'res.body:$.status=completed',
        job: 'req.path:id',
      },
    ]),
    ...controls('', 'websets', 'v0', 'monitors', 'imports', 'webhooks', 'context', 'research', 'agent'),
  ],
  prices: [
    { unit: 'requests', usd: '12', per: 1000, operation: 'search', model: 'deep', ...PAGE },
    { unit: 'requests', usd: '15', per: 1000, operation: 'search', model: 'deep-reasoning', ...PAGE },
    { unit: 'requests', usd: '7', per: 1000, operation: 'search|find_similar', ...PAGE },
    { unit: 'requests', usd: '5', per: 1000, operation: 'answer', ...PAGE },
    { unit: 'pages', usd: '1', per: 1000, operation: 'contents', ...PAGE },
  ],
  limits: ['Where an answer states no cost, the list price has no results beyond the tenth and no summaries in it.'],
} satisfies Provider;
