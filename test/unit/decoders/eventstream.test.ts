import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EventStreamDecoder,
  isEventStream,
  type EventStreamHeader,
  type EventStreamProblem,
} from '../../../src/decoders/eventstream.ts';
import { crc32, encodeEvent, encodeException, encodeFrame, type Headers } from '../../support/eventstream.ts';
import { expectLinearTime } from '../../support/growth.ts';

interface Read {
  messages: { headers: Record<string, EventStreamHeader>; payload: string }[];
  oversized: number;
  problems: EventStreamProblem[];
  inside: boolean;
}

function read(pieces: readonly (Uint8Array | 'gap')[], maxLength = 1_000_000): Read {
  const seen: Read = { messages: [], oversized: 0, problems: [], inside: true };
  const decoder = new EventStreamDecoder({
    onMessage: ({ headers, payload }) =>
      seen.messages.push({ headers: Object.fromEntries(headers), payload: Buffer.from(payload).toString('latin1') }),
    onOversized: () => {
      seen.oversized += 1;
    },
    onProblem: (problem) => seen.problems.push(problem),
    maxLength,
  });
  for (const piece of pieces) {
    if (piece === 'gap') {
      decoder.gap();
      continue;
    }
    // Buffers are lent: what the decoder keeps must be a copy.
    const lent = Buffer.from(piece);
    decoder.push(lent);
    lent.fill(0xee);
  }
  seen.inside = decoder.insideFrame;
  return seen;
}

function* splits(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield [...bytes].map((byte) => Buffer.of(byte));
}

const ALL_TYPES: Headers = {
  yes: { type: 'true' },
  no: { type: 'false' },
  byte: { type: 'byte', value: -2 },
  short: { type: 'short', value: -300 },
  int: { type: 'integer', value: 40_972 },
  long: { type: 'long', value: 1n << 40n },
  raw: { type: 'bytes', value: Buffer.from([0, 1, 255]) },
  text: 'grüße',
  when: { type: 'timestamp', value: 1_700_000_000_000n },
  id: { type: 'uuid', value: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex') },
};

describe('decoders/eventstream', () => {
  it('reads the frames that the format publishes as examples', () => {
    const empty = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex');
    const withHeader = Buffer.from(
      '0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a27626172277d36f480a0',
      'hex',
    );
    expect(read([empty, withHeader])).toEqual({
      messages: [
        { headers: {}, payload: '' },
        { headers: { 'event-type': 40_972 }, payload: "{'foo':'bar'}" },
      ],
      oversized: 0,
      problems: [],
      inside: false,
    });
  });

  it('gives each frame once, whatever the split', () => {
    const stream = Buffer.concat([
      encodeEvent('messageStart', { role: 'assistant' }),
      encodeFrame({}, ''),
      encodeFrame(ALL_TYPES, Buffer.from([0, 128, 255])),
      encodeException('throttlingException', 'slow down'),
    ]);
    const whole = read([stream]);
    expect(whole.messages).toHaveLength(4);
    for (const pieces of splits(stream)) expect(read(pieces)).toEqual(whole);
  });

  it('reads headers of every type', () => {
    expect(read([encodeFrame(ALL_TYPES, 'x')]).messages[0]?.headers).toEqual({
      yes: true,
      no: false,
      byte: -2,
      short: -300,
      int: 40_972,
      long: 1n << 40n,
      raw: Uint8Array.from([0, 1, 255]),
      text: 'grüße',
      when: 1_700_000_000_000n,
      id: '00010203-0405-0607-0809-0a0b0c0d0e0f',
    });
  });

  it('stops at the first wrong checksum, wherever the bit was turned', () => {
    const first = encodeEvent('a', { n: 1 });
    const broken = encodeEvent('b', { n: 2 });
    for (let at = 0; at < broken.length; at += 1) {
      const bad = Buffer.from(broken);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      for (const pieces of [[first, bad, first], [Buffer.concat([first, bad, first])]]) {
        const seen = read(pieces);
        expect(seen.messages).toHaveLength(1);
        expect(seen.problems).toEqual(['crc']);
        expect(seen.inside).toBe(false);
      }
    }
  });

  it('refuses frames whose right checksums cover lengths that do not add up', () => {
    const frame = encodeFrame({ a: { type: 'bytes', value: Buffer.from([1, 2, 3]) } }, 'payload');
    const lengthOfHeaders = frame.readUInt32BE(4);
    for (let claimed = 1; claimed < lengthOfHeaders; claimed += 1) {
      const seen = read([resigned(frame, claimed)]);
      expect(seen.messages).toEqual([]);
      expect(seen.problems).toEqual(['malformed']);
    }
    expect(read([resigned(frame, frame.length)]).problems).toEqual(['malformed']);
    expect(read([resigned(encodeFrame({}, ''), 0, 15)]).problems).toEqual(['malformed']);
  });

  it('skips a frame over the limit and goes on, whatever the split', () => {
    const stream = Buffer.concat([
      encodeFrame({ n: 'one' }, ''),
      encodeFrame({ n: 'long' }, Buffer.alloc(300)),
      encodeFrame({ n: 'two' }, ''),
    ]);
    for (const pieces of splits(stream)) {
      const seen = read(pieces, 200);
      expect(seen.messages.map(({ headers }) => headers['n'])).toEqual(['one', 'two']);
      expect(seen).toMatchObject({ oversized: 1, problems: [], inside: false });
    }
  });

  it('holds nothing of a frame over the limit, however long it claims to be', () => {
    const head = resigned(encodeFrame({}, ''), 0, 0xffff_fff0).subarray(0, 12);
    const chunk = Buffer.alloc(1024 * 1024);
    let oversized = 0;
    const decoder = new EventStreamDecoder({
      onMessage() {},
      onOversized: () => {
        oversized += 1;
      },
      onProblem() {},
      maxLength: 1024 * 1024,
    });
    decoder.push(head);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count += 1) decoder.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect([oversized, decoder.insideFrame]).toEqual([1, true]);
  });

  it('finds the next frame after a gap, whatever is left of the one before', () => {
    const lost = encodeEvent('contentBlockDelta', { delta: { text: 'lost' } });
    const found = encodeEvent('metadata', { usage: { inputTokens: 1 } });
    for (let at = 0; at <= lost.length; at += 1) {
      const rest = Buffer.concat([lost.subarray(at), found]);
      for (const pieces of [[rest], [...rest].map((byte) => Buffer.of(byte))]) {
        const seen = read([lost.subarray(0, at >> 1), 'gap', ...pieces]);
        expect(seen.messages.at(-1)?.headers[':event-type']).toBe('metadata');
        expect(seen.problems).toEqual([]);
      }
    }
  });

  it('is inside a frame until its last byte', () => {
    const frame = encodeEvent('a', {});
    for (let at = 1; at < frame.length; at += 1) expect(read([frame.subarray(0, at)]).inside).toBe(true);
    expect(read([frame]).inside).toBe(false);
  });

  it('never throws, and reads the same for every chunking of arbitrary bytes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }).map((payload) => encodeFrame(ALL_TYPES, payload)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        (parts, size, gap) => {
          const bytes = Buffer.concat(parts);
          const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.subarray(index * size, (index + 1) * size),
          );
          const start: 'gap'[] = gap ? ['gap'] : [];
          expect(read([...start, ...pieces], 150)).toEqual(read([...start, bytes], 150));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes linear time for small pieces, many frames, and a search through what is none', async () => {
    const sink = { onMessage() {}, onOversized() {}, onProblem() {}, maxLength: 64 * 1024 * 1024 };
    await expectLinearTime((size) => {
      const frame = encodeFrame({}, Buffer.alloc(size));
      return () => {
        const decoder = new EventStreamDecoder(sink);
        for (let at = 0; at < frame.length; at += 64) decoder.push(frame.subarray(at, at + 64));
      };
    }, 1_000_000);
    await expectLinearTime((size) => {
      const zeros = Buffer.alloc(size);
      return () => {
        const decoder = new EventStreamDecoder(sink);
        decoder.gap();
        decoder.push(zeros);
      };
    }, 1_000_000);
  });
});

describe('decoders/eventstream isEventStream', () => {
  it('knows an event stream by its first twelve bytes and nothing else', () => {
    const frame = encodeEvent('a', {});
    expect(isEventStream(frame.subarray(0, 12))).toBe(true);
    for (let at = 0; at < 12; at += 1) {
      const other = Buffer.from(frame.subarray(0, 12));
      other[at] = (other[at] ?? 0) ^ 1;
      expect(isEventStream(other)).toBe(false);
    }
    expect(isEventStream(Buffer.alloc(12))).toBe(false);
  });
});

/** The frame with other lengths in its prelude and right checksums. */
function resigned(frame: Buffer, headers: number, total = frame.length): Buffer {
  const copy = Buffer.from(encodeFrame({}, frame.subarray(12, frame.length - 4)));
  copy.writeUInt32BE(total, 0);
  copy.writeUInt32BE(headers, 4);
  copy.writeUInt32BE(crc32(copy.subarray(0, 8)), 8);
  copy.writeUInt32BE(crc32(copy.subarray(0, copy.length - 4)), copy.length - 4);
  return copy;
}
