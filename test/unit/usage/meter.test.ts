import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS, type Metered, type MeterLimits } from '../../../src/usage/metered.ts';
import { expectLinearTime } from '../../support/growth.ts';

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

function meterFor(limits: Partial<MeterLimits> = {}, provider: string | null = 'openai'): ExchangeMeter {
  return new ExchangeMeter({
    directory,
    host: 'api.openai.com',
    port: 443,
    provider,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
}

/** A meter that has seen the heads of a call. */
function begun(target: string, responseHeaders: string, limits: Partial<MeterLimits> = {}): ExchangeMeter {
  const meter = meterFor(limits);
  meter.requestHead(Buffer.from(`POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n`));
  meter.requestBody(Buffer.from('{"model":"m","stream":true}'));
  meter.responseHead(Buffer.from(`HTTP/1.1 200 OK\r\n${responseHeaders}\r\n\r\n`), 5);
  return meter;
}

const JSON_TYPE = 'Content-Type: application/json';
const SSE_TYPE = 'Content-Type: text/event-stream';
const USAGE = '"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}';
const chunk = (rest: string): Buffer =>
  Buffer.from(`data: {"object":"chat.completion.chunk","model":"m-1","choices":[]${rest}}\n\n`);

const toolsOf = async (...calls: object[]) => {
  const meter = begun('/v1/chat/completions', JSON_TYPE);
  meter.responseBody(Buffer.from(JSON.stringify({ choices: [{ message: { tool_calls: calls } }] })), 6);
  const { tool_calls: tools, anomalies } = await meter.end('complete', 9);
  return { tools, anomalies };
};

describe('usage/meter', () => {
  it('answers at once unless a decoding stream must drain', () => {
    const plain = begun('/v1/chat/completions', JSON_TYPE);
    expect(plain.end('complete', 9)).not.toBeInstanceOf(Promise);
    const small = begun('/v1/chat/completions', `${JSON_TYPE}\r\nContent-Encoding: gzip`);
    small.responseBody(gzipSync('{}'), 6);
    expect(small.end('complete', 9)).not.toBeInstanceOf(Promise);
    const stream = begun('/v1/chat/completions', `${SSE_TYPE}\r\nContent-Encoding: br`);
    stream.responseBody(brotliCompressSync('data: [DONE]\n\n'), 6);
    expect(stream.end('complete', 9)).toBeInstanceOf(Promise);
  });

  it('scans a document over the cap for its top-level facts, in any pieces', async () => {
    const text = `{"id":"c1","object":"chat.completion","model":"m-1","choices":[{"x":"${'y'.repeat(5000)}\\"usage\\":{}"}],${USAGE}}`;
    for (const size of [1, 100, 999, 4096, 100_000]) {
      const meter = begun('/v1/chat/completions', JSON_TYPE, { documentBytes: 1000, bodyBytes: 1000 });
      for (let at = 0; at < text.length; at += size) meter.responseBody(Buffer.from(text.slice(at, at + size)), 6);
      const { usage, response_model, responseBody } = await meter.end('complete', 9);
      expect(usage).toMatchObject({ input_tokens: 10, output_tokens: 2, source: 'json', state: 'final' });
      expect(response_model).toBe('m-1');
      expect(responseBody).toMatchObject({ truncated: true, wireBytes: text.length });
      expect(responseBody.text).toHaveLength(1000);
    }
  });

  it.each<[string, string, string, Record<string, unknown>]>([
    ['pages', '/v1/ocr', '"usage_info":{"pages_processed":3}', { units: { pages: 3 } }],
    ['seconds', '/v1/listen', '"metadata":{"duration":7.5}', { units: { audio_seconds: 7.5 } }],
    ['billed tokens', '/v2/embed', '"meta":{"billed_units":{"input_tokens":9}}', { input_tokens: 9 }],
    ['counts of embeddings', '/api/embed', '"model":"m","prompt_eval_count":9', { input_tokens: 9, output_tokens: 0 }],
  ])(
    'finds the %s of a document over the cap, which stand where the provider has them',
    async (_, path, facts, found) => {
      const provider = { '/v1/ocr': 'mistral', '/v1/listen': 'deepgram', '/v2/embed': 'cohere' }[path] ?? 'ollama';
      const meter = meterFor({ documentBytes: 100, bodyBytes: 200 }, provider);
      meter.requestHead(Buffer.from(`POST ${path} HTTP/1.1\r\n\r\n`));
      meter.responseHead(Buffer.from(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n\r\n`), 5);
      meter.responseBody(Buffer.from(`{"pages":["${'y'.repeat(400)}"],${facts}}`), 6);
      expect((await meter.end('complete', 9)).usage).toMatchObject({ ...found, source: 'json', state: 'final' });
    },
  );

  it('keeps both bodies decoded, and counts them as they were on the wire', async () => {
    const meter = begun('/v1/chat/completions', `${JSON_TYPE}\r\nContent-Encoding: gzip`);
    const body = gzipSync('{"choices":[]}');
    meter.responseBody(body, 6);
    const { requestBody, responseBody } = await meter.end('complete', 9);
    expect(requestBody).toMatchObject({ text: '{"model":"m","stream":true}', wireBytes: 27, truncated: false });
    expect(responseBody).toMatchObject({ text: '{"choices":[]}', wireBytes: body.length, truncated: false });
  });

  it('reads compressed requests', async () => {
    const meter = meterFor();
    meter.requestHead(Buffer.from('POST /v1/responses HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n'));
    meter.requestBody(gzipSync('{"model":"zipped"}'));
    expect(await meter.end('upstream_error', 9)).toMatchObject({
      request_model: 'zipped',
      status: null,
      isInference: true,
      stream: false,
      usage: { state: 'none' },
      requestBody: { text: '{"model":"zipped"}', truncated: false },
      responseBody: { text: null, bytes: null, wireBytes: 0 },
      anomalies: [],
    });
    const cut = meterFor();
    cut.requestHead(Buffer.from('POST /v1/responses HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n'));
    // All of the text, but not its checksum: nobody knows that this was all.
    cut.requestBody(gzipSync('{"model":"zipped"}').subarray(0, -8));
    expect(await cut.end('client_aborted', 9)).toMatchObject({
      requestBody: { text: '{"model":"zipped"}', truncated: true },
      anomalies: ['request_encoding_cut'],
    });
  });

  const { Z_FINISH, Z_SYNC_FLUSH, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH } = constants;
  it.each([
    ['gzip', gzipSync, Z_SYNC_FLUSH, Z_FINISH],
    ['br', brotliCompressSync, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH],
  ] as const)(
    'marks an answer that stops within its content coding (%s) as cut',
    async (coding, encode, flush, end) => {
      const answer = async (type: string, text: string, finishFlush: number) => {
        const meter = begun('/v1/chat/completions', `${type}\r\nContent-Encoding: ${coding}`);
        meter.responseBody(encode(text, { finishFlush }), 6);
        const { anomalies, responseBody, usage } = await meter.end('complete', 9);
        expect(responseBody.text).toBe(text);
        return { anomalies, truncated: responseBody.truncated, state: usage.state };
      };
      const cut = { anomalies: ['response_encoding_cut'], truncated: true };
      const whole = { anomalies: [], truncated: false, state: 'final' };
      const document = `{"object":"chat.completion","choices":[],${USAGE}}`;
      const stream = chunk(`,${USAGE}`).toString();
      // All of the text, but not the end of the coding: a document is whole that can be parsed, of a stream nobody knows.
      expect(await answer(JSON_TYPE, document, flush)).toEqual({ ...cut, state: 'final' });
      expect(await answer(SSE_TYPE, stream, flush)).toEqual({ ...cut, state: 'partial' });
      expect(await answer(SSE_TYPE, `${stream}data: [DONE]\n\n`, flush)).toEqual(whole);
      expect(await answer(JSON_TYPE, document, end)).toEqual(whole);
      expect(await answer(SSE_TYPE, stream, end)).toEqual(whole);
    },
  );

  it('reads on behind a gap in a stream', async () => {
    const meter = begun('/v1/chat/completions', SSE_TYPE);
    meter.responseBody(chunk(''), 6);
    meter.responseGap(100_000);
    meter.responseBody(Buffer.from(`half of an event"}}\n\n`), 7);
    meter.responseBody(chunk(`,${USAGE}`), 8);
    meter.responseBody(Buffer.from('data: [DONE]\n\n'), 8);
    const { usage, responseBody } = await meter.end('complete', 9);
    expect(usage).toMatchObject({ input_tokens: 10, source: 'sse', state: 'final' });
    expect(responseBody.truncated).toBe(true);
    expect(responseBody.wireBytes).toBeGreaterThan(100_000);
  });

  it('finds the usage behind a gap in a document, and says that it was found so', async () => {
    const meter = begun('/v1/chat/completions', JSON_TYPE);
    meter.responseBody(Buffer.from('{"object":"chat.completion","choices":[{"message":{"content":"'), 6);
    meter.responseGap(5_000_000);
    meter.responseBody(Buffer.from(`the end"}}],${USAGE}}`), 8);
    const { usage, anomalies } = await meter.end('complete', 9);
    expect(usage).toMatchObject({ input_tokens: 10, output_tokens: 2, source: 'regex', state: 'final' });
    expect(anomalies).toContain('usage_by_regex');
  });

  it('cannot read compressed bytes behind a gap', async () => {
    const meter = begun('/v1/chat/completions', `${SSE_TYPE}\r\nContent-Encoding: gzip`);
    const body = gzipSync(Buffer.concat([chunk(''), chunk(`,${USAGE}`)]));
    meter.responseBody(body.subarray(0, 20), 6);
    meter.responseGap(10);
    meter.responseBody(body.subarray(30), 7);
    expect((await meter.end('complete', 9)).usage.state).toBe('none');
  });

  it('skips an oversized event, flags it, and still finds the usage in it', async () => {
    const meter = begun('/v1/chat/completions', SSE_TYPE, { messageLength: 2000 });
    const event = chunk(`,"pad":"${'x'.repeat(9000)}",${USAGE}`);
    for (let at = 0; at < event.length; at += 500) meter.responseBody(event.subarray(at, at + 500), 6);
    const { usage, anomalies } = await meter.end('complete', 9);
    expect(usage).toMatchObject({ input_tokens: 10, source: 'regex' });
    expect(anomalies).toEqual(expect.arrayContaining(['oversized_message', 'usage_by_regex']));
  });

  it('stops keeping a stream when memory is short, and reads on', async () => {
    const meter = begun('/v1/chat/completions', SSE_TYPE);
    meter.responseBody(chunk(''), 6);
    meter.stopKeeping();
    meter.responseBody(chunk(`,${USAGE}`), 6);
    const { usage, responseBody } = await meter.end('complete', 9);
    expect(usage).toMatchObject({ input_tokens: 10, source: 'sse', state: 'final' });
    expect(responseBody).toMatchObject({ truncated: true, text: chunk('').toString() });
  });

  it('says what it could not decode', async () => {
    const meter = begun('/v1/chat/completions', `${JSON_TYPE}\r\nContent-Encoding: dcb`);
    meter.responseBody(Buffer.from('????'), 6);
    const metered = await meter.end('complete', 9);
    expect(metered.anomalies).toEqual(['response_encoding_unsupported']);
    expect(metered.responseBody).toMatchObject({ text: null, wireBytes: 4, truncated: true });
  });

  it.each([
    [['data: [DONE]\n\n'], true],
    [['data: [DO', 'NE]\n\n'], true],
    [['data: [DONE]\n'], false],
    [[], false],
  ])('knows by %j whether a stream has said its closing word', async (pieces, finished) => {
    const meter = begun('/v1/chat/completions', SSE_TYPE);
    for (const piece of ['data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n', ...pieces])
      meter.responseBody(Buffer.from(piece), 8);
    expect((await meter.end('client_aborted', 9)).finished).toBe(finished);
  });

  it('takes the time of the first content, not of the first event', async () => {
    const meter = begun('/v1/chat/completions', SSE_TYPE);
    meter.responseBody(chunk(''), 6);
    meter.responseBody(Buffer.from('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'), 7);
    meter.responseBody(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'), 8);
    expect((await meter.end('complete', 9)).firstContentAt).toBe(8);
  });

  it('bounds what it puts together', async () => {
    const meter = begun('/v1/chat/completions', SSE_TYPE, { assembledLength: 10 });
    for (let n = 0; n < 9; n += 1) {
      meter.responseBody(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"1234"}}]}\n\n'), 8);
    }
    expect((await meter.end('complete', 9)).assembled?.text).toBe('1234123412');
  });

  it('takes bytes without heads, and heads without bytes', async () => {
    const nothing = meterFor();
    nothing.requestBody(Buffer.from('x'));
    nothing.responseBody(Buffer.from('x'), 1);
    expect(await nothing.end('unparsed', 2)).toMatchObject({
      method: '',
      status: null,
      isInference: false,
      operation: null,
    });
    const heads = begun('/v1/chat/completions', JSON_TYPE);
    expect(await heads.end('client_aborted', 2)).toMatchObject({ stream: true, usage: { state: 'none' }, error: null });
  });

  it('does not hand on a usage object that no sink could write', async () => {
    for (const extra of ['['.repeat(50_000) + ']'.repeat(50_000), JSON.stringify('x'.repeat(100_000))]) {
      const meter = begun('/v1/chat/completions', JSON_TYPE);
      meter.responseBody(
        Buffer.from(`{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"x":${extra}}}`),
        6,
      );
      const { usage, anomalies } = await meter.end('complete', 9);
      expect(usage).toMatchObject({ input_tokens: 1, output_tokens: 2, raw: null });
      expect(anomalies).toEqual(['oversized_usage']);
    }
  });

  it('says that not all tools of an answer are listed, or not by their whole name', async () => {
    const one = { id: 'call_1', function: { name: 'grep', arguments: '{}' } };
    const many = await toolsOf(...Array.from({ length: 1001 }, () => one));
    expect(many.tools).toHaveLength(1000);
    expect(many.anomalies).toEqual(['tool_calls_cut']);
    const long = await toolsOf({ id: 'i'.repeat(2000), function: { name: 'n'.repeat(2000) } });
    expect(long).toEqual({ tools: [{ id: 'i'.repeat(1024), name: 'n'.repeat(1024) }], anomalies: ['tool_calls_cut'] });
    expect((await toolsOf(...Array.from({ length: 1000 }, () => one))).anomalies).toEqual([]);
  });

  it('takes linear time for hostile streams', async () => {
    for (const line of ['\r', 'a\r', 'data: x\r', ':\n', 'data\n', '{"a":', '[', '"\\', 'data: {"usage":{\n']) {
      for (const type of [SSE_TYPE, JSON_TYPE, 'Content-Type: application/x-ndjson']) {
        const piece = Buffer.from(line.repeat(65_536 / line.length));
        const prepare = (pieces: number) => {
          const meter = begun('/v1/chat/completions', type);
          return async (): Promise<void> => {
            for (let n = 0; n < pieces; n += 1) meter.responseBody(piece, 6);
            await meter.end('complete', 9);
          };
        };
        await expectLinearTime(prepare, 16, `${JSON.stringify(line)} as ${type}`);
      }
    }
  });

  it('never throws, whatever the bytes are', async () => {
    const starts = [
      '',
      '{',
      '[',
      'data: ',
      '{"usage":',
      '[{"usageMetadata":',
      'event: x\ndata: {"type":"message_delta","usage":',
    ];
    const values = fc.jsonValue().map((value) => JSON.stringify(value));
    const bodies = fc.oneof(
      fc
        .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }))
        .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest])),
      fc
        .tuple(
          fc.constantFrom(
            'usage',
            'usageMetadata',
            'message',
            'response',
            'choices',
            'delta',
            'candidates',
            'output',
            'iterations',
          ),
          values,
        )
        .map(([key, value]) => Buffer.from(`{"type":"message","object":"response","${key}":${value}}`)),
    );
    const encodings = fc.constantFrom('', 'gzip', 'br', 'deflate', 'zstd', 'gzip, zstd');
    const targets = fc.constantFrom(
      '/v1/messages',
      '/v1/responses',
      '/v1/chat/completions',
      '/v1/models/x:generateContent',
      '/y',
    );
    await fc.assert(
      fc.asyncProperty(
        bodies,
        encodings,
        targets,
        fc.constantFrom(JSON_TYPE, SSE_TYPE, 'X: y'),
        async (body, encoding, target, type) => {
          const meter = begun(target, encoding === '' ? type : `${type}\r\nContent-Encoding: ${encoding}`);
          meter.responseBody(body.subarray(0, 7), 6);
          meter.responseBody(body.subarray(7), 7);
          const metered: Metered = await meter.end('complete', 9);
          for (const count of Object.values(metered.usage)) {
            if (typeof count === 'number') expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
