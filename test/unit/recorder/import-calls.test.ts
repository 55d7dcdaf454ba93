import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportItem, ImportOutcome, StoredExchange } from '../../../src/core/transfer.ts';
import type { AgentFacts } from '../../../src/core/sessions.ts';
import { Counters } from '../../../src/core/counters.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { createJsonl } from '../../../src/interchange/jsonl.ts';
import { storedExchanges } from '../../../src/interchange/stored-exchanges.ts';
import { messageReader } from '../../../src/interchange/stored-messages.ts';
import { encodeItem } from '../../../src/interchange/transfer-lines.ts';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { Recorder } from '../../../src/recorder/recorder.ts';
import { createSqliteSink } from '../../../src/sinks/sqlite.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { isCounted, isStored, loadTotals } from '../../../src/store/queries.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { useSinkHouse } from '../../support/sink-house.ts';
import { anthropicStream, aStoredExchange, aStoredMessage, written } from '../../support/stored-exchanges.ts';

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});
const house = useSinkHouse();

interface Store {
  recorder: Recorder;
  database: Database;
  import: (items: readonly ImportItem[], dryRun?: boolean) => Promise<ImportOutcome>;
  exported: () => Promise<string>;
}

/** @param bodies false: those of every provider are not kept */
async function openStore(path = house.database, bodies = true): Promise<Store> {
  const sink = createSqliteSink({ path }, null, house.deps());
  await house.opened(sink);
  const database = openDatabase(path, { readOnly: true });
  const recorder = new Recorder({
    createMeter: ({ host, port, provider }) =>
      new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS }),
    price: () => ({ nanos: 1000, source: 'override', price_date: null, confidence: 'exact', lines: [] }),
    totals: { load: () => ({ models: [], since: null }), loadRun: () => [] },
    answers: { isCounted: (provider, id) => isCounted(database, provider, id), submitted: () => null },
    sessions: { onLoaded: () => {}, session: () => null, callOfResponse: () => null },
    imports: {
      providerOf: (host, port) => directory.lookup(host, port)?.provider ?? null,
      isStored: (id) => isStored(database, id),
    },
    reprice: () => Promise.resolve({ models: [], next_cursor: null }),
    estimator: null,
    keepsBodies: () => bodies,
    sinks: [sink],
    metricsText: () => '',
    counters: new Counters(),
    clock: systemClock,
    log: silentLogger,
  });
  await recorder.open();
  return {
    recorder,
    database,
    import: (items, dryRun = false) => recorder.import(items.map(encodeItem).join('\n'), dryRun),
    exported: () =>
      written(
        createJsonl(),
        storedExchanges(
          database,
          {},
          messageReader(database, () => {}),
        ),
      ),
  };
}

const aCall = (exchange: StoredExchange): ImportItem => ({ kind: 'call', ...exchange });

const ASKED = '{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}';

type Exchange = Extract<ImportItem, { kind: 'exchange' }>;

function anExchange(over: Partial<Exchange> = {}): Exchange {
  return {
    kind: 'exchange',
    scheme: 'https',
    host: 'api.anthropic.com',
    port: 443,
    startedAt: Date.parse('2026-11-01T10:00:00.000Z'),
    headAt: 40,
    endAt: 90,
    request: {
      startLine: 'POST /v1/messages HTTP/1.1',
      headers: [
        ['Host', 'api.anthropic.com'],
        ['Content-Type', 'application/json'],
      ],
      body: Buffer.from(ASKED),
      pieces: [],
    },
    response: {
      startLine: 'HTTP/1.1 200 OK',
      headers: [
        ['Content-Type', 'text/event-stream'],
        ['Content-Encoding', 'br'],
      ],
      body: Buffer.from(anthropicStream('Hi there')),
      pieces: [
        { offset: 0, at: 40 },
        { offset: 300, at: 70 },
      ],
    },
    outcome: 'complete',
    session: 'sess-1',
    ...over,
  };
}

const NOTHING: ImportOutcome = { added: 0, existing: 0, strange: 0, failed: [] };

describe('recorder/import-calls', () => {
  it('gives a call of another store back as it was, but for the mark', async () => {
    const exchanges = [
      aStoredExchange({
        id: 'call_1',
        anomalies: ['include_usage_added'],
        error: { type: 'overloaded', message: 'busy' },
      }),
      aStoredExchange(
        { id: 'call_2', started_at: '2026-11-21T12:00:01.000Z', stream: true, cost_usd: 1.234567891 },
        {
          request: aStoredMessage('POST /v1/messages HTTP/1.1', Buffer.of(0, 255, 10)),
          response: aStoredMessage('HTTP/1.1 200 OK', anthropicStream('Hi "there" \ud83d\ude00'), {
            masked: true,
            truncated: true,
            arrivals: [
              { offset: 0, at: 12 },
              { offset: 40, at: 30 },
            ],
          }),
        },
      ),
      aStoredExchange(
        { id: 'call_3', started_at: '2026-11-21T12:00:02.000Z', status: null, outcome: 'client_aborted' },
        { response: null },
      ),
    ];
    const first = await openStore();
    expect(await first.import(exchanges.map(aCall))).toEqual({ ...NOTHING, added: 3 });
    const text = await first.exported();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual(
      (await written(createJsonl(), exchanges))
        .trimEnd()
        .split('\n')
        .map((line) => {
          const call = JSON.parse(line) as { anomalies: string[] };
          return { ...call, anomalies: [...call.anomalies, 'imported'] };
        }),
    );
    // And from there on byte for byte.
    const second = await openStore(`${house.folder}/second.db`);
    await second.recorder.import(text.trimEnd(), false);
    expect(await second.exported()).toBe(text);
  });

  it('keeps the place of a call in its conversation', async () => {
    const facts: AgentFacts = {
      session: 'ses_1',
      follows: { call: 'call_0', how: 'continues' },
      turn: 2,
      messages: 3,
      new_messages: 2,
      tool_results: [{ id: 't1', name: 'f', call: 'call_0', is_error: null }],
      tool_errors: 0,
      error_recovered: false,
      tool_streak: 1,
      tool_retries: 0,
      session_tool_calls: 4,
      error_class: null,
      changes: { parts: ['tools'], first_message: null, cache_missed_by: 'tools' },
    };
    const call = aStoredExchange({ agent_facts: facts, session_id: 'mine', parent_session_id: 'ses_0' });
    const { import: take, exported, database } = await openStore();
    await take([aCall(call)]);
    expect(JSON.parse(await exported())).toMatchObject({ agent_facts: facts, session_id: 'mine' });
    expect(database.prepare('SELECT id, client_session_id, parent_session_id, title FROM sessions').all()).toEqual([
      { id: 'ses_1', client_session_id: 'mine', parent_session_id: 'ses_0', title: 'Hello' },
    ]);
    const edges = database
      .prepare('SELECT from_call_id, to_call_id, edge_type FROM call_graph ORDER BY edge_type')
      .all();
    expect(edges).toEqual([
      { from_call_id: 'call_0', to_call_id: 'call_0001', edge_type: 'continues' },
      { from_call_id: 'call_0', to_call_id: 'call_0001', edge_type: 'tool_result' },
    ]);
  });

  it('adds nothing when the same comes again, and counts each once', async () => {
    const { import: take, recorder, database } = await openStore();
    const call = aCall(aStoredExchange());
    expect(await take([call, call, anExchange(), anExchange()])).toEqual({ ...NOTHING, added: 2, existing: 2 });
    expect(await take([anExchange(), call])).toEqual({ ...NOTHING, existing: 2 });
    expect(recorder.stats()).toMatchObject({ total_requests: 2, input_tokens: 1209, output_tokens: 345 });
    expect(loadTotals(database).models.reduce((sum, { requests }) => sum + requests, 0)).toBe(2);
  });

  it('meters what other programs saw as if it had passed', async () => {
    const { import: take, exported } = await openStore();
    await take([anExchange()]);
    const call = JSON.parse(await exported()) as Record<string, unknown>;
    expect(call).toMatchObject({
      id: expect.stringMatching(/^call_[0-9a-f]{30}$/) as string,
      started_at: '2026-11-01T10:00:00.000Z',
      provider: 'anthropic',
      operation: 'chat',
      request_model: 'claude-sonnet-4-5',
      response_id: 'msg_1',
      session_id: 'sess-1',
      stream: true,
      usage: { input_tokens: 9, output_tokens: 5, source: 'sse', state: 'final' },
      cost_usd: 0.000001,
      duration_ms: 90,
      ttfb_ms: 40,
      ttft_ms: 70,
      anomalies: ['imported'],
      response: {
        body: anthropicStream('Hi there'),
        arrivals: [
          [0, 40],
          [300, 70],
        ],
      },
    });
  });

  it('measures nothing that the file did not tell', async () => {
    const { import: take, exported } = await openStore();
    const { response } = anExchange();
    await take([anExchange({ headAt: null, response: response === null ? null : { ...response, pieces: [] } })]);
    expect(JSON.parse(await exported())).toMatchObject({ duration_ms: 90, ttfb_ms: null, ttft_ms: null });
  });

  it('knows an answer that was recorded live', async () => {
    const { import: take } = await openStore();
    await take([aCall(aStoredExchange({ id: 'call_live', response_id: 'msg_1' }))]);
    expect(await take([anExchange()])).toEqual({ ...NOTHING, existing: 1 });
  });

  it('leaves out hosts that no provider names, and tells what it cannot read', async () => {
    const { recorder } = await openStore();
    const lines = [
      encodeItem(anExchange({ host: 'www.example.com' })),
      '{"id":7}',
      'no json',
      encodeItem(anExchange()),
    ].join('\n');
    expect(await recorder.import(lines, false)).toEqual({
      added: 1,
      existing: 0,
      strange: 1,
      failed: [
        { index: 1, message: 'id must be a text' },
        { index: 2, message: 'no JSON object' },
      ],
    });
  });

  it('changes nothing in a trial, and says what it would', async () => {
    const { import: take, recorder, exported } = await openStore();
    expect(await take([anExchange(), anExchange()], true)).toEqual({ ...NOTHING, added: 1, existing: 1 });
    expect(await exported()).toBe('');
    expect(recorder.stats().total_requests).toBe(0);
    expect(await take([anExchange()])).toEqual({ ...NOTHING, added: 1 });
  });

  it('lets no secret in, and none out that is in already', async () => {
    const canary = 'sk-ant-api03-Canary0Canary1Canary2Canary3Canary4AA';
    const said = JSON.stringify({ messages: [{ role: 'user', content: `my key is ${canary}` }] });
    const headers: [string, string][] = [
      ['Content-Type', 'application/json'],
      ['X-Api-Key', canary],
    ];
    const dirty = aStoredExchange(
      { path: `/v1/messages?key=${canary}`, section: canary },
      {
        request: aStoredMessage(`POST /v1/messages?key=${canary} HTTP/1.1`, said, { headers }),
        response: aStoredMessage('HTTP/1.1 200 OK', Buffer.concat([Buffer.of(0, 255), Buffer.from(canary)])),
      },
    );
    const { import: take, exported, database } = await openStore();
    expect(
      await take([
        aCall(dirty),
        anExchange({
          request: { startLine: 'POST /v1/messages HTTP/1.1', headers, body: Buffer.from(said), pieces: [] },
        }),
      ]),
    ).toMatchObject({ added: 2 });
    expect(await exported()).not.toContain('Canary0');
    const raw = openDatabase(house.database);
    raw.exec(`UPDATE llm_calls SET error_type = 'x', error_message = '${canary}', agent = '${canary}'`);
    raw.close();
    expect(await exported()).not.toContain('Canary0');
    expect(JSON.stringify(database.prepare('SELECT agent FROM llm_calls').all())).toContain('Canary0');
  });

  it('keeps no bodies of providers whose bodies are not kept', async () => {
    const { import: take, exported } = await openStore(house.database, false);
    await take([aCall(aStoredExchange())]);
    expect(JSON.parse(await exported())).not.toHaveProperty('request.body');
  });

  it('takes ten megabytes, and a call without any body', async () => {
    const { import: take, exported } = await openStore();
    const text = 'x'.repeat(10 * 1024 * 1024);
    const large = aStoredMessage('HTTP/1.1 200 OK', text);
    await take([
      aCall(aStoredExchange({}, { response: large })),
      aCall(aStoredExchange({ id: 'call_0002' }, { request: null, response: null })),
    ]);
    const [one = '', other = ''] = (await exported()).split('\n');
    expect((JSON.parse(one) as { response: { body: string } }).response.body).toBe(text);
    expect(JSON.parse(other)).not.toHaveProperty('request');
  });
});
