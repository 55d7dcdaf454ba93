import { once } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { startRelayBench, type RelayBench } from '../support/relay-bench.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';

interface Exchange {
  request: Buffer;
  response: Buffer;
  requestBody: Buffer;
  responseBody: Buffer;
}

const HEADER_NAMES = [
  'X-Api-Key',
  'accept',
  'ACCEPT-ENCODING',
  'User-Agent',
  'x-stainless-lang',
  'anthropic-version',
  'Via',
];
const body = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes));
const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(...HEADER_NAMES),
      fc.string({ unit: fc.constantFrom('a', 'Z', ' ', ';', '=', ',', '"', 'é', '/'), maxLength: 30 }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}:${value.startsWith(' ') ? '' : ' '}${value}\r\n`).join(''));
const extension = fc.constantFrom('', ';name=value', ';a;b="c d"');
const trailers = fc.constantFrom('', 'X-Checksum: abc\r\n', 'A: 1\r\nb:2\r\n');
const interim = fc.constantFrom(
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n',
);

const chunked = fc
  .tuple(fc.array(body, { maxLength: 5 }), extension, trailers, fc.boolean())
  .map(([parts, ext, tail, upper]) => {
    const filled = parts.filter((part) => part.length > 0);
    const size = (length: number): string => (upper ? length.toString(16).toUpperCase() : `00${length.toString(16)}`);
    const framed = filled.map((part) =>
      Buffer.concat([Buffer.from(`${size(part.length)}${ext}\r\n`), part, Buffer.from('\r\n')]),
    );
    return {
      header: 'Transfer-Encoding: chunked\r\n',
      wire: Buffer.concat([...framed, Buffer.from(`0${ext}\r\n${tail}\r\n`)]),
      body: Buffer.concat(filled),
    };
  });
const sized = body.map((bytes) => ({ header: `content-length:  ${bytes.length}\r\n`, wire: bytes, body: bytes }));
const framedBody = fc.oneof(chunked, sized);
const nothing = { header: '', wire: Buffer.alloc(0), body: Buffer.alloc(0) };

const exchange: fc.Arbitrary<Exchange> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PATCH'),
    lead: fc.constantFrom('', '', '\r\n'),
    requestHeaders: headers,
    sent: framedBody,
    interim,
    status: fc.constantFrom('200 OK', '201 Created', '204 No Content', '304 Not Modified', '429', '500 Oops'),
    responseHeaders: headers,
    answered: framedBody,
  })
  .map((parts) => {
    const sent = parts.method === 'GET' || parts.method === 'HEAD' ? nothing : parts.sent;
    const bodyless = parts.method === 'HEAD' || /^(?:204|304)/.test(parts.status);
    const answered = bodyless ? { ...parts.answered, wire: Buffer.alloc(0), body: Buffer.alloc(0) } : parts.answered;
    const target = `${parts.method} /v1/x?q=${parts.status.length} HTTP/1.1\r\nHoSt: api.test\r\n`;
    return {
      request: Buffer.concat([
        Buffer.from(`${parts.lead}${target}${parts.requestHeaders}${sent.header}\r\n`, 'latin1'),
        sent.wire,
      ]),
      response: Buffer.concat([
        Buffer.from(
          `${parts.interim}HTTP/1.1 ${parts.status}\r\n${parts.responseHeaders}${answered.header}\r\n`,
          'latin1',
        ),
        answered.wire,
      ]),
      requestBody: sent.body,
      responseBody: answered.body,
    };
  });

/** Cuts at the given fractions of the whole. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b);
  return [0, ...at]
    .map((from, index) => bytes.subarray(from, [...at, bytes.length][index]))
    .filter(({ length }) => length > 0);
}

describe('relay: bytes', () => {
  let bench: RelayBench;
  beforeAll(async () => {
    bench = await startRelayBench();
  });
  afterAll(() => bench.close());

  it('passes 240 generated exchanges byte for byte, both ways, cut anywhere, one by one and pipelined', async () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
    let exchanges = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(exchange, { minLength: 4, maxLength: 4 }),
        cuts,
        cuts,
        fc.boolean(),
        async (list, out, back, pipelined) => {
          const first = bench.recorder.exchanges.length;
          const requests = list.map(({ request }) => request);
          const thresholds = requests.map((_, index) => Buffer.concat(requests.slice(0, index + 1)).length);
          let answered = 0;
          const upstream = await startTlsUpstream(bench.upstreamLeaf, (socket) => {
            socket.on('data', () => {
              while (answered < list.length && upstream.received(0).length >= (thresholds[answered] ?? 0)) {
                for (const piece of pieces(list[answered]!.response, back)) socket.write(piece);
                answered += 1;
              }
            });
          });
          bench.upstreamPort = upstream.port;
          const client = await bench.client();
          const seen: Buffer[] = [];
          client.on('data', (chunk: Buffer) => seen.push(chunk));
          const expected = Buffer.concat(list.map(({ response }) => response));
          const arrived = (length: number): Promise<void> =>
            untilTrue(() => Buffer.concat(seen).length >= length, 'the response');
          if (pipelined) {
            for (const piece of pieces(Buffer.concat(requests), out)) client.write(piece);
          } else {
            let length = 0;
            for (const { request, response } of list) {
              for (const piece of pieces(request, out)) client.write(piece);
              length += response.length;
              await arrived(length);
            }
          }
          await arrived(expected.length);
          client.end();
          await once(client, 'close');
          expect(Buffer.concat(seen).equals(expected)).toBe(true);
          expect(upstream.received(0).equals(Buffer.concat(requests))).toBe(true);
          expect(upstream.sockets).toHaveLength(1);
          const rows = bench.recorder.exchanges.slice(first);
          expect(rows.map(({ ends }) => ends.map(({ outcome }) => outcome))).toEqual(list.map(() => ['complete']));
          rows.forEach((row, index) => {
            expect(row.requestBody.equals(list[index]!.requestBody)).toBe(true);
            expect(row.responseBody.equals(list[index]!.responseBody)).toBe(true);
          });
          exchanges += list.length;
          await upstream.close();
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
    expect(exchanges).toBe(240);
    expect(bench.counters.get('unparsed')).toBe(0);
  });
});
