import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RecordedExchange } from '../support/recording-port.ts';
import { answeringRequests, chunked, SteeredBench } from '../support/steered-bench.ts';

const ASKED = ',"stream_options":{"include_usage":true}}';
const WORD = 'data: {"choices":[{"delta":{"content":"word"}}]}\n\n';
const EXTRA = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n';
const DONE = 'data: [DONE]\n\n';
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const STREAM = `${STREAM_HEAD}${chunked(WORD, EXTRA, DONE)}0\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const BODY = '{"model":"m","stream":true}';

function post(body: string, more = '', path = '/v1/chat/completions'): string {
  return `POST ${path} HTTP/1.1\r\nhost: api.provider.example\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function refusal(body: string, status = '400 Bad Request'): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** The body of the last answer that a client heard, its chunks put together. */
function bodyOf(client: RawClient): string {
  const framed = client.text.slice(client.text.lastIndexOf('\r\n\r\n', client.text.indexOf('\r\n0\r\n')) + 4);
  let body = '';
  for (let at = 0; ;) {
    const end = framed.indexOf('\r\n', at);
    const size = Number.parseInt(framed.slice(at, end), 16);
    if (!(size > 0)) return body;
    body += framed.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

describe('the question for usage, on intercepted connections', () => {
  const bench = new SteeredBench();

  afterEach(() => bench.close());

  const exchange = (index = 0): RecordedExchange | undefined => bench.proxy.recorder.exchanges[index];
  const ended = (count = 1): Promise<void> =>
    untilTrue(() => bench.proxy.recorder.exchanges.filter((row) => row.ends.length > 0).length >= count, 'the end');

  it('is put to the provider, and its answer reaches the record but not the client', async () => {
    await bench.start(answeringRequests(() => STREAM));
    const client = await bench.client();
    await client.send(post(BODY, 'Accept-Encoding: gzip, br\r\n')).hears('0\r\n\r\n');
    expect(client.text.slice(client.text.indexOf('\r\n\r\n') + 4)).toBe(`${chunked(WORD, DONE)}0\r\n\r\n`);
    const asked = BODY.replace('}', ASKED);
    expect(bench.sent()).toBe(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: api.provider.example\r\nContent-Type: application/json\r\nAccept-Encoding: identity\r\nContent-Length: ${asked.length}\r\nConnection: keep-alive\r\n\r\n${asked}`,
    );
    await ended();
    // The record has the client's own request, and all that the provider said.
    expect(exchange()?.requestBody.toString()).toBe(BODY);
    expect(exchange()?.requestHead).toContain('Accept-Encoding: gzip, br\r\n');
    expect(exchange()?.responseBody.toString()).toBe(WORD + EXTRA + DONE);
    expect(exchange()?.ends).toMatchObject([{ outcome: 'complete', marks: ['include_usage_added'] }]);
    expect(bench.proxy.counters.get('include_usage', 'result="added"')).toBe(1);
  });

  it('goes with a request of chunks and trailers too', async () => {
    await bench.start(answeringRequests(() => null));
    const client = await bench.client();
    client.send(
      `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunked(BODY.slice(0, 5), BODY.slice(5))}0\r\nX-Sum: 1\r\n\r\n`,
    );
    await untilTrue(() => bench.sent().endsWith('0\r\nX-Sum: 1\r\n\r\n'));
    expect(bench.sent()).toContain(chunked(ASKED.slice(0, -1)));
    expect(bench.sent()).not.toMatch(/content-length/i);
  });

  it.each([
    ['asks itself', post(BODY.replace('}', ASKED))],
    ['wants no stream', post('{"model":"m"}')],
    ['sends no JSON', post('{"stream":true,}')],
    [
      'has signed its request',
      post(BODY, 'Authorization: AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b\r\n'),
    ],
    ['has compressed its body', post(BODY, 'Content-Encoding: gzip\r\n')],
    ['calls something else', post(BODY, '', '/v1/embeddings')],
  ])('is left to a client that %s', async (_name, request) => {
    await bench.start(answeringRequests(() => STREAM));
    const client = await bench.client();
    await client.send(request).hears('0\r\n\r\n');
    expect(bodyOf(client)).toBe(WORD + EXTRA + DONE);
    expect(bench.sent().replace('Connection: keep-alive\r\n', '')).toBe(request);
    await ended();
    expect(exchange()?.ends).toEqual([
      { outcome: 'complete', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 },
    ]);
  });

  it('keeps one upstream connection for requests of every kind, and their order when they are sent ahead', async () => {
    await bench.start(
      answeringRequests(({ head, number }) =>
        head.startsWith('GET') ? `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n-${number}` : STREAM,
      ),
    );
    const client = await bench.client();
    const get = 'GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n';
    await client.send(`${get}${post(BODY)}${get}${post(BODY)}${get}`).hears('-4');
    expect(client.text.match(/-\d|"content":"word"|"usage"/g)).toEqual([
      '-0',
      '"content":"word"',
      '-2',
      '"content":"word"',
      '-4',
    ]);
    expect(bench.upstream.sockets).toHaveLength(1);
    await ended(5);
    expect(new Set(bench.proxy.recorder.exchanges.map((row) => row.connection)).size).toBe(1);
    expect([...bench.proxy.recorder.connections.values()]).toMatchObject([{ scheme: 'https', provider: 'test' }]);
  });

  it('reads an answer in pieces of one byte, and gives out each event with its last', async () => {
    const body = `: wait\r\n\r\n${WORD}${EXTRA}${DONE}`;
    await bench.start(
      answeringRequests((_request, socket) => {
        socket.write(STREAM_HEAD);
        for (const byte of body) socket.write(chunked(byte));
        return '0\r\n\r\n';
      }),
    );
    const client = await bench.client();
    await client.send(post(BODY)).hears('0\r\n\r\n');
    expect(bodyOf(client)).toBe(`: wait\r\n\r\n${WORD}${DONE}`);
  });

  it('streams: each event arrives before the next is sent', async () => {
    await bench.start(answeringRequests(() => STREAM_HEAD));
    const client = await bench.client();
    await client.send(post(BODY)).hears('event-stream');
    for (const word of ['one', 'two', 'six']) {
      bench.upstream.sockets[0]?.write(chunked(WORD.replace('word', word)));
      await client.hears(word);
    }
    bench.upstream.sockets[0]?.write(`${chunked(EXTRA)}0\r\n\r\n`);
    await client.hears('0\r\n\r\n');
    expect(client.text).not.toContain('usage');
  });

  it('takes the length away from an answer that becomes shorter', async () => {
    const body = WORD + EXTRA + DONE;
    await bench.start(
      answeringRequests(
        () => `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    const client = await bench.client();
    await client.send(post(BODY)).hears('0\r\n\r\n');
    expect(bodyOf(client)).toBe(WORD + DONE);
    expect(client.text).not.toMatch(/content-length/i);
  });

  it('passes an answer that came compressed all the same, and says so', async () => {
    const packed = gzipSync(WORD + EXTRA + DONE);
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`;
    await bench.start(answeringRequests(() => Buffer.concat([Buffer.from(head), packed])));
    const client = await bench.client();
    client.send(post(BODY));
    await untilTrue(() => client.bytes.includes(packed));
    await ended();
    expect(exchange()?.ends[0]?.marks).toEqual(['include_usage_unfiltered']);
  });

  describe('a provider that does not know it', () => {
    const REFUSAL = '{"error":{"message":"Unrecognized request argument supplied: stream_options"}}';
    const picky = answeringRequests(({ body }) => (body.includes('stream_options') ? refusal(REFUSAL) : STREAM));

    it('gets the client’s own request, and is not asked again', async () => {
      await bench.start(picky);
      const client = await bench.client();
      await client.send(post(BODY)).hears('0\r\n\r\n');
      expect(client.text.startsWith('HTTP/1.1 200 OK\r\n')).toBe(true);
      await client.forget().send(post(BODY)).hears('0\r\n\r\n');
      expect(bench.sent().match(/stream_options/g)).toHaveLength(1);
      await ended(2);
      expect(exchange(0)?.responseHead).toMatch(/^HTTP\/1.1 200 /);
      expect(exchange(0)?.ends[0]?.marks).toEqual(['include_usage_refused']);
      expect(exchange(1)?.ends[0]?.marks).toBeUndefined();
    });

    it('is asked under another path', async () => {
      await bench.start(picky);
      const client = await bench.client();
      await client.send(post(BODY)).hears('0\r\n\r\n');
      await client
        .forget()
        .send(post(BODY, '', '/v1/completions'))
        .hears('0\r\n\r\n');
      expect(bench.sent().match(/stream_options/g)).toHaveLength(2);
    });

    it.each([
      ['an error about something else', refusal('{"error":{"message":"context too long"}}')],
      [
        'an error in pieces',
        `HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('{"error":', '{"message":', '"no"}}')}0\r\n\r\n`,
      ],
      ['a long error', refusal(`${'x'.repeat(100_000)} stream_options`)],
      ['an error of another kind', refusal(REFUSAL, '403 Forbidden')],
    ])('is not tried again after %s', async (_name, answer) => {
      await bench.start(answeringRequests(() => answer));
      const client = await bench.client();
      await client.send(post(BODY)).hears(answer.slice(answer.indexOf('\r\n\r\n')));
      expect(bench.sent().match(/POST/g)).toHaveLength(1);
      await ended();
      expect(exchange()?.ends).toMatchObject([{ outcome: 'complete', marks: ['include_usage_added'] }]);
    });

    it('may break off its refusal: the client hears so', async () => {
      await bench.start(
        answeringRequests((_request, socket) => {
          socket.write(refusal(REFUSAL).slice(0, -9));
          setImmediate(() => socket.destroy());
          return null;
        }),
      );
      const client = await (await bench.client()).send(post(BODY)).over();
      expect(client.text).toContain('Unrecognized');
      await ended();
      expect(exchange()?.ends).toMatchObject([{ outcome: 'upstream_aborted' }]);
    });
  });

  it('is not put in bodies that are too long to hold: they stream through', async () => {
    const hash = createHash('sha256');
    let bytes = 0;
    await bench.start((socket) => {
      let head = '';
      socket.on('data', (chunk: Buffer) => {
        let body = chunk;
        if (!head.includes('\r\n\r\n')) {
          head += chunk.toString('latin1');
          body = Buffer.from(head.slice(head.indexOf('\r\n\r\n') + 4), 'latin1');
        }
        hash.update(body);
        bytes += body.length;
        if (bytes === sent.length) socket.write(OK);
      });
    });
    const filler = randomBytes(17 * 1024 * 1024).toString('hex');
    const sent = Buffer.from(`{"stream":true,"x":"${filler}"}`);
    const client = await bench.client();
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${sent.length}\r\n\r\n`;
    await client.send(head).send(sent).hears('ok');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(bench.proxy.counters.get('include_usage', 'result="too_long"')).toBe(1);
    await ended();
    expect(exchange()?.ends[0]?.marks).toBeUndefined();
  });

  it('works for requests in absolute form as well', async () => {
    await bench.start(answeringRequests(() => STREAM));
    const client = bench.plainClient();
    await client.send(post(BODY, '', `https://${bench.authority}/v1/chat/completions`)).hears('0\r\n\r\n');
    expect(bodyOf(client)).toBe(WORD + DONE);
    expect(bench.sent()).toContain(ASKED);
  });
});
