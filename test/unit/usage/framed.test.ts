import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/capture.ts';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS, type Metered, type MeterLimits } from '../../../src/usage/metered.ts';
import { encodeChunk, encodeEvent } from '../../support/eventstream.ts';
import { encodeMessage, grpcFrame, grpcGzipFrame, type Field } from '../../support/protobuf.ts';

let directory: ProviderRegistry;
beforeAll(async () => {
  directory = await loadRegistry();
});

interface Exchange {
  provider: string;
  target: string;
  requestHeaders?: string;
  request?: Uint8Array;
  responseHeaders: string;
  /** Null = bytes that were not captured. */
  pieces: readonly (Uint8Array | null)[];
  outcome?: Outcome;
  limits?: Partial<MeterLimits>;
}

async function meter(exchange: Exchange): Promise<Metered> {
  const { provider, target, requestHeaders = '', responseHeaders, limits } = exchange;
  const env = { directory, host: 'h.example', port: 443, provider, limits: { ...DEFAULT_LIMITS, ...limits } };
  const subject = new ExchangeMeter(env);
  subject.requestHead(Buffer.from(`POST ${target} HTTP/1.1\r\n${requestHeaders}\r\n\r\n`));
  subject.requestBody(exchange.request ?? new Uint8Array());
  subject.responseHead(Buffer.from(`HTTP/1.1 200 OK\r\n${responseHeaders}\r\n\r\n`), 10);
  for (const piece of exchange.pieces) {
    if (piece === null) {
      subject.responseGap(100);
      continue;
    }
    const lent = Buffer.from(piece);
    subject.responseBody(lent, 20);
    lent.fill(0x7e);
  }
  return subject.end(exchange.outcome ?? 'complete', 30);
}

function splits(bytes: Buffer): Buffer[][] {
  const cuts = Array.from({ length: bytes.length - 1 }, (_, at) => [bytes.subarray(0, at + 1), bytes.subarray(at + 1)]);
  return [[bytes], ...cuts, [...bytes].map((byte) => Buffer.of(byte))];
}

const text = (piece: string): Buffer =>
  encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: piece } });

const modality = (kind: number, count: number): Buffer => encodeMessage([1, kind], [2, count]);

describe('usage/framed: event streams', () => {
  const target = '/model/us.amazon.test-v1%3A0/converse-stream';
  const responseHeaders = 'Content-Type: application/vnd.amazon.eventstream';
  const metadata = encodeEvent('metadata', { usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 } });
  const base = { provider: 'bedrock', target, responseHeaders };

  it('trusts nothing of a stream whose checksum is wrong, not even what could be found by searching', async () => {
    const broken = Buffer.from(metadata);
    broken[broken.length - 10] = 0x20;
    const { usage, anomalies, assembled } = await meter({ ...base, pieces: [text('a'), broken] });
    expect(usage).toMatchObject({ input_tokens: null, output_tokens: null, state: 'none' });
    expect(anomalies).toEqual(['eventstream_crc']);
    expect(assembled?.text).toBe('a');
  });

  it('finds the counts behind what was not captured', async () => {
    const lost = text('some words that are lost');
    for (let at = 1; at < lost.length; at += 1) {
      const pieces = [text('a'), lost.subarray(0, at), null, lost.subarray(at), metadata];
      const { usage } = await meter({ ...base, pieces });
      expect(usage).toMatchObject({ input_tokens: 11, output_tokens: 7, source: 'eventstream', state: 'final' });
    }
  });

  it('flags a stream that ends inside a frame', async () => {
    const { anomalies, usage } = await meter({ ...base, pieces: [text('a'), metadata.subarray(0, -1)] });
    expect(anomalies).toEqual(['malformed_stream']);
    expect(usage.state).toBe('none');
  });

  it('goes on behind a frame over the limit', async () => {
    const pieces = [text('x'.repeat(2000)), metadata];
    const { anomalies, usage } = await meter({ ...base, pieces, limits: { messageLength: 1000 } });
    expect(anomalies).toEqual(['oversized_message']);
    expect(usage).toMatchObject({ input_tokens: 11, state: 'final' });
  });

  it('knows an event stream by its first bytes when its type says nothing, at every split', async () => {
    for (const type of ['', 'Content-Type: application/octet-stream', 'Content-Type: application/json']) {
      for (const pieces of splits(metadata)) {
        const { usage } = await meter({ ...base, responseHeaders: type, pieces });
        expect(usage).toMatchObject({ input_tokens: 11, output_tokens: 7, source: 'eventstream' });
      }
    }
  });

  it('reads as before what merely begins with a zero', async () => {
    const document = '{"usage":{"inputTokens":1,"outputTokens":2}}';
    for (const pieces of splits(Buffer.from(`\0\0\0${document}`))) {
      const { usage } = await meter({ ...base, responseHeaders: 'Content-Type: application/json', pieces });
      expect(usage).toMatchObject({ input_tokens: 1, output_tokens: 2, source: 'json' });
    }
    const { usage } = await meter({ ...base, responseHeaders: '', pieces: [Buffer.from([0, 0, 0])] });
    expect(usage.state).toBe('none');
  });

  it('does not read text in chunks, as agents stream it, for a call', async () => {
    const chunk = encodeEvent('chunk', { bytes: Buffer.from('"usage":{"inputTokens":5}').toString('base64') });
    const { usage } = await meter({ ...base, target: '/agents/a/sessions/s/text', pieces: [chunk] });
    expect(usage.state).toBe('none');
  });

  it('never throws and never takes noise for counts', async () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.jsonValue().map((value) => encodeChunk(value)),
      fc
        .tuple(fc.constantFrom('metadata', 'messageStop', 'chunk', 'x'), fc.jsonValue())
        .map(([event, value]) => encodeEvent(event, value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (pieces) => {
        for (const operation of ['converse-stream', 'invoke-with-response-stream']) {
          const { usage } = await meter({ ...base, target: `/model/m/${operation}`, pieces });
          expect(usage.input_tokens).toBeNull();
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Of a chunk of xAI's. */
const xaiDelta = (...fields: Field[]): Buffer => encodeMessage([1, encodeMessage(...fields)]);
const xaiCounts = (...fields: Field[]): Field => [6, encodeMessage(...fields)];

describe('usage/framed: gRPC', () => {
  const headers = 'Content-Type: application/grpc';

  /** The same answer in the numbering of either service. */
  const SERVICES = {
    google: {
      target: '/google.ai.generativelanguage.v1beta.GenerativeService/StreamGenerateContent',
      request: encodeMessage([1, 'models/gemini-test'], [2, encodeMessage([1, encodeMessage([2, 'hi'])])]),
      delta: (text: string) => encodeMessage([1, encodeMessage([1, encodeMessage([1, encodeMessage([2, text])])])]),
      last: (...more: Field[]) =>
        encodeMessage(
          [1, encodeMessage([2, 1])],
          [
            3,
            encodeMessage(
              [1, 100],
              [2, 20],
              [3, 135],
              [4, 60],
              [8, 10],
              [10, 5],
              [5, modality(1, 80)],
              [5, modality(4, 20)],
              [7, modality(2, 20)],
            ),
          ],
          [4, 'gemini-test-001'],
          [5, 'resp-1'],
          ...more,
        ),
    },
    vertex: {
      target: '/google.cloud.aiplatform.v1.PredictionService/StreamGenerateContent',
      request: encodeMessage(
        [2, encodeMessage([2, encodeMessage([1, 'hi'])])],
        [5, 'projects/p/locations/l/publishers/google/models/gemini-test'],
      ),
      delta: (text: string) => encodeMessage([2, encodeMessage([2, encodeMessage([2, encodeMessage([1, text])])])]),
      last: (...more: Field[]) =>
        encodeMessage(
          [2, encodeMessage([3, 1])],
          [
            4,
            encodeMessage(
              [1, 100],
              [2, 20],
              [3, 135],
              [5, 60],
              [13, 10],
              [14, 5],
              [9, modality(1, 80)],
              [9, modality(4, 20)],
              [11, modality(2, 20)],
            ),
          ],
          [11, 'gemini-test-001'],
          [13, 'resp-1'],
          ...more,
        ),
    },
  } as const;

  const USAGE = {
    input_tokens: 110,
    output_tokens: 25,
    cache_read_tokens: 60,
    tool_prompt_tokens: 10,
    reasoning_tokens: 5,
    input_audio_tokens: 20,
    output_image_tokens: 20,
    source: 'grpc',
    state: 'final',
  };

  it.each(['google', 'vertex'] as const)('reads a stream of %s at every split', async (provider) => {
    const { target, request, delta, last } = SERVICES[provider];
    const body = Buffer.concat([grpcFrame(delta('grü')), grpcFrame(delta('ße')), grpcFrame(last([99, 'new']))]);
    for (const pieces of splits(body)) {
      expect(
        await meter({
          provider,
          target,
          requestHeaders: headers,
          request: grpcFrame(request),
          responseHeaders: headers,
          pieces,
        }),
      ).toMatchObject({
        operation: 'generate_content',
        dialect: 'gemini',
        isInference: true,
        stream: true,
        request_model: 'gemini-test',
        response_model: 'gemini-test-001',
        response_id: 'resp-1',
        stop_reason: 'STOP',
        assembled: { text: 'grüße' },
        firstContentAt: 20,
        usage: USAGE,
        anomalies: [],
        responseBody: { text: null },
      });
    }
  });

  it.each(['google', 'vertex'] as const)(
    'reads one message of %s, compressed, with a call of a tool',
    async (provider) => {
      const { target, request, last } = SERVICES[provider];
      const args = encodeMessage([1, encodeMessage([1, 'city'], [2, encodeMessage([3, 'Ulm'])])]);
      const call = encodeMessage([1, 'weather'], [2, args]);
      const candidate =
        provider === 'google'
          ? encodeMessage([1, encodeMessage([1, encodeMessage([4, call])])])
          : encodeMessage([2, encodeMessage([2, encodeMessage([5, call])])]);
      const metered = await meter({
        provider,
        target: target.replace('Stream', ''),
        requestHeaders: `${headers}+proto\r\ngrpc-encoding: gzip`,
        request: grpcGzipFrame(request),
        responseHeaders: `${headers}\r\ngrpc-encoding: gzip`,
        pieces: [grpcGzipFrame(last([provider === 'google' ? 1 : 2, candidate]))],
      });
      expect(metered).toMatchObject({
        stream: false,
        request_model: 'gemini-test',
        assembled: { toolCalls: [{ name: 'weather', input: '{"city":"Ulm"}' }] },
        usage: USAGE,
      });
    },
  );

  it('reads xAI at every split: counts so far in each chunk, zeros left out, reasoning beside the completion', async () => {
    const call = encodeMessage([1, 'c1'], [10, encodeMessage([1, 'look'], [2, '{}'])]);
    const body = Buffer.concat([
      grpcFrame(encodeMessage([1, 'id-1'], [2, xaiDelta([4, 'hm'])], [4, 'grok-test-1'], [6, Buffer.alloc(0)])),
      grpcFrame(encodeMessage([2, xaiDelta([1, 'hi'])], xaiCounts([2, 30], [3, 32], [1, 2]))),
      grpcFrame(
        encodeMessage(
          [2, encodeMessage([1, encodeMessage([3, call])], [3, 4])],
          xaiCounts([2, 30], [3, 50], [6, 20], [7, 12], [11, 15_000_000]),
          [12, 2],
        ),
      ),
    ]);
    for (const pieces of splits(body)) {
      const metered = await meter({
        provider: 'xai',
        target: '/xai_api.Chat/GetCompletionChunk',
        requestHeaders: headers,
        request: grpcFrame(encodeMessage([1, encodeMessage([1, 'hi'])], [2, 'grok-test'])),
        responseHeaders: headers,
        pieces,
      });
      expect(metered).toMatchObject({
        operation: 'chat',
        dialect: 'openai-chat',
        stream: true,
        request_model: 'grok-test',
        response_model: 'grok-test-1',
        response_id: 'id-1',
        service_tier: 'priority',
        stop_reason: 'REASON_TOOL_CALLS',
        assembled: { text: 'hi', thinking: 'hm', toolCalls: [{ id: 'c1', name: 'look', input: '{}' }] },
        usage: {
          input_tokens: 30,
          output_tokens: 20,
          reasoning_tokens: 20,
          cache_read_tokens: 12,
          source: 'grpc',
          state: 'final',
        },
        providerCostUsd: 0.0015,
        anomalies: [],
      });
    }
  });

  it('counts no counting, and states an error that came instead of an answer', async () => {
    const counting = await meter({
      provider: 'google',
      target: '/google.ai.generativelanguage.v1beta.GenerativeService/CountTokens',
      requestHeaders: headers,
      responseHeaders: headers,
      pieces: [grpcFrame(encodeMessage([1, 500]))],
    });
    expect(counting).toMatchObject({ operation: 'count_tokens', isInference: false, usage: { state: 'none' } });
    const { target, request } = SERVICES.google;
    const failed = await meter({
      provider: 'google',
      target,
      requestHeaders: headers,
      request: grpcFrame(request),
      responseHeaders: `${headers}\r\ngrpc-status: 8\r\ngrpc-message: quota%20is%20used`,
      pieces: [],
    });
    expect(failed).toMatchObject({
      request_model: 'gemini-test',
      error: { type: 'RESOURCE_EXHAUSTED', message: 'quota is used' },
      usage: { state: 'none' },
    });
  });

  it('leaves a cut stream partial with the counts that came', async () => {
    const { target, request, delta, last } = SERVICES.vertex;
    const open = encodeMessage([4, encodeMessage([1, 100], [2, 3], [3, 103])]);
    const cut = await meter({
      provider: 'vertex',
      target,
      requestHeaders: headers,
      request: grpcFrame(request),
      responseHeaders: headers,
      pieces: [grpcFrame(delta('a')), grpcFrame(open), grpcFrame(last()).subarray(0, -3)],
      outcome: 'client_aborted',
    });
    expect(cut.usage).toMatchObject({ input_tokens: 100, output_tokens: 3, state: 'partial', source: 'grpc' });
  });

  it('says so when messages are damaged, compressed in an unknown way, or none', async () => {
    const { target, request, last } = SERVICES.google;
    const base = {
      provider: 'google',
      target,
      requestHeaders: headers,
      request: grpcFrame(request),
      responseHeaders: headers,
    };
    const damaged = await meter({ ...base, pieces: [grpcFrame(last().subarray(0, -1))] });
    expect(damaged.anomalies).toEqual(['malformed_message']);
    const unknown = await meter({ ...base, pieces: [grpcGzipFrame(last())] });
    expect(unknown).toMatchObject({ anomalies: ['grpc_encoding'], usage: { state: 'none' } });
    const none = await meter({ ...base, pieces: [Buffer.from('<html>no gRPC here</html>')] });
    expect(none).toMatchObject({ anomalies: ['malformed_stream'], usage: { state: 'none' } });
    const other = await meter({ ...base, target: '/acme.v1.Service/Method', pieces: [grpcFrame(last())] });
    expect(other).toMatchObject({ anomalies: [], usage: { state: 'none' } });
  });
});
