import { constants, createSecureServer } from 'node:http2';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Destination } from '../../../src/delivery/destination.ts';
import { createOtlp, type OtlpDeps, type OtlpOptions } from '../../../src/delivery/otlp.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { makeCa, makeLeaf } from '../../support/certificates.ts';
import { attributeIn, grpcReceiver, httpReceiver, type Receiver, spansIn } from '../../support/otlp-receiver.ts';
import { encodeMessage } from '../../support/protobuf.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

let directory: OtlpDeps['directory'];
beforeAll(async () => {
  directory = await loadRegistry();
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function opened<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

function anOtlp(url: string, over: Partial<OtlpOptions> = {}, ca: OtlpDeps['ca'] = null): Destination {
  const options = {
    url,
    protocol: 'http/protobuf' as const,
    headers: {},
    bodies: false,
    serviceName: 'proxy',
    gzip: true,
  };
  return opened(createOtlp({ ...options, ...over }, { ca, version: '1.2.3', machine: 'ada@box', directory }));
}

const NEVER = new AbortController().signal;
const CALLS = [aStoredExchange({ id: 'call_a' }), aStoredExchange({ id: 'call_b' })];

const spansOf = ({ received }: Receiver<unknown>): ReturnType<typeof spansIn> =>
  received.flatMap(({ traces }) => spansIn(traces));

const idsOf = (receiver: Receiver<unknown>): unknown[] =>
  spansOf(receiver).map((span) => attributeIn(span, 'llm_proxy.call_id'));

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
const receiverOf = (protocol: string, maxBytes?: number): Promise<Receiver<object>> =>
  protocol === 'grpc' ? grpcReceiver(maxBytes) : httpReceiver(maxBytes);

const aLongCall = (id: string, text: string): ReturnType<typeof aStoredExchange> => {
  const asked = { model: 'm', messages: Array.from({ length: 8 }, () => ({ role: 'user', content: text })) };
  return aStoredExchange({ id }, { request: aStoredMessage('POST /v1/messages HTTP/1.1', JSON.stringify(asked)) });
};

const shown = (url: string, protocol: OtlpOptions['protocol'] = 'http/protobuf'): string =>
  anOtlp(url, { protocol }).address;

describe('delivery/otlp', () => {
  for (const protocol of PROTOCOLS) {
    describe(protocol, () => {
      for (const gzip of [true, false]) {
        it(`is taken by a strict receiver ${gzip ? 'compressed' : 'as it is'}`, async () => {
          const receiver = opened(await receiverOf(protocol));
          const otlp = anOtlp(receiver.url, { protocol, gzip, headers: { 'X-Key': 'k1' } });
          expect(await otlp.send(CALLS, NEVER)).toEqual({ refused: 0, reason: null });
          expect(idsOf(receiver)).toEqual(['call_a', 'call_b']);
          expect(receiver.received[0]?.headers).toMatchObject({ 'x-key': 'k1', 'user-agent': 'llm-proxy/1.2.3' });
          expect(receiver.received[0]?.traces.resourceSpans[0]?.resource.attributes).toEqual([
            { key: 'service.name', value: { stringValue: 'proxy' } },
            { key: 'service.version', value: { stringValue: '1.2.3' } },
            { key: 'host.name', value: { stringValue: 'box' } },
            { key: 'process.owner', value: { stringValue: 'ada' } },
          ]);
        });
      }

      it('sends the same bytes when the same calls come again, and what was said where it is asked for', async () => {
        const receiver = opened(await receiverOf(protocol));
        const otlp = anOtlp(receiver.url, { protocol, bodies: true });
        await otlp.send(CALLS, NEVER);
        await otlp.send(CALLS, NEVER);
        const [first, again] = receiver.received;
        expect(first?.bytes).toEqual(again?.bytes);
        const [span] = spansOf(receiver);
        expect(span && attributeIn(span, 'llm.output_messages.0.message.content')).toBe('Hi there');
        expect(span && attributeIn(span, 'llm.input_messages.1.message.content')).toBe('Hello');
      });

      it('says nothing of what was said unless asked', async () => {
        const receiver = opened(await receiverOf(protocol));
        await anOtlp(receiver.url, { protocol }).send(CALLS, NEVER);
        expect(receiver.received[0]?.bytes.includes('Hi there')).toBe(false);
        expect(receiver.received[0]?.bytes.includes('Hello')).toBe(false);
      });

      it('halves what the other side finds too large, down to the numbers of one call', async () => {
        const receiver = opened(await receiverOf(protocol, 12_000));
        const text = 'x'.repeat(20_000);
        const asked = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] });
        const large = aStoredExchange(
          { id: 'call_x' },
          { request: aStoredMessage('POST /v1/messages HTTP/1.1', asked) },
        );
        const otlp = anOtlp(receiver.url, { protocol, bodies: true });
        expect(await otlp.send([CALLS[0]!, large, CALLS[1]!], NEVER)).toEqual({ refused: 0, reason: null });
        expect(idsOf(receiver)).toEqual(['call_a', 'call_x', 'call_b']);
        const marks = spansOf(receiver).map((span) => attributeIn(span, 'llm_proxy.messages_left_out'));
        expect(marks).toEqual([undefined, true, undefined]);
      });

      it('gives up on a call whose numbers are too large already', async () => {
        const receiver = opened(await receiverOf(protocol, 10));
        await expect(anOtlp(receiver.url, { protocol }).send(CALLS.slice(0, 1), NEVER)).rejects.toMatchObject({
          verdict: 'too_large',
        });
      });

      it('stops when it is told to', async () => {
        const receiver = opened(await receiverOf(protocol));
        const stop = AbortSignal.abort();
        await expect(anOtlp(receiver.url, { protocol }).send(CALLS, stop)).rejects.toMatchObject({ verdict: 'retry' });
      });

      it('tries again where nobody answers', async () => {
        const receiver = await receiverOf(protocol);
        await receiver.close();
        await expect(anOtlp(receiver.url, { protocol }).send(CALLS, NEVER)).rejects.toMatchObject({ verdict: 'retry' });
      });
    });
  }

  it('spreads what is long over several requests, and cuts what no request can hold', async () => {
    const receiver = opened(await httpReceiver());
    const calls = [
      aLongCall('call_a', 'ä'.repeat(60_000)),
      aLongCall('call_b', '"'.repeat(60_000)),
      aLongCall('call_c', '\u0001'.repeat(150_000)),
    ];
    expect(await anOtlp(receiver.url, { protocol: 'http/json', bodies: true }).send(calls, NEVER)).toEqual({
      refused: 0,
      reason: null,
    });
    expect(receiver.received.length).toBeGreaterThan(1);
    expect(idsOf(receiver)).toEqual(['call_a', 'call_b', 'call_c']);
    for (const { bytes } of receiver.received) expect(bytes.length).toBeLessThanOrEqual(4_000_000);
    const omitted = spansOf(receiver).map((span) => attributeIn(span, 'llm_proxy.messages_omitted'));
    expect(omitted).toEqual([undefined, undefined, '6']);
  });

  it('tells of spans that were not accepted, in either coding', async () => {
    const receiver = opened(await httpReceiver());
    const partial = encodeMessage([
      1,
      encodeMessage([1, 1], [2, 'too   old, key sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123']),
    ]);
    const advice = { partialSuccess: { errorMessage: 'a shorter name would be nice' } };
    receiver.replies.push({ status: 200, body: partial });
    receiver.replies.push({ status: 200, body: '{"partialSuccess":{"rejectedSpans":"9","errorMessage":"full"}}' });
    receiver.replies.push({ status: 200, body: JSON.stringify(advice) }, { status: 200, body: 'fine!' });
    const otlp = anOtlp(receiver.url);
    const first = await otlp.send(CALLS, NEVER);
    expect(first).toMatchObject({ refused: 1, reason: expect.stringContaining('too old, key') });
    expect(first.reason).not.toContain('abcdefghijklmnop');
    expect(await otlp.send(CALLS, NEVER)).toEqual({ refused: 2, reason: 'full' });
    expect(await otlp.send(CALLS, NEVER)).toEqual({ refused: 0, reason: null });
    expect(await otlp.send(CALLS, NEVER)).toEqual({ refused: 0, reason: null });
  });

  it('tells of spans that were not accepted over gRPC', async () => {
    const receiver = opened(await grpcReceiver());
    receiver.replies.push({ status: 0, body: encodeMessage([1, encodeMessage([1, 2], [2, 'no'])]) });
    expect(await anOtlp(receiver.url, { protocol: 'grpc' }).send(CALLS, NEVER)).toEqual({ refused: 2, reason: 'no' });
  });

  it('takes a status of HTTP as the specification has it', async () => {
    const receiver = opened(await httpReceiver());
    const otlp = anOtlp(receiver.url);
    const expected = {
      400: 'refused',
      401: 'settings',
      403: 'settings',
      404: 'settings',
      415: 'settings',
      422: 'refused',
      429: 'retry',
      500: 'retry',
      502: 'retry',
      503: 'retry',
      504: 'retry',
    };
    const said: Record<string, string> = {};
    for (const status of Object.keys(expected)) {
      receiver.replies.push({ status: Number(status), headers: { 'retry-after': '7' } });
      await otlp.send(CALLS, NEVER).catch((error: { verdict: string; retryAfterMs: number }) => {
        said[status] = error.verdict;
        expect(error.retryAfterMs).toBe(7000);
      });
    }
    expect(said).toEqual(expected);
  });

  it('reads why it was refused, as protobuf and as text', async () => {
    const receiver = opened(await httpReceiver());
    const otlp = anOtlp(receiver.url);
    receiver.replies.push(
      { status: 400, body: encodeMessage([2, 'span is bad']) },
      { status: 400, body: 'no such  thing' },
    );
    await expect(otlp.send(CALLS, NEVER)).rejects.toThrow(/^HTTP 400: span is bad$/);
    await expect(otlp.send(CALLS, NEVER)).rejects.toThrow(/^HTTP 400: no such thing$/);
  });

  it('takes a status of gRPC as the specification has it', async () => {
    const receiver = opened(await grpcReceiver());
    const otlp = anOtlp(receiver.url, { protocol: 'grpc' });
    const verdicts: unknown[] = [];
    for (let status = 1; status <= 17; status += 1) {
      receiver.replies.push({ status, message: 'nö 100%', ...(status % 2 === 0 ? { body: Buffer.alloc(0) } : {}) });
      const error = (await otlp.send(CALLS, NEVER).catch((thrown: unknown) => thrown)) as Error & { verdict: string };
      expect(error.message).toMatch(/: nö 100%$/);
      verdicts.push(error.verdict);
    }
    const [retry, refused, settings] = ['retry', 'refused', 'settings'];
    expect(verdicts).toEqual(
      [
        [retry, refused, refused, retry, settings, refused, settings, retry, refused, retry],
        [retry, settings, refused, retry, retry, settings, refused],
      ].flat(),
    );
    expect(receiver.sessions()).toBe(1);
  });

  it('waits as long as a gRPC server asks for', async () => {
    const receiver = opened(await grpcReceiver());
    const otlp = anOtlp(receiver.url, { protocol: 'grpc' });
    const delay = encodeMessage([1, encodeMessage([1, 3], [2, 500_000_000])]);
    const detail = encodeMessage([1, 'type.googleapis.com/google.rpc.RetryInfo'], [2, delay]);
    const other = encodeMessage([1, 'type.googleapis.com/google.rpc.BadRequest'], [2, encodeMessage([1, 'x'])]);
    const details = encodeMessage([1, 8], [2, 'too large a queue'], [3, other], [3, detail]).toString('base64');
    const pushback = { 'grpc-retry-pushback-ms': '250' };
    receiver.replies.push({ status: 8, trailers: { 'grpc-status-details-bin': details } });
    receiver.replies.push({ status: 14, trailers: pushback, body: Buffer.alloc(0) });
    receiver.replies.push({ status: 14, trailers: { 'grpc-retry-pushback-ms': '-1' } });
    const asked = async (): Promise<unknown> => otlp.send(CALLS, NEVER).catch((error: unknown) => error);
    expect(await asked()).toMatchObject({
      verdict: 'retry',
      retryAfterMs: 3500,
      message: 'RESOURCE_EXHAUSTED: too large a queue',
    });
    expect(await asked()).toMatchObject({ verdict: 'retry', retryAfterMs: 250 });
    expect(await asked()).toMatchObject({ verdict: 'retry', retryAfterMs: null });
  });

  it('opens a new connection when the old one was ended or broke off', async () => {
    const receiver = opened(await grpcReceiver());
    const otlp = anOtlp(receiver.url, { protocol: 'grpc' });
    receiver.replies.push({ status: 0, body: Buffer.alloc(0), goaway: true });
    receiver.replies.push({ reset: constants.NGHTTP2_REFUSED_STREAM });
    await otlp.send(CALLS, NEVER);
    await expect(otlp.send(CALLS, NEVER)).rejects.toMatchObject({ verdict: 'retry' });
    await otlp.send(CALLS, NEVER);
    await otlp.send(CALLS, NEVER);
    expect([receiver.received.length, receiver.sessions()]).toEqual([2, 3]);
  });

  it('is stopped in the middle of a call, and can begin another', async () => {
    const receiver = opened(await grpcReceiver());
    const otlp = anOtlp(receiver.url, { protocol: 'grpc' });
    const stop = new AbortController();
    receiver.replies.push({ hang: () => stop.abort() });
    await expect(otlp.send(CALLS, stop.signal)).rejects.toMatchObject({ verdict: 'retry' });
    await otlp.send(CALLS, NEVER);
    expect(idsOf(receiver)).toEqual(['call_a', 'call_b']);
  });

  it('verifies whom it speaks gRPC with', async () => {
    const ca = makeCa();
    const { cert, key } = makeLeaf(ca, { dns: ['localhost'] });
    const receiver = opened(await grpcReceiver(undefined, () => createSecureServer({ cert, key })));
    const url = receiver.url.replace('http://127.0.0.1', 'https://localhost');
    await expect(anOtlp(url, { protocol: 'grpc' }).send(CALLS, NEVER)).rejects.toMatchObject({
      verdict: 'retry',
      message: expect.stringMatching(/certificate/),
    });
    await anOtlp(url, { protocol: 'grpc' }, [ca.pem]).send(CALLS, NEVER);
    expect(idsOf(receiver)).toEqual(['call_a', 'call_b']);
  });

  it('says so where no gRPC is spoken', async () => {
    const http = opened(await httpReceiver());
    await expect(anOtlp(http.url, { protocol: 'grpc' }).send(CALLS, NEVER)).rejects.toMatchObject({
      verdict: 'settings',
      message: expect.stringContaining('http/protobuf'),
    });
    const receiver = opened(await grpcReceiver());
    receiver.replies.push({ http: 503 }, { http: 404 }, { http: 200 });
    const otlp = anOtlp(receiver.url, { protocol: 'grpc' });
    await expect(otlp.send(CALLS, NEVER)).rejects.toMatchObject({ verdict: 'retry', message: /HTTP 503/ });
    await expect(otlp.send(CALLS, NEVER)).rejects.toMatchObject({ verdict: 'settings' });
    await expect(otlp.send(CALLS, NEVER)).rejects.toMatchObject({ verdict: 'settings' });
  });

  it('takes a base address or the whole one, and shows neither credentials nor query', () => {
    expect(shown('http://localhost:4318')).toBe('http://localhost:4318/v1/traces');
    expect(shown('https://ada:secret@otlp.example/base/?key=secret#x')).toBe('https://otlp.example/base/v1/traces');
    expect(shown('https://otlp.example/base/v1/traces')).toBe('https://otlp.example/base/v1/traces');
    expect(shown('http://ada:secret@localhost:4317/x', 'grpc')).toBe('http://localhost:4317');
  });

  it('signs in with what stands in the address', async () => {
    const receiver = opened(await httpReceiver());
    await anOtlp(receiver.url.replace('http://', 'http://ada:p%40ss@')).send(CALLS, NEVER);
    expect(receiver.received[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('ada:p@ss').toString('base64')}`);
  });
});
