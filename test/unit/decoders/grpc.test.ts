import { brotliCompressSync, deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrpcDecoder, type GrpcProblem } from '../../../src/decoders/grpc.ts';
import { expectLinearTime } from '../../support/growth.ts';
import { grpcFrame, grpcGzipFrame } from '../../support/protobuf.ts';

interface Read {
  messages: string[];
  oversized: number;
  problems: GrpcProblem[];
  inside: boolean;
}

interface Limits {
  encoding?: string | null;
  maxLength?: number;
  maxOutput?: number;
}

function read(
  pieces: readonly Uint8Array[],
  { encoding = 'gzip', maxLength = 1000, maxOutput = 5000 }: Limits = {},
): Read {
  const seen: Read = { messages: [], oversized: 0, problems: [], inside: true };
  const decoder = new GrpcDecoder({
    onMessage: (message) => seen.messages.push(Buffer.from(message).toString('latin1')),
    onOversized: () => {
      seen.oversized += 1;
    },
    onProblem: (problem) => seen.problems.push(problem),
    encoding,
    maxLength,
    maxOutput,
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    decoder.push(lent);
    lent.fill(0xee);
  }
  seen.inside = decoder.insideMessage;
  return seen;
}

function* splits(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield [...bytes].map((byte) => Buffer.of(byte));
}

describe('decoders/grpc', () => {
  it('gives each message once, whatever the split, and passes over the trailers of gRPC-Web', () => {
    const body = Buffer.concat([
      grpcFrame(Buffer.from('one')),
      grpcFrame(Buffer.alloc(0)),
      grpcGzipFrame(Buffer.from('two, compressed')),
      grpcFrame(Buffer.from('grpc-status: 0\r\n'), 0x80),
    ]);
    for (const pieces of splits(body)) {
      expect(read(pieces)).toEqual({
        messages: ['one', '', 'two, compressed'],
        oversized: 0,
        problems: [],
        inside: false,
      });
    }
  });

  it.each([
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('reads messages under grpc-encoding %s', (encoding, compress) => {
    const body = grpcFrame(compress(Buffer.from('text')), 1);
    expect(read([body], { encoding }).messages).toEqual(['text']);
  });

  it('says so when a message cannot be decompressed, and goes on with the next', () => {
    const next = grpcFrame(Buffer.from('next'));
    const broken = grpcFrame(Buffer.from('not gzip'), 1);
    const bodies: [Buffer, string | null][] = [
      [grpcGzipFrame(Buffer.from('x')), null],
      [grpcGzipFrame(Buffer.from('x')), 'snappy'],
      [grpcGzipFrame(Buffer.from('x')), '__proto__'],
      [broken, 'gzip'],
    ];
    for (const [first, encoding] of bodies) {
      expect(read([first, next], { encoding })).toMatchObject({ messages: ['next'], problems: ['encoding'] });
    }
  });

  it('skips messages over the limit, compressed ones by what they become', () => {
    const next = grpcFrame(Buffer.from('next'));
    const long = grpcFrame(Buffer.alloc(2000));
    const bomb = grpcGzipFrame(Buffer.alloc(2000));
    for (const pieces of splits(Buffer.concat([long, next, bomb, next]))) {
      expect(read(pieces)).toMatchObject({ messages: ['next', 'next'], oversized: 2, problems: [], inside: false });
    }
  });

  it('decompresses no more than its bound over all messages', () => {
    const bomb = grpcGzipFrame(Buffer.alloc(900));
    const seen = read(Array.from({ length: 10 }, () => bomb));
    expect(seen.messages).toHaveLength(5);
    expect(seen.oversized).toBe(5);
  });

  it('reads nothing more behind a prefix that is none', () => {
    const seen = read([
      grpcFrame(Buffer.from('one')),
      Buffer.from('{"error":"no gRPC"}'),
      grpcFrame(Buffer.from('two')),
    ]);
    expect(seen).toEqual({ messages: ['one'], oversized: 0, problems: ['malformed'], inside: false });
  });

  it('is inside a message until its last byte', () => {
    const frame = grpcFrame(Buffer.from('one'));
    for (let at = 1; at < frame.length; at += 1) expect(read([frame.subarray(0, at)]).inside).toBe(true);
  });

  it('never throws, and reads the same for every chunking of arbitrary bytes', () => {
    const frame = fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.integer({ min: 0, max: 255 }));
    const part = fc.oneof(
      frame.map(([bytes, flags]) => grpcFrame(bytes, flags)),
      fc.uint8Array({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual(read([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('takes linear time for small pieces', async () => {
    await expectLinearTime((size) => {
      const body = grpcFrame(Buffer.alloc(size));
      return () => {
        const decoder = new GrpcDecoder({
          onMessage() {},
          onOversized() {},
          onProblem() {},
          encoding: null,
          maxLength: 64 * 1024 * 1024,
          maxOutput: 0,
        });
        for (let at = 0; at < body.length; at += 64) decoder.push(body.subarray(at, at + 64));
      };
    }, 1_000_000);
  });
});
