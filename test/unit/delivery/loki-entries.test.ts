import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import { type LokiEntry, lokiEntries } from '../../../src/delivery/loki-entries.ts';
import type { SessionHistory } from '../../../src/delivery/session-history.ts';
import { anAgentStep, aUsage } from '../../support/captures.ts';
import { encodeChunk } from '../../support/eventstream.ts';
import { anthropicStream, aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const PLACE = { machine: 'ana@box', environment: 'test' };
const numbered = (numbers: Record<string, number>): SessionHistory => ({ numberOf: (call) => numbers[call] ?? null });

interface Read extends LokiEntry {
  fields: Record<string, unknown> & { _meta: Record<string, unknown> };
}

function read(exchange: StoredExchange, history: SessionHistory | null = null, place = PLACE): Read[] {
  return lokiEntries(exchange, place, history).map((entry) => ({
    ...entry,
    fields: JSON.parse(entry.line) as Read['fields'],
  }));
}

function one(type: string, exchange: StoredExchange, history: SessionHistory | null = null): Read {
  const [entry, ...others] = read(exchange, history).filter(({ labels }) => labels['log_type'] === type);
  if (entry === undefined || others.length > 0) throw new Error(`${others.length + 1} entries of ${type}`);
  return entry;
}

const typesOf = (entries: readonly LokiEntry[]): (string | undefined)[] =>
  entries.map(({ labels }) => labels['log_type']);

/** The third step of an agent: it brings a result that is an error, and tries the same tool again. */
function aStep(over: Partial<CallRecord> = {}, parts: Partial<Omit<StoredExchange, 'record'>> = {}): StoredExchange {
  return aStoredExchange(
    {
      session_id: 'ses-1',
      stop_reason: 'tool_use',
      tool_calls: [
        { id: 'toolu_3', name: 'Bash' },
        { id: 'toolu_4', name: 'Read' },
      ],
      agent_facts: anAgentStep({
        turn: 3,
        tool_results: [{ id: 'toolu_2', name: 'Bash', call: 'call_0000', is_error: true }],
        tool_errors: 1,
        tool_streak: 2,
        tool_retries: 1,
        session_tool_calls: 4,
        error_recovered: false,
      }),
      ...over,
    },
    parts,
  );
}

const modelLabel = (status: number | null): string | undefined =>
  one('request', aStoredExchange({ request_model: 'no-such-model', response_model: null, status })).labels['model'];

const requestOf = (message: StoredExchange['request']): Read['fields'] =>
  one('request', aStoredExchange({}, { request: message })).fields;

const shaOf = (over: object): unknown => requestOf(aStoredMessage('POST / HTTP/1.1', '{}', over))['request_sha'];

const bodyOf = (bytes: Uint8Array, type = 'application/json'): unknown =>
  requestOf(aStoredMessage('POST / HTTP/1.1', bytes, { headers: [['content-type', type]] }))['body'];

describe('delivery/loki-entries', () => {
  it('tells a turn in the order in which it happened, and a session that begins', () => {
    expect(typesOf(read(aStep(), numbered({ call_0001: 3 })))).toEqual([
      'request',
      'tool_result',
      'turn_start',
      'response',
      'tool_call',
      'tool_call',
      'turn_end',
    ]);
    expect(typesOf(read(aStep(), numbered({ call_0001: 1 })))[0]).toBe('session_start');
  });

  it('writes request and response as the session log has them, and what a query needs beside the bodies', () => {
    const exchange = aStep();
    const body = String(exchange.request?.body);
    expect(one('request', exchange, numbered({ call_0001: 3 })).fields).toEqual({
      type: 'request',
      seq: 3,
      _meta: {
        ts: '2026-11-21T12:00:00.000Z',
        machine: 'ana@box',
        host: 'api.anthropic.com',
        session: 'ses-1',
        request_id: 'call_0001',
      },
      method: 'POST',
      path: '/v1/messages',
      headers: { 'Content-Type': ['application/json'] },
      body,
      size: 820,
      request_sha: createHash('sha256').update(body).digest('hex'),
      model: 'claude-sonnet-4-5',
      operation: 'chat',
    });
    expect(one('response', exchange).fields).toMatchObject({
      type: 'response',
      seq: null,
      _meta: { ts: '2026-11-21T12:00:01.234Z', request_id: 'call_0001' },
      status: 200,
      timing: { ttfb_ms: 300, total_ms: 1235 },
      size: 640,
      body: String(exchange.response?.body),
      usage: { input_tokens: 1200, output_tokens: 340, cache_read_tokens: 1000, reasoning_tokens: null },
      cost_usd: 0.006,
    });
  });

  it('writes the events of the turn in the schema of the Go llm-proxy', () => {
    const session = { session_id: 'ses-1' };
    expect(one('turn_start', aStep()).fields).toMatchObject({ ...session, turn_depth: 3, error_recovered: false });
    expect(one('tool_result', aStep()).fields).toMatchObject({ ...session, tool_use_id: 'toolu_2', is_error: true });
    const calls = read(aStep()).filter(({ labels }) => labels['log_type'] === 'tool_call');
    expect(
      calls.map(({ fields, labels }) => [labels['tool_name'], fields['tool_index'], fields['tool_use_id']]),
    ).toEqual([
      ['Bash', 0, 'toolu_3'],
      ['Read', 1, 'toolu_4'],
    ]);
    expect(one('turn_end', aStep()).fields).toMatchObject({
      ...session,
      _meta: { request_id: 'call_0001', session: 'ses-1' },
      turn_depth: 3,
      tool_streak: 2,
      retry_count: 1,
      session_tool_count: 4,
      input_tokens: 1200,
      output_tokens: 340,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 0,
      cost_usd: 0.006,
    });
  });

  it('gives each entry the labels of the Go llm-proxy, and none that is empty', () => {
    const shared = {
      app: 'llm-proxy',
      provider: 'anthropic',
      environment: 'test',
      machine: 'ana@box',
      model: 'claude-sonnet-4-5',
      transport: 'direct',
    };
    const withTools = aStep(
      {},
      {
        request: aStoredMessage('POST /v1/messages HTTP/1.1', '{"tools":[{"name":"Bash","input_schema":{}}]}'),
        response: aStoredMessage('HTTP/1.1 200 OK', '{}', {
          headers: [['Anthropic-Ratelimit-Unified-Status', 'Allowed_Warning']],
        }),
      },
    );
    expect(Object.fromEntries(read(withTools).map(({ labels }) => [labels['log_type'], labels]))).toEqual({
      request: { ...shared, log_type: 'request', stream: 'false', has_tools: 'true' },
      tool_result: { ...shared, log_type: 'tool_result', tool_name: 'Bash' },
      turn_start: { ...shared, log_type: 'turn_start' },
      response: {
        ...shared,
        log_type: 'response',
        stream: 'false',
        status_bucket: '2xx',
        stop_reason: 'tool_use',
        ratelimit_status: 'allowed_warning',
      },
      tool_call: { ...shared, log_type: 'tool_call', tool_name: 'Read' },
      turn_end: { ...shared, log_type: 'turn_end', stop_reason: 'tool_use', is_retry: 'true' },
    });
    const bare = lokiEntries(aStoredExchange({ stop_reason: null }), { machine: 'ana@box', environment: '' }, null);
    for (const { labels } of bare) expect(Object.values(labels)).not.toContain('');
    expect(bare[0]?.labels).not.toHaveProperty('environment');
  });

  it('labels a model that answered or was busy, and not what a client made up', () => {
    expect([200, 429, 529].map(modelLabel)).toEqual(Array(3).fill('no-such-model'));
    expect([400, 404, null].map(modelLabel)).toEqual(Array(3).fill(undefined));
    expect(one('request', aStoredExchange({ status: 404 })).fields['model']).toBe('claude-sonnet-4-5');
  });

  it('labels neither a tool that no tool can be called, nor an unknown one by its id', () => {
    const facts = anAgentStep({ tool_results: [{ id: 'toolu_9', name: null, call: null, is_error: null }] });
    const entries = read(aStep({ agent_facts: facts, tool_calls: [{ id: null, name: 'Run this: rm -rf' }] }));
    const names = entries.flatMap(({ labels }) => labels['tool_name'] ?? []);
    expect(names).toEqual(['unknown', 'unknown']);
  });

  it.each([
    [
      'Anthropic',
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'x1', name: 'Grep', input: {} }] }] },
    ],
    [
      'OpenAI',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'x1', type: 'function', function: { name: 'Grep', arguments: '{}' } }],
          },
        ],
      },
    ],
    ['Responses', { input: [{ type: 'function_call', call_id: 'x1', name: 'Grep', arguments: '{}' }] }],
    [
      'Converse',
      { messages: [{ role: 'assistant', content: [{ toolUse: { toolUseId: 'x1', name: 'Grep', input: {} } }] }] },
    ],
  ])('finds the name of a tool whose call was not seen in the request of %s', (_, body) => {
    const facts = anAgentStep({ tool_results: [{ id: 'x1', name: null, call: null, is_error: null }] });
    const request = aStoredMessage('POST / HTTP/1.1', JSON.stringify(body));
    const { labels, fields } = one('tool_result', aStep({ agent_facts: facts }, { request }));
    expect([labels['tool_name'], fields['tool_name']]).toEqual(['Grep', 'Grep']);
  });

  it.each([
    ['OpenAI', '{"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}', 'true'],
    ['OpenAI of 2023', '{"functions":[{"name":"f","parameters":{}}]}', 'true'],
    ['Gemini', '{"contents":[],"tools":[{"functionDeclarations":[{"name":"f","parameters":{}}]}]}', 'true'],
    ['Code Assist', '{"request":{"tools":[{"functionDeclarations":[{"name":"f","parameters":{}}]}]}}', 'true'],
    ['Converse', '{"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}}]}}', 'true'],
    ['an empty list', '{"tools":[]}', 'false'],
    ['words about tools', '{"messages":[{"role":"user","content":"what are \\"tools\\"?"}]}', 'false'],
    ['a body that is no JSON', '{"tools":[', undefined],
  ])('tells whether a request of %s offers tools', (_, body, expected) => {
    const request = aStoredMessage('POST / HTTP/1.1', body);
    expect(one('request', aStoredExchange({}, { request })).labels['has_tools']).toBe(expected);
  });

  it('writes a stream as its lines, with the times at which they came', () => {
    const text = anthropicStream('Hi');
    const response = aStoredMessage('HTTP/1.1 200 OK', text, { arrivals: [{ offset: 0, at: 400 }] });
    const { fields, labels } = one('response', aStoredExchange({ stream: true }, { response }));
    const chunks = fields['chunks'] as { raw: string; delta_ms: number; ts: string }[];
    expect(chunks.map(({ raw }) => raw).join('')).toBe(text);
    expect(chunks[0]).toMatchObject({ ts: '2026-11-21T12:00:00.400Z', delta_ms: 100 });
    expect(labels['stream']).toBe('true');
  });

  it('marks what went to Bedrock, in labels of events as well, and reads its binary streams', () => {
    const response = aStoredMessage('HTTP/1.1 200 OK', encodeChunk({ type: 'message_start' }), {
      headers: [['Content-Type', 'application/vnd.amazon.eventstream']],
    });
    const over = { provider: 'bedrock', stream: true, request_model: 'anthropic.claude-sonnet-4-5-v1:0' };
    const exchange = aStep(over, { response });
    for (const { labels } of read(exchange)) expect(labels['transport']).toBe('bedrock');
    expect(one('response', exchange).fields).toMatchObject({
      _meta: { transport: 'bedrock', model_override: 'anthropic.claude-sonnet-4-5-v1:0' },
      chunks: [{ raw: 'data: {"type":"message_start"}' }],
    });
  });

  it('keeps entries of one call in order where they share a millisecond, and the same however often it is asked', () => {
    const exchange = aStep({ duration_ms: 0 });
    const times = read(exchange).map(({ time }) => time);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => (a < b ? -1 : 1)));
    const start = BigInt(Date.parse(exchange.record.started_at)) * 1_000_000n;
    for (const time of times) expect(time - start).toBeLessThan(1_000_000n);
    expect(lokiEntries(exchange, PLACE, null)).toEqual(lokiEntries(exchange, PLACE, null));
  });

  it('tells calls of one millisecond apart', () => {
    const ids = Array.from({ length: 5 }, (_, index) => `call_${index}`);
    const times = ids.map((id) => one('request', aStoredExchange({ id })).time);
    expect(new Set(times).size).toBe(ids.length);
  });

  it('names a copy for a comparison so that no sum over requests or turns counts it', () => {
    const entries = read(aStep({ leg: 'shadow', comparison_id: 'cmp_1' }));
    expect(typesOf(entries)).toEqual(['shadow_request', 'shadow_response']);
    for (const { labels, fields } of entries) {
      expect(labels['leg']).toBe('shadow');
      expect(fields['comparison_id']).toBe('cmp_1');
    }
  });

  it('writes request and response alone of calls that are no conversation, and says which are no call of a model', () => {
    const embedding = read(aStoredExchange({ operation: 'embeddings' }), numbered({ call_0001: 1 }));
    expect(typesOf(embedding)).toEqual(['request', 'response']);
    expect(embedding[0]?.fields).toMatchObject({ seq: null, operation: 'embeddings' });
    expect(embedding[0]?.fields).not.toHaveProperty('inference');
    expect(one('request', aStoredExchange({ inference: false, operation: 'models' })).fields['inference']).toBe(false);
  });

  it('ends the turn of a call that failed, without a retry that nobody knows of', () => {
    const facts = anAgentStep({ tool_streak: 2, tool_retries: 1 });
    const failed = aStep({ status: 429, stop_reason: null, tool_calls: [], agent_facts: facts });
    expect(one('turn_end', failed).labels).toMatchObject({ error_type: 'rate_limit', is_retry: 'false' });
    expect(one('turn_end', failed).labels).not.toHaveProperty('stop_reason');
    expect(one('response', failed).labels['status_bucket']).toBe('4xx');
  });

  it('tells the kind of a failure of a call that is no step of a conversation, too', () => {
    const error = { type: 'invalid_request_error', message: 'This model has a context length of 4097 tokens' };
    const failed = aStoredExchange({ operation: 'text_completion', status: 400, error });
    expect(one('turn_end', failed).labels['error_type']).toBe('context_length');
  });

  it('leaves unknown what is unknown', () => {
    const usage = aUsage({ input_tokens: null, output_tokens: null, cache_read_tokens: null, estimated: [] });
    const exchange = aStoredExchange({ usage, cost_usd: null, status: null, outcome: 'upstream_error' });
    expect(one('turn_end', exchange).fields).toMatchObject({
      turn_depth: null,
      session_tool_count: null,
      input_tokens: null,
      output_tokens: null,
      cost_usd: null,
    });
    expect(one('turn_end', exchange).labels).not.toHaveProperty('is_retry');
    expect(one('response', exchange).labels).not.toHaveProperty('status_bucket');
  });

  it('marks counts that are estimates', () => {
    const exchange = aStoredExchange({ usage: aUsage({ estimated: ['output_tokens'] }) });
    expect(one('turn_end', exchange).fields['estimated']).toEqual(['output_tokens']);
  });

  it('tells of a fork where the conversation went another way', () => {
    const facts = anAgentStep({ follows: { call: 'call_0000', how: 'forks' } });
    const exchange = aStep({ agent_facts: facts, parent_session_id: 'ses-0' });
    expect(one('fork', exchange, numbered({ call_0000: 2, call_0001: 5 })).fields).toMatchObject({
      from_seq: 2,
      parent_session: 'ses-0',
      reason: 'message_history_diverged',
    });
  });

  it('gives no digest of a request that is not kept as it was sent', () => {
    expect(shaOf({})).toMatch(/^[0-9a-f]{64}$/);
    expect([shaOf({ masked: true }), shaOf({ truncated: true }), shaOf({ body: null })]).toEqual([null, null, null]);
  });

  it('leaves out headers and bodies where messages are not read', () => {
    const { fields } = one('response', aStep({}, { request: null, response: null }));
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['headers']));
    expect(fields).not.toHaveProperty('body');
    expect(fields).toMatchObject({ status: 200, cost_usd: 0.006 });
  });

  it('writes no bytes as text, and a text that was cut within a character up to there', () => {
    expect(bodyOf(Uint8Array.of(0xff, 0xfe, 0x00))).toBeNull();
    expect(bodyOf(Buffer.from('ID3'), 'audio/mpeg')).toBeNull();
    expect(bodyOf(Buffer.from('né').subarray(0, 2))).toBe('n');
  });
});
