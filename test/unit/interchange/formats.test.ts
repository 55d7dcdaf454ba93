import { beforeAll, describe, expect, it } from 'vitest';
import { createFormatter, type FormatterOptions } from '../../../src/interchange/create-formatter.ts';
import type { FormatName } from '../../../src/interchange/formats.ts';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { faultsOfHar } from '../../support/har-rules.ts';
import { anthropicStream, aStoredExchange, aStoredMessage, written } from '../../support/stored-exchanges.ts';

let directory: FormatterOptions['directory'];
beforeAll(async () => {
  directory = await loadRegistry();
});

function all(format: FormatName, exchanges: StoredExchange[], over: Partial<FormatterOptions> = {}): Promise<string> {
  return written(
    createFormatter(format, { version: '1.2.3', bodies: true, formulaSafe: false, directory, ...over }),
    exchanges,
  );
}

const table = async (exchanges: StoredExchange[], over: Partial<FormatterOptions> = {}): Promise<string[][]> =>
  parseCsv(await all('csv', exchanges, { bodies: false, ...over }));

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const HOSTILE = 'line\r\nbreak "quoted", \ud800 alone, =1+1, \u2028, \u0000';

describe('interchange/formats', () => {
  describe('jsonl', () => {
    it('writes the record and both messages on one line', async () => {
      const exchange = aStoredExchange(
        {},
        {
          response: aStoredMessage('HTTP/1.1 200 OK', '{}', {
            truncated: true,
            masked: true,
            arrivals: [{ offset: 0, at: 1.5 }],
          }),
        },
      );
      const [line] = lines(await all('jsonl', [exchange]));
      expect(line).toEqual({
        ...exchange.record,
        request: {
          line: 'POST /v1/messages?beta=true HTTP/1.1',
          headers: [['Content-Type', 'application/json']],
          body: String(exchange.request?.body),
        },
        response: {
          line: 'HTTP/1.1 200 OK',
          headers: [['Content-Type', 'application/json']],
          body: '{}',
          truncated: true,
          masked: true,
          arrivals: [[0, 1.5]],
        },
      });
    });

    it('writes bytes that are no text in base64, and leaves out what is not kept', async () => {
      const exchange = aStoredExchange(
        {},
        { request: aStoredMessage('POST / HTTP/1.1', Uint8Array.of(0, 255, 254)), response: null },
      );
      const [line] = lines(await all('jsonl', [exchange])) as { request: object; response?: object }[];
      expect(line?.request).toMatchObject({ body_base64: 'AP/+' });
      expect(line).not.toHaveProperty('response');
    });

    it('stays one line whatever a call says', async () => {
      const text = await all('jsonl', [aStoredExchange({ section: HOSTILE }), aStoredExchange()]);
      expect(text.split('\n')).toHaveLength(3);
      expect(lines(text)[0]).toMatchObject({ section: HOSTILE });
    });
  });

  describe('har', () => {
    it('keeps the rules of HTTP Archive 1.2', async () => {
      const exchanges = [
        aStoredExchange(),
        aStoredExchange(
          { stream: true, section: HOSTILE },
          {
            response: aStoredMessage('HTTP/1.1 200 OK', anthropicStream('Hi'), {
              headers: [
                ['content-type', 'text/event-stream'],
                ['location', '/x'],
              ],
            }),
          },
        ),
        aStoredExchange(
          { status: null, ttfb_ms: null, outcome: 'upstream_error', error: { type: 'refused', message: HOSTILE } },
          { response: null },
        ),
        aStoredExchange({}, { request: null, response: null }),
        aStoredExchange({}, { request: aStoredMessage('POST / HTTP/1.1', Uint8Array.of(255)) }),
      ];
      const archive = JSON.parse(await all('har', exchanges)) as { log: { entries: unknown[] } };
      expect(faultsOfHar(archive)).toEqual([]);
      expect(archive.log.entries).toHaveLength(5);
    });

    it('is an archive also when nothing is in it', async () => {
      expect(faultsOfHar(JSON.parse(await all('har', [])))).toEqual([]);
    });

    it('writes a stream as the text that it was', async () => {
      const body = anthropicStream('Hi');
      const exchange = aStoredExchange(
        { transport: 'http', host: '127.0.0.1:8000' },
        {
          response: aStoredMessage('HTTP/1.1 200 Fine so', body, { headers: [['content-type', 'text/event-stream']] }),
        },
      );
      const { log } = JSON.parse(await all('har', [exchange])) as { log: { entries: Record<string, never>[] } };
      expect(log.entries[0]).toMatchObject({
        time: 1234.5,
        timings: { send: 0, wait: 300.25, receive: 934.25 },
        request: {
          method: 'POST',
          url: 'http://127.0.0.1:8000/v1/messages?beta=true',
          queryString: [{ name: 'beta', value: 'true' }],
          postData: { mimeType: 'application/json' },
        },
        response: {
          status: 200,
          statusText: 'Fine so',
          content: { size: body.length, mimeType: 'text/event-stream', text: body },
        },
        _llm: { id: 'call_0001' },
      });
    });
  });

  describe('csv', () => {
    it('has a header and one row a call; unknown is empty, not 0', async () => {
      const [names = [], row = []] = await table([aStoredExchange({ status: null, cost_usd: null })]);
      const cell = (name: string): string | undefined => row[names.indexOf(name)];
      expect(names).not.toContain('request_body');
      expect(row).toHaveLength(names.length);
      expect(['id', 'input_tokens', 'cost_usd', 'status', 'duration_ms', 'stream'].map(cell)).toEqual([
        'call_0001',
        '1200',
        '',
        '',
        '1234.5',
        'false',
      ]);
    });

    it('quotes by RFC 4180', async () => {
      const text = await all('csv', [aStoredExchange({ section: 'a"b,c\r\nd', agent: '' })], { bodies: false });
      expect(text).toContain(',"a""b,c\r\nd",');
      expect(text.endsWith('\r\n')).toBe(true);
      const [names = [], row = []] = parseCsv(text);
      expect(row[names.indexOf('section')]).toBe('a"b,c\r\nd');
    });

    it('defuses formulas when asked, and changes nothing when not', async () => {
      const exchange = aStoredExchange({ agent: '=cmd|x', section: '-1', run_id: '@a', task_id: 'plain' });
      const cells = async (formulaSafe: boolean): Promise<(string | undefined)[]> => {
        const [names = [], row = []] = await table([exchange], { formulaSafe });
        return ['agent', 'section', 'run_id', 'task_id'].map((name) => row[names.indexOf(name)]);
      };
      expect(await cells(true)).toEqual(["'=cmd|x", "'-1", "'@a", 'plain']);
      expect(await cells(false)).toEqual(['=cmd|x', '-1', '@a', 'plain']);
    });

    it('has what was said when asked', async () => {
      const [names = [], row = []] = await table([aStoredExchange()], { bodies: true });
      expect(row[names.indexOf('response_body')]).toContain('Hi there');
    });
  });

  describe('openai-jsonl', () => {
    it('ends with the answer, of a document and of a stream alike', async () => {
      const stream = aStoredExchange(
        { stream: true },
        {
          response: aStoredMessage('HTTP/1.1 200 OK', anthropicStream('Hi there'), {
            headers: [
              ['content-type', 'text/event-stream'],
              ['content-encoding', 'gzip'],
            ],
          }),
        },
      );
      const expected = {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Hi there' },
        ],
      };
      expect(lines(await all('openai-jsonl', [aStoredExchange(), stream]))).toEqual([expected, expected]);
    });

    it.each([
      ['failed', aStoredExchange({ error: { type: 'overloaded', message: '' } })],
      [
        'was cut in what is kept',
        aStoredExchange(
          {},
          { request: aStoredMessage('POST /v1/messages HTTP/1.1', '{"messages":[]}', { truncated: true }) },
        ),
      ],
      ['has no answer', aStoredExchange({}, { response: null })],
      ['has no bodies', aStoredExchange({}, { request: null, response: null })],
      [
        'is no conversation',
        aStoredExchange({}, { request: aStoredMessage('POST /v1/messages HTTP/1.1', '{"input":[1]}') }),
      ],
    ])('leaves out a call that %s', async (_, exchange) => {
      const formatter = createFormatter('openai-jsonl', { version: '1', bodies: true, formulaSafe: false, directory });
      expect(await formatter.call(exchange)).toBeNull();
    });

    it('leaves out what is nested deeper than the stack', async () => {
      const depth = 50_000;
      const body = `{"messages":[{"role":"user","content":${'[{"type":"tool_result","tool_use_id":"a","content":'.repeat(depth)}"x"${'}]'.repeat(depth)}}]}`;
      const exchange = aStoredExchange({}, { request: aStoredMessage('POST /v1/messages HTTP/1.1', body) });
      const formatter = createFormatter('openai-jsonl', { version: '1', bodies: true, formulaSafe: false, directory });
      expect(await formatter.call(exchange)).toBeNull();
    });
  });

  it('writes ShareGPT with system prompt and tools beside the turns', async () => {
    const asked = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'https://x/i.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'done' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    };
    const exchange = aStoredExchange(
      { provider: 'openai', host: 'api.openai.com', path: '/v1/chat/completions' },
      {
        request: aStoredMessage('POST /v1/chat/completions HTTP/1.1', JSON.stringify(asked)),
        response: aStoredMessage(
          'HTTP/1.1 200 OK',
          JSON.stringify({
            id: 'chatcmpl-1',
            object: 'chat.completion',
            model: 'gpt-5',
            choices: [{ index: 0, message: { role: 'assistant', content: 'A cat' }, finish_reason: 'stop' }],
          }),
        ),
      },
    );
    expect(lines(await all('sharegpt', [exchange]))).toEqual([
      {
        conversations: [
          { from: 'human', value: 'Look\n<image>' },
          { from: 'function_call', value: '{"name":"f","arguments":{"a":1}}' },
          { from: 'observation', value: 'done' },
          { from: 'gpt', value: 'A cat' },
        ],
        system: 'Be brief.',
        tools: '[{"name":"f","parameters":{"type":"object"}}]',
      },
    ]);
  });

  describe('otlp-json', () => {
    interface Span {
      traceId: string;
      spanId: string;
      parentSpanId?: string;
      status?: object;
      name: string;
      startTimeUnixNano: string;
      endTimeUnixNano: string;
      attributes: { key: string; value: Record<string, unknown> }[];
    }
    const spansOf = (text: string): Span[] =>
      (lines(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }[]).flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      );
    const attribute = ({ attributes }: Span, key: string): unknown =>
      Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

    it('writes a span a call with the attributes of the conventions', async () => {
      const [span] = spansOf(
        await all('otlp-json', [aStoredExchange({ session_id: 's', stop_reason: 'end_turn' })], { bodies: false }),
      ) as [Span];
      expect(span).toMatchObject({
        name: 'chat claude-sonnet-4-5',
        startTimeUnixNano: '1795262400000000000',
        endTimeUnixNano: '1795262401234500000',
      });
      expect(attribute(span, 'gen_ai.provider.name')).toBe('anthropic');
      expect(attribute(span, 'gen_ai.usage.input_tokens')).toBe('1200');
      expect(attribute(span, 'gen_ai.usage.cache_read.input_tokens')).toBe('1000');
      expect(attribute(span, 'gen_ai.response.finish_reasons')).toEqual({ values: [{ stringValue: 'end_turn' }] });
      expect(attribute(span, 'gen_ai.conversation.id')).toBe('s');
      expect(attribute(span, 'server.port')).toBe('443');
      expect(attribute(span, 'gen_ai.input.messages')).toBeUndefined();
      expect(attribute(span, 'llm_proxy.ttft_ms')).toBeUndefined();
    });

    it('takes no name for a member that every object has', async () => {
      const [span] = spansOf(
        await all('otlp-json', [aStoredExchange({ provider: 'constructor', operation: 'constructor' })]),
      ) as [Span];
      expect(attribute(span, 'gen_ai.provider.name')).toBe('constructor');
      expect(attribute(span, 'gen_ai.operation.name')).toBe('constructor');
    });

    it('takes ids of a tracer over and makes the others from names, always the same', async () => {
      const trace = '0af7651916cd43dd8448eb211c80319c';
      const [traced, named, other] = spansOf(
        await all('otlp-json', [
          aStoredExchange({ trace_id: trace, parent_span_id: 'b7ad6b7169203331' }),
          aStoredExchange({ id: 'a', run_id: 'run_1' }),
          aStoredExchange({ id: 'b', run_id: 'run_1', error: { type: 'overloaded', message: 'busy' } }),
        ]),
      ) as [Span, Span, Span];
      expect([traced.traceId, traced.parentSpanId]).toEqual([trace, 'b7ad6b7169203331']);
      expect(named.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(named.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(other.traceId).toBe(named.traceId);
      expect(other.spanId).not.toBe(named.spanId);
      expect([named.status, other.status]).toEqual([undefined, { code: 2, message: 'busy' }]);
    });

    it('has what was said when asked', async () => {
      const [span] = spansOf(await all('otlp-json', [aStoredExchange()], { bodies: true })) as [Span];
      expect(JSON.parse(String(attribute(span, 'gen_ai.output.messages')))).toEqual([
        { role: 'assistant', parts: [{ type: 'text', content: 'Hi there' }] },
      ]);
      expect(JSON.parse(String(attribute(span, 'gen_ai.system_instructions')))).toEqual([
        { type: 'text', content: 'Be brief.' },
      ]);
    });

    it('keeps the numbers of a call whose messages are nested deeper than the stack', async () => {
      const deep = 50_000;
      const body = `{"messages":[{"role":"user","content":${'[{"type":"tool_result","content":'.repeat(deep)}"x"${'}]'.repeat(deep)}}]}`;
      const exchanges = [
        aStoredExchange({}, { request: aStoredMessage('POST /v1/messages HTTP/1.1', body) }),
        aStoredExchange(),
      ];
      const spans = spansOf(await all('otlp-json', exchanges, { bodies: true }));
      const saying = spans.map((span) => attribute(span, 'gen_ai.output.messages') !== undefined);
      expect(spans.map((span) => attribute(span, 'gen_ai.usage.input_tokens'))).toEqual(['1200', '1200']);
      expect(saying).toEqual([false, true]);
    });

    it('puts a hundred spans on a line', async () => {
      const text = await all(
        'otlp-json',
        Array.from({ length: 250 }, (_, index) => aStoredExchange({ id: `call_${index}` })),
        { bodies: false },
      );
      expect(text.trimEnd().split('\n')).toHaveLength(3);
      expect(spansOf(text)).toHaveLength(250);
    });
  });
});

/** RFC 4180, strictly. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [whole, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    if (whole === '') continue;
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
