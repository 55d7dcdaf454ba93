import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, MessageParser, type Role } from '../../../src/wire/http1.ts';

/** What a parser tells, as text; body slices are joined. */
function listen(
  role: Role,
  methods: string[] = [],
): { parser: MessageParser; told: string[]; feed: (bytes: Buffer) => void } {
  const told: string[] = [];
  const pending = [...methods];
  const parser: MessageParser = new MessageParser(
    role,
    {
      head: (head, { method, status }) => told.push(`head ${method}${status === 0 ? '' : status} ${head.length}`, ''),
      body: (bytes) => {
        told[told.length - 1] += bytes.toString('latin1');
      },
      end: () => {
        told.push('end');
        if (pending.length > 0) parser.expect(pending.shift() ?? '');
      },
    },
    ['x-llm-proxy-'],
  );
  if (pending.length > 0) parser.expect(pending.shift() ?? '');
  const feed = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length && parser.anomaly === null && !parser.opaque;) at = parser.execute(bytes, at);
  };
  return { parser, told, feed };
}

function run(
  role: Role,
  text: string,
  methods: string[] = [],
  size = Infinity,
): { told: string[]; anomaly: string | null } {
  const { parser, told, feed } = listen(role, methods);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size));
  return { told, anomaly: parser.anomaly };
}

function framing(head: string): unknown {
  let found: unknown = null;
  const parser = new MessageParser('request', { head: (_, told) => (found = told), body: () => {}, end: () => {} }, [
    'x-llm-proxy-',
  ]);
  parser.execute(Buffer.from(`GET / ${head}\r\n\r\n`));
  return found;
}

const REQUESTS =
  '\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
  'GET /b HTTP/1.1\r\nHost: a\r\n\r\n' +
  '\r\n\r\nPOST /c HTTP/1.1\r\nTRANSFER-encoding: Chunked\r\n\r\n3;x="y"\r\nabc\r\n000A\r\n0123456789\r\n0\r\nX: y\r\n\r\n';
const RESPONSES =
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' +
  'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304\r\nContent-Length: 7\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n';
const METHODS = ['POST', 'HEAD', 'GET', 'GET', 'POST'];

describe('wire/http1', () => {
  const requests = ['head POST 48', 'hello', 'end', 'head GET 28', '', 'end', 'head POST 48', 'abc0123456789', 'end'];
  const responses = [
    'head 200 38',
    'ok',
    'end',
    'head 200 39',
    '',
    'end',
    'head 204 27',
    '',
    'end',
    'head 304 35',
    '',
    'end',
    'head 200 47',
    'hi',
    'end',
  ];

  it('tells the messages of pipelined requests, empty lines before them skipped', () => {
    expect(run('request', REQUESTS)).toEqual({ told: requests, anomaly: null });
  });

  it('tells answers with interim heads passed over, and none of the bodies that HEAD, 204 and 304 do not have', () => {
    expect(run('response', RESPONSES, METHODS)).toEqual({ told: responses, anomaly: null });
  });

  it('tells the same however the bytes are cut', () => {
    for (let cut = 1; cut < REQUESTS.length; cut++) {
      const { told, feed } = listen('request');
      feed(Buffer.from(REQUESTS.slice(0, cut)));
      feed(Buffer.from(REQUESTS.slice(cut)));
      expect(told).toEqual(requests);
    }
    for (let size = 1; size < 60; size++) {
      expect(run('request', REQUESTS, [], size).told).toEqual(requests);
      expect(run('response', RESPONSES, METHODS, size).told).toEqual(responses);
    }
  });

  it('hands out slices of what it was fed, not copies', () => {
    const chunk = Buffer.from('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc');
    const slices: Buffer[] = [];
    new MessageParser('request', {
      head: (head) => slices.push(head),
      body: (bytes) => slices.push(bytes),
      end: () => {},
    }).execute(chunk);
    expect(slices.every((slice) => slice.buffer === chunk.buffer)).toBe(true);
  });

  it('ends a body without length with the connection, and no other', () => {
    const open = listen('response', ['GET']);
    open.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\nsome'));
    open.feed(Buffer.from(' more'));
    open.parser.finish();
    expect(open.told).toEqual(['head 200 19', 'some more', 'end']);
    const cut = listen('response', ['GET']);
    cut.feed(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome'));
    cut.parser.finish();
    expect(cut.told.at(-1)).toBe('some');
  });

  it.each([
    ['101', 'GET', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a 200 to CONNECT', 'CONNECT', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
  ])('is opaque behind %s', (_, method, head) => {
    const { parser } = listen('response', [method]);
    const chunk = Buffer.from(`${head}\0\0`);
    expect(parser.execute(chunk)).toBe(head.length);
    expect(parser.opaque).toBe(true);
    expect(parser.execute(chunk, head.length)).toBe(head.length);
  });

  it('says whether the connection outlives the message, whether a body may never come, and which names are watched', () => {
    expect(framing('HTTP/1.1')).toMatchObject({ persistent: true, watched: false, expectContinue: false });
    expect(framing('HTTP/1.1\r\nConnection: TE, Close')).toMatchObject({ persistent: false });
    expect(framing('HTTP/1.0')).toMatchObject({ persistent: false });
    expect(framing('HTTP/1.0\r\nConnection: Keep-Alive')).toMatchObject({ persistent: true });
    expect(framing('HTTP/1.1\r\nExpect: 100-Continue')).toMatchObject({ expectContinue: true });
    expect(framing('HTTP/1.1\r\nX-Api-Key: a\r\nX-LLM-PROXY-Task: b')).toMatchObject({ watched: true });
  });

  it.each([
    ['length_and_chunked', 'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['content_length', 'POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
    ['content_length', 'POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n'],
    ['content_length', 'POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n'],
    ['content_length', 'POST / HTTP/1.1\r\nContent-Length: 3\xa0\r\n\r\n'],
    ['content_length', 'POST / HTTP/1.1\r\nContent-Length:\r\n\r\n'],
    ['transfer_encoding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['transfer_encoding', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['transfer_encoding', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['obs_fold', 'POST / HTTP/1.1\r\nA: b\r\n c\r\n\r\n'],
    ['header_name', 'POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\n'],
    ['header_name', 'POST / HTTP/1.1\r\nno colon\r\n\r\n'],
    ['header_name', 'POST / HTTP/1.1\r\n: x\r\n\r\n'],
    ['bare_cr_or_lf', 'POST / HTTP/1.1\r\nA: b\nContent-Length: 3\r\n\r\n'],
    ['bare_cr_or_lf', 'POST / HTTP/1.1\r\nA: b\rc\r\n\r\n'],
    ['control_character', 'POST / HTTP/1.1\r\nA: b\0c\r\n\r\n'],
    ['duplicate_host', 'POST / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n'],
    ['version', 'PRI * HTTP/2.0\r\n\r\n'],
    ['version', 'GET / HTTP/1.2\r\n\r\n'],
    ['start_line', 'GET  / HTTP/1.1\r\n\r\n'],
    ['start_line', 'GET / x HTTP/1.1\r\n\r\n'],
    ['start_line', 'GET /\r\n\r\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\n'],
    ['chunk_size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n'],
    ['chunk_extension', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nb\r\n'],
    ['chunk_end', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n'],
    ['trailer', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\nC: d\r\n\r\n'],
    ['head_too_long', `GET / HTTP/1.1\r\nA: ${'x'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`],
  ])('stops with %s at %j, whole or byte by byte', (anomaly, text) => {
    expect(run('request', text).anomaly).toBe(anomaly);
    if (text.length < 1000) expect(run('request', text, [], 1).anomaly).not.toBeNull();
  });

  it.each([
    ['start_line', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['start_line', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['content_length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ])('stops an answer with %s at %j', (anomaly, text) => {
    expect(run('response', text, ['GET']).anomaly).toBe(anomaly);
  });

  it('does not hold bytes that can never become a head', () => {
    expect(run('request', 'GET / HTTP/1.1\nHost: a\n\n').anomaly).toBe('bare_cr_or_lf');
    expect(run('request', 'EHLO\x01').anomaly).not.toBeNull();
    expect(run('request', 'x'.repeat(70)).anomaly).toBe('start_line');
  });

  it('keeps the bytes of a head that is not whole, and says that a message has begun', () => {
    const { parser, feed } = listen('request');
    feed(Buffer.from('\r\n'));
    expect(parser.begun).toBe(false);
    feed(Buffer.from('GET / HT'));
    expect(parser.begun).toBe(true);
    expect(parser.held?.toString()).toBe('\r\nGET / HT');
  });
});
