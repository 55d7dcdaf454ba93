import { describe, expect, it } from 'vitest';
import type { ForeignExchange, ImportItem } from '../../../src/core/transfer.ts';
import { createJsonl } from '../../../src/interchange/jsonl.ts';
import { createHar } from '../../../src/interchange/har.ts';
import type { Found } from '../../../src/interchange/reading/found.ts';
import { readCalls } from '../../../src/interchange/reading/file.ts';
import { linesOf } from '../../../src/interchange/reading/lines.ts';
import { decodeItem, encodeItem } from '../../../src/interchange/transfer-lines.ts';
import { aStoredExchange, aStoredMessage, written } from '../../support/stored-exchanges.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function found(text: string | Uint8Array, size = 1 << 20): Promise<Found[]> {
  const all: Found[] = [];
  for await (const one of readCalls(inPieces(Buffer.from(text), size))) all.push(one);
  return all;
}

const items = (all: readonly Found[]): ImportItem[] => all.flatMap((one) => ('item' in one ? [one.item] : []));
const problems = (all: readonly Found[]): string[] =>
  all.flatMap((one) => ('problem' in one ? [`${one.place}: ${one.problem}`] : []));

function anEntry(over: object = {}): object {
  return {
    startedDateTime: '2026-11-01T10:00:00.250Z',
    time: 900,
    request: {
      method: 'POST',
      url: 'https://api.openai.com/v1/chat/completions?x=1',
      headers: [
        { name: ':authority', value: 'api.openai.com' },
        { name: 'content-type', value: 'application/json' },
      ],
      postData: { mimeType: 'application/json', text: '{"model":"gpt-5"}' },
    },
    response: {
      status: 200,
      statusText: 'OK',
      headers: [{ name: 'X-Request-Id', value: 'r' }],
      content: { size: 2, mimeType: 'application/json', text: '{}' },
    },
    timings: { send: 1, wait: 400, receive: 499 },
    ...over,
  };
}

const archive = (...entries: object[]): string =>
  JSON.stringify({ log: { version: '1.2', creator: { name: '"entries":[', version: '\\' }, entries } });

const meta = (request: string, ts = '2026-11-01T10:00:00.123456789Z'): object => ({
  ts,
  machine: 'me@box',
  host: 'api.anthropic.com',
  session: 'sess-1',
  request_id: request,
});

describe('interchange/reading', () => {
  it('reads lines in whatever pieces they come, and never holds one that is too long', async () => {
    const text = `\n{"a":1}\r\n  \n{"b":"ä"}\n${'x'.repeat(40)}\nlast`;
    for (const size of [1, 2, 3, 7, 1000]) {
      const lines: unknown[] = [];
      for await (const line of linesOf(inPieces(Buffer.from(text), size), 20)) lines.push(line);
      expect(lines).toEqual([
        { number: 2, text: '{"a":1}' },
        { number: 4, text: '{"b":"ä"}' },
        { number: 5, text: null },
        { number: 6, text: 'last' },
      ]);
    }
  });

  describe('our jsonl', () => {
    it('gives back the call that was written', async () => {
      const exchanges = [
        aStoredExchange({
          error: { type: 'overloaded', message: 'busy' },
          tool_calls: [{ id: null, name: 'f' }],
          dims: { size: '1x1' },
        }),
        aStoredExchange(
          { id: 'call_0002' },
          {
            request: aStoredMessage('POST / HTTP/1.1', Buffer.of(0, 255)),
            response: aStoredMessage('HTTP/1.1 200 OK', 'data: {}\n\n', {
              truncated: true,
              masked: true,
              arrivals: [{ offset: 0, at: 0.5 }],
            }),
          },
        ),
        aStoredExchange(
          {
            id: 'call_0003',
            status: null,
            cost_usd: null,
            cost: {
              source: null,
              price_date: null,
              confidence: 'unpriced',
              lines: [],
              reason: 'billed_amount_unknown',
            },
          },
          { request: null, response: null },
        ),
      ];
      const back = items(await found(await written(createJsonl(), exchanges)));
      expect(back).toEqual(exchanges.map((exchange) => ({ kind: 'call', ...exchange })));
      expect(back.map((item) => decodeItem(encodeItem(item)))).toEqual(back);
    });

    it.each([
      ['no JSON', '{"id":', 'no JSON object'],
      ['a list', '[1]', 'no JSON object'],
      ['something else', '{"a":1}', 'no call that is known here'],
      ['an id that is none', JSON.stringify({ ...aStoredExchange().record, id: 'a b' }), 'id must be a name'],
      [
        'a time that is none',
        JSON.stringify({ ...aStoredExchange().record, started_at: 'soon' }),
        'started_at must be a time',
      ],
      ...['+010000-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z', '9999-12-31T10:00:00.000Z'].map((time) => [
        `the time ${time}, which no day is behind`,
        JSON.stringify({ ...aStoredExchange().record, started_at: time }),
        'started_at must be a time',
      ]),
      ...[9_007_200, -9_007_200, 1e300].map((usd) => [
        `a cost of ${usd}, which the store could not read again`,
        JSON.stringify({ ...aStoredExchange().record, cost_usd: usd }),
        'cost_usd must be below 4 million dollars',
      ]),
      [
        'parts of a cost whose sum the store could not read again',
        JSON.stringify({
          ...aStoredExchange().record,
          cost: { confidence: 'exact', lines: [4e15, -4e15].map((nanos) => ({ unit: 'requests', nanos })) },
        }),
        'nanos must be below 4 million dollars',
      ],
      [
        'more errors of tools than a session can sum up',
        JSON.stringify({ ...aStoredExchange().record, agent_facts: { session: 's', tool_errors: 2 ** 52 } }),
        'tool_errors must be below a thousand million',
      ],
      [
        'a duration beyond all time',
        JSON.stringify({ ...aStoredExchange().record, duration_ms: 1e300 }),
        'duration_ms must be a number of milliseconds',
      ],
      [
        'tokens that are a text',
        JSON.stringify({ ...aStoredExchange().record, usage: { state: 'final', input_tokens: '7' } }),
        'input_tokens must be a number',
      ],
      [
        'half a token',
        JSON.stringify({ ...aStoredExchange().record, usage: { state: 'final', input_tokens: 0.5 } }),
        'input_tokens must be a whole number',
      ],
      [
        'tokens below zero',
        JSON.stringify({ ...aStoredExchange().record, usage: { state: 'final', input_tokens: -1 } }),
        'input_tokens must be a number',
      ],
      [
        'an outcome of its own',
        JSON.stringify({ ...aStoredExchange().record, outcome: 'fine' }),
        'outcome must be one of',
      ],
      [
        'headers that are none',
        JSON.stringify({ ...aStoredExchange().record, request: { headers: { a: 1 } } }),
        'headers must be pairs',
      ],
      [
        'a body that is none',
        JSON.stringify({ ...aStoredExchange().record, request: { body: 7 } }),
        'the body of the request must be a text',
      ],
    ])('tells of %s, and reads on', async (_, line, problem) => {
      const all = await found(`${line}\n${JSON.stringify(aStoredExchange().record)}\n`);
      expect(problems(all)).toEqual([expect.stringContaining(`line 1: ${problem}`)]);
      expect(items(all)).toHaveLength(1);
    });

    it('keeps no member that it does not know', async () => {
      const [item] = items(await found(JSON.stringify({ ...aStoredExchange().record, surprise: 1, __proto__: null })));
      expect(item?.kind === 'call' && 'surprise' in item.record).toBe(false);
    });
  });

  describe('HAR', () => {
    it('reads entries behind whatever byte the file is split', async () => {
      const text = archive(anEntry(), anEntry({ comment: 'a ] } " \\ in it' }));
      const whole = await found(text);
      expect(items(whole)).toHaveLength(2);
      for (let size = 1; size < 40; size += 1) expect(await found(text, size)).toEqual(whole);
    });

    it('makes of an entry what was on the wire', async () => {
      const [item] = items(await found(archive(anEntry())));
      expect(item).toEqual({
        kind: 'exchange',
        scheme: 'https',
        host: 'api.openai.com',
        port: 443,
        startedAt: Date.parse('2026-11-01T10:00:00.250Z'),
        headAt: 401,
        endAt: 900,
        outcome: 'complete',
        session: null,
        request: {
          startLine: 'POST /v1/chat/completions?x=1 HTTP/1.1',
          headers: [
            ['Host', 'api.openai.com'],
            ['content-type', 'application/json'],
          ],
          body: Buffer.from('{"model":"gpt-5"}'),
          pieces: [],
        },
        response: {
          startLine: 'HTTP/1.1 200 OK',
          headers: [
            ['X-Request-Id', 'r'],
            ['content-type', 'application/json'],
          ],
          body: Buffer.from('{}'),
          pieces: [],
        },
      });
      expect(decodeItem(encodeItem(item!))).toEqual(item);
    });

    it('takes base64, forms, and answers that never came', async () => {
      const request = {
        method: 'POST',
        url: 'http://[::1]:8080/x',
        headers: [],
        postData: { params: [{ name: 'a', value: 'b c' }] },
      };
      const response = { status: 200, headers: [], content: { text: 'AP8=', encoding: 'base64' } };
      const [form, none] = items(
        await found(archive(anEntry({ request, response }), anEntry({ response: { status: 0 } }))),
      ) as ForeignExchange[];
      expect([form?.host, form?.port, form?.scheme]).toEqual(['::1', 8080, 'http']);
      expect(Buffer.from(form!.request.body).toString()).toBe('a=b+c');
      expect([...form!.response!.body]).toEqual([0, 255]);
      expect([none?.response, none?.outcome]).toEqual([null, 'client_aborted']);
    });

    it('gives back the calls of an archive of ours', async () => {
      const exchange = aStoredExchange();
      const [item] = items(await found(await written(createHar('1'), [exchange])));
      expect(item).toMatchObject({ kind: 'call', record: exchange.record });
      expect(item?.request?.body).toEqual(exchange.request?.body);
    });

    it.each([
      ['no request', { request: undefined }, 'url must be one of http or https'],
      [
        'a page of its own kind',
        { request: { method: 'GET', url: 'data:text/plain,x' } },
        'url must be one of http or https',
      ],
      ['no time', { startedDateTime: 'soon' }, 'startedDateTime must be a time'],
      [
        'a method with a line feed',
        { request: { method: 'GET\r\nX: y', url: 'https://a.example/' } },
        'method must be one of HTTP',
      ],
    ])('tells of an entry with %s', async (_, over, problem) => {
      expect(problems(await found(archive(anEntry(over), anEntry())))).toEqual([`entry 1: ${problem}`]);
    });

    it('tells of an archive that is cut off, wherever that is', async () => {
      const text = archive(anEntry(), anEntry());
      const start = text.indexOf('[', text.indexOf('"entries"')) + 1;
      const places = new Set<string>();
      for (let end = start; end < text.lastIndexOf(']'); end += 7) {
        const all = await found(text.slice(0, end));
        for (const problem of problems(all)) places.add(problem);
        expect(problems(all)).toHaveLength(1);
      }
      expect([...places]).toEqual([1, 2].map((entry) => `entry ${entry}: the archive is cut off here`));
    });

    it('tells of an archive without entries', async () => {
      expect(problems(await found('{"log":{"version":"1.2"}}'))).toEqual(['end: an archive without log.entries']);
    });
  });

  describe('session logs', () => {
    const asked = (request: string): string =>
      JSON.stringify({
        type: 'request',
        seq: 1,
        method: 'POST',
        path: '/v1/messages',
        headers: { 'X-Api-Key': ['sk-ant-...wxyz'], Accept: ['a', 'b'] },
        body: '{"model":"m"}',
        size: 13,
        _meta: meta(request),
      });
    const answered = (request: string, over: object): string =>
      JSON.stringify({
        type: 'response',
        seq: 1,
        status: 200,
        headers: { 'Content-Type': ['application/json'] },
        timing: { ttfb_ms: 30, total_ms: 90 },
        size: 2,
        _meta: meta(request),
        ...over,
      });
    const start = JSON.stringify({
      type: 'session_start',
      provider: 'anthropic',
      upstream: 'api.anthropic.com',
      _meta: meta(''),
    });

    it('ties requests to their responses, also when they are interleaved', async () => {
      const all = await found(
        [start, asked('a'), asked('b'), answered('b', { body: '{"b":1}' }), answered('a', { body: '{"a":1}' })].join(
          '\n',
        ),
      );
      const [b, a] = items(all) as ForeignExchange[];
      expect(problems(all)).toEqual([]);
      expect([b, a].map((one) => Buffer.from(one!.response!.body).toString())).toEqual(['{"b":1}', '{"a":1}']);
      expect(a).toMatchObject({
        host: 'api.anthropic.com',
        startedAt: Date.parse('2026-11-01T10:00:00.123Z'),
        headAt: 30,
        endAt: 90,
        session: 'sess-1',
        request: {
          startLine: 'POST /v1/messages HTTP/1.1',
          headers: [
            ['X-Api-Key', 'sk-ant-...wxyz'],
            ['Accept', 'a'],
            ['Accept', 'b'],
          ],
        },
      });
    });

    it('puts the chunks of a stream together, each at its time', async () => {
      const chunks = [
        { ts: '', delta_ms: 0, raw: 'event: a\n' },
        { ts: '', delta_ms: 20, raw: 'data: {}\n' },
        { ts: '', delta_ms: 50, raw: '\n' },
      ];
      const [one] = items(await found([asked('a'), answered('a', { chunks })].join('\n'))) as ForeignExchange[];
      expect(Buffer.from(one!.response!.body).toString()).toBe('event: a\ndata: {}\n\n');
      expect(one!.headAt).toBe(40);
      expect(one!.response!.pieces).toEqual([
        { offset: 0, at: 40 },
        { offset: 9, at: 60 },
        { offset: 18, at: 90 },
      ]);
    });

    it("reads what was kept of Bedrock's frames as the events that it is", async () => {
      const chunks = [
        { delta_ms: 0, raw: 'data: {"a":1}' },
        { delta_ms: 0, raw: 'data: {"b":2}' },
      ];
      const headers = { 'Content-Type': ['application/vnd.amazon.eventstream'] };
      const [one] = items(
        await found([asked('a'), answered('a', { chunks, headers })].join('\n')),
      ) as ForeignExchange[];
      expect(one!.response).toMatchObject({ headers: [['Content-Type', 'text/event-stream']] });
      expect(Buffer.from(one!.response!.body).toString()).toBe('data: {"a":1}\n\ndata: {"b":2}\n\n');
    });

    it('takes a request without an answer, and tells of an answer without a request', async () => {
      const all = await found([asked('a'), answered('b', { body: '' })].join('\n'));
      expect(problems(all)).toEqual(['line 2: a response without its request (b)']);
      expect(items(all)).toEqual([expect.objectContaining({ response: null, outcome: 'shutdown' })]);
    });
  });
});
