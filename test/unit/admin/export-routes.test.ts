import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../src/admin/calls.ts';
import type { ModelPrices } from '../../../src/core/model-prices.ts';
import type { Database } from '../../../src/store/driver.ts';
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

function post(body: unknown, calls: Pick<Calls, 'ask'> = store.calls): Promise<Response> {
  const deps = { calls: calls as Calls, readOnly: true };
  const asked = { method: 'POST', headers: BEARER, body: JSON.stringify(body) };
  return Promise.resolve(anAdminApp(deps).request('/api/calls/export', asked));
}

describe('admin/export-routes, calls that were picked', () => {
  const IDS = ['call_0003', 'call_0001', 'call_0002'];

  function addAll(): void {
    for (const id of IDS) store.add({ id }, { request: ASKED, response: anthropicStream(`Well, ${id}`) });
  }

  it('gives them as one file, in their order, with what each has alone; also where no daemon runs', async () => {
    addAll();
    const alone = async (format: string): Promise<string[]> =>
      Promise.all(IDS.map(async (id) => (await get(`/api/calls/${id}/export?format=${format}`)).text()));
    const lines = await post({ format: 'jsonl', ids: IDS });
    expect(lines.headers.get('content-disposition')).toBe('attachment; filename="calls.jsonl"');
    expect(await lines.text()).toBe((await alone('jsonl')).join(''));
    const archives = (await alone('har')).map((text) => JSON.parse(text) as { log: { entries: unknown[] } });
    expect(await (await post({ format: 'har', ids: IDS })).json()).toEqual({
      log: { ...archives[0]?.log, entries: archives.flatMap(({ log }) => log.entries) },
    });
  });

  it('reads a call when it is wanted, and none any more when whoever asked has left', async () => {
    addAll();
    let asked = 0;
    const counting = {
      ask: <T>(question: (database: Database) => T): T => {
        asked += 1;
        return store.calls.ask(question);
      },
    };
    const reader = (await post({ format: 'jsonl', ids: IDS }, counting)).body!.getReader();
    const pieces: string[] = [];
    while (pieces.length === 0) {
      const { value } = await reader.read();
      if (value !== undefined && value.length > 0) pieces.push(Buffer.from(value).toString());
    }
    expect(pieces[0]).toContain(IDS[0]);
    // Whether they are there, the one that came, and at the most the next one.
    expect(asked).toBeLessThanOrEqual(3);
    await reader.cancel();
    const before = asked;
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(before);
  });

  it('ends with a failure, not as if it were whole, when one is deleted meanwhile', async () => {
    addAll();
    const answer = await post({ format: 'jsonl', ids: IDS });
    store.database.exec(`DELETE FROM llm_calls WHERE id = '${IDS[2]}'`);
    await expect(answer.text()).rejects.toThrow(IDS[2]);
  });

  it('says why there is nothing to give', async () => {
    addAll();
    for (const [body, status] of [
      [{ format: 'har', ids: ['call_0001', 'call_9'] }, 404],
      [{ format: 'har', ids: [] }, 400],
      [{ format: 'har', ids: [1] }, 400],
      [{ format: 'csv', ids: IDS }, 400],
      [null, 400],
    ] as const)
      expect((await post(body)).status, JSON.stringify(body)).toBe(status);
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
