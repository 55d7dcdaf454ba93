import { describe, expect, it } from 'vitest';
import type { ModelPrices } from '../../../src/core/model-prices.ts';
import { anAdminApp, BEARER, idleRecorder } from '../../support/admin-app.ts';
import { useCallStore } from '../../support/call-store.ts';
import { anthropicStream } from '../../support/stored-exchanges.ts';

const store = useCallStore();
const ASKED = JSON.stringify({ model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] });

async function get(path: string): Promise<Response> {
  return anAdminApp({ calls: store.calls }).request(path, { headers: BEARER });
}

describe('admin/export-routes', () => {
  it.each([
    ['har', 'call_0001.har', /"log":\{"version":"1\.2"/],
    ['jsonl', 'call_0001.jsonl', /"id":"call_0001"/],
    ['openai-jsonl', 'call_0001.jsonl', /"role":"assistant","content":"Well"/],
    ['otlp-json', 'call_0001.json', /resourceSpans/],
  ])('gives one call as %s', async (format, name, holds) => {
    store.add({}, { request: ASKED, response: anthropicStream('Well') });
    const answer = await get(`/api/calls/call_0001/export?format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
    expect(await answer.text()).toMatch(holds);
  });

  it.each([
    ['curl', /^curl -sS -X 'POST' 'https:\/\/api\.anthropic\.com\/v1\/messages/],
    ['python', /requests\.request\(/],
    ['typescript', /await fetch\(/],
  ])('gives one call as %s to run', async (format, holds) => {
    store.add({}, { request: ASKED });
    const answer = await get(`/api/calls/call_0001/export?format=${format}`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toMatch(holds);
  });

  it('says why there is nothing to give', async () => {
    store.add();
    for (const [path, status] of [
      ['call_0001/export', 400],
      ['call_0001/export?format=exe', 400],
      ['call_9/export?format=har', 404],
      ['call_0001/export?format=sharegpt', 404],
    ] as const)
      expect((await get(`/api/calls/${path}`)).status, path).toBe(status);
  });
});

describe('admin/price-routes', () => {
  it('tells what was called, what that costs, and what has no price first', async () => {
    store.add({ id: 'call_0001' });
    store.add({ id: 'call_0002', provider: 'openai', response_model: 'mystery', cost_usd: null });
    const asked: string[] = [];
    const prices: ModelPrices['prices'] = [
      {
        unit: 'input_tokens',
        usd: 3,
        per: 1e6,
        above_input_tokens: null,
        for_model: true,
        operation: null,
        when: {},
        min: null,
        source: 's',
        date: null,
      },
    ];
    const recorder = {
      ...idleRecorder,
      prices: (models: readonly { provider: string; model: string }[]) => {
        asked.push(...models.map(({ model }) => model));
        return Promise.resolve([
          {
            provider: 'anthropic',
            model: 'claude-sonnet-4-5-20250929',
            context_window: 200_000,
            prices,
            modifiers: [],
          },
        ]);
      },
    };
    const app = anAdminApp({ calls: store.calls, recorder: () => recorder });
    const answer = await app.request('/api/prices', { headers: BEARER });
    const { models } = (await answer.json()) as { models: { model: string }[] };
    expect(asked.toSorted()).toEqual(['claude-sonnet-4-5-20250929', 'mystery']);
    expect(models).toMatchObject(
      [
        { provider: 'openai', model: 'mystery', prices: null },
        {
          provider: 'anthropic',
          model: 'claude-sonnet-4-5-20250929',
          requests: 1,
          context_window: 200_000,
          prices,
          modifiers: [],
        },
      ].toSorted((one) => (models[0]?.model === one.model ? -1 : 1)),
    );
  });
});
