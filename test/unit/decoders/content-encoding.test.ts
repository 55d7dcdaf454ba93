import { randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ContentDecoder, parseContentEncoding, type DecodeProblem } from '../../../src/decoders/content-encoding.ts';

interface Decoded {
  text: string;
  problem: DecodeProblem | null;
  isCut: boolean;
  ats: number[];
  synchronous: boolean;
}

async function decode(
  codings: string[],
  pieces: readonly Uint8Array[],
  { incremental = true, maxOutput = 50_000_000 } = {},
): Promise<Decoded> {
  const out: Buffer[] = [];
  const ats: number[] = [];
  const decoder = new ContentDecoder({
    codings,
    incremental,
    maxOutput,
    onBytes: (bytes, at) => {
      out.push(Buffer.from(bytes));
      ats.push(at);
    },
  });
  for (const [at, piece] of pieces.entries()) {
    const lent = Buffer.from(piece);
    decoder.push(lent, at);
    lent.fill(0);
  }
  const end = decoder.end();
  await end;
  const { problem, isCut } = decoder;
  return { text: Buffer.concat(out).toString(), problem, isCut, ats, synchronous: end === undefined };
}

function cutInto(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
  return pieces;
}

const TEXT = Array.from({ length: 40 }, (_, n) => `data: {"n":${n},"text":"grüße ${n}"}\n\n`).join('');

/** TEXT, and "second frame\n", by the zstd program: node:zlib cannot write it before 22.15. */
const ZSTD = Buffer.from(
  'KLUv/QRoJQUA4socGcCnA96H/kq8aDOq5V+f7L2llCkVlqVATwgIMam9nZ19fT2fx+Pv9//3/b5XV29uZmZeXk6n0ejz+b5tu66VlVtbWVlXV7NZLPZ6fV/XbVvV1hhbKxPx7rdbhJikgKJ5nAcxkpASpUhSoIR0pAUQhmQgAk6oERD5/T8D8DXWED4RhMEHr9j211r726z9a9YFP3JZiQmt1IBIIgGCIKACZBUUTgbC',
  'base64',
);
const ZSTD_SECOND = Buffer.from('KLUv/QRIaQAAc2Vjb25kIGZyYW1lCp45c6s=', 'base64');

const ENCODERS: [coding: string, encoded: Buffer][] = [
  ['gzip', zlib.gzipSync(TEXT)],
  ['x-gzip', zlib.gzipSync(TEXT)],
  ['br', zlib.brotliCompressSync(TEXT)],
  ['deflate', zlib.deflateSync(TEXT)],
  ['deflate', zlib.deflateRawSync(TEXT)],
  ['zstd', ZSTD],
];

describe('decoders/content-encoding', () => {
  it('reads the header as a list without identity', () => {
    expect(parseContentEncoding(null)).toEqual([]);
    expect(parseContentEncoding('identity')).toEqual([]);
    expect(parseContentEncoding(' GZIP , br,,')).toEqual(['gzip', 'br']);
  });

  it.each(ENCODERS)('decodes %s whole, in pieces and in one go', async (coding, encoded) => {
    for (const size of [1, 3, 17, 10_000]) {
      for (const incremental of [true, false]) {
        const decoded = await decode([coding], cutInto(encoded, size), { incremental });
        expect(decoded).toMatchObject({ text: TEXT, problem: null });
      }
    }
  });

  it('decodes small bodies that are no streams without waiting', async () => {
    expect((await decode(['gzip'], [zlib.gzipSync(TEXT)], { incremental: false })).synchronous).toBe(true);
  });

  it('takes stacked codings off in reverse order', async () => {
    const stacked = zlib.brotliCompressSync(zlib.gzipSync(zlib.deflateSync(TEXT)));
    for (const incremental of [true, false]) {
      expect((await decode(['deflate', 'gzip', 'br'], cutInto(stacked, 7), { incremental })).text).toBe(TEXT);
    }
  });

  it('reads gzip of several members and zstd of several frames', async () => {
    const members = Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')]);
    expect(await decode(['gzip'], cutInto(members, 5))).toMatchObject({ text: 'one two', isCut: false });
    expect((await decode(['zstd'], cutInto(Buffer.concat([ZSTD, ZSTD_SECOND]), 5))).text).toBe(`${TEXT}second frame\n`);
  });

  it.each(['gzip', 'br', 'deflate'])('gives what a cut %s body holds', async (coding) => {
    const noise = randomBytes(3000).toString('base64');
    const encoded = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync }[coding]!(noise);
    for (const incremental of [true, false]) {
      const { text, problem } = await decode([coding], [encoded.subarray(0, 2500)], { incremental });
      expect(problem).toBeNull();
      expect(text.length).toBeGreaterThan(1000);
      expect(noise.startsWith(text)).toBe(true);
    }
  });

  it('never fails, wherever a body is cut', async () => {
    for (const [coding, encoded] of ENCODERS) {
      for (let at = 0; at < encoded.length; at += 5) {
        const { text, isCut } = await decode([coding], [encoded.subarray(0, at)], { incremental: at % 2 === 0 });
        expect(TEXT.startsWith(text.replace(/\uFFFD+$/, ''))).toBe(true);
        expect(isCut, `${coding} ${at}`).toBe(at > 0);
      }
      for (const incremental of [true, false])
        expect(await decode([coding], cutInto(encoded, 7), { incremental })).toMatchObject({
          text: TEXT,
          isCut: false,
        });
    }
  });

  it('gives what came before corruption, and says so', async () => {
    const noise = randomBytes(90_000).toString('base64');
    const encoded = zlib.gzipSync(noise);
    encoded.fill(0xff, 60_000, 60_400);
    for (const incremental of [true, false]) {
      const { text, problem } = await decode(['gzip'], cutInto(encoded, 4096), { incremental });
      expect(problem).toBe('corrupt');
      expect(text.length).toBeGreaterThan(1000);
      expect(noise.startsWith(text.slice(0, 1000))).toBe(true);
    }
  });

  it('says what it cannot decode', async () => {
    expect((await decode(['aes128gcm'], [Buffer.from('x')])).problem).toBe('unsupported');
    expect((await decode(['gzip', 'gzip', 'gzip', 'gzip', 'gzip'], [Buffer.from('x')])).problem).toBe('unsupported');
    expect((await decode(['gzip'], [Buffer.from('this is not gzip')])).problem).toBe('corrupt');
    expect((await decode(['zstd'], [Buffer.from('this is not zstd, not at all')])).problem).toBe('corrupt');
  });

  it.each(['gzip', 'br'])('stops at bombs (%s), also at stacked ones', async (coding) => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const squeeze = (bytes: Buffer): Buffer =>
      coding === 'gzip'
        ? zlib.gzipSync(bytes)
        : zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } });
    const once = squeeze(zeros);
    for (const [codings, body] of [
      [[coding], once],
      [[coding, coding], squeeze(once)],
    ] as const) {
      for (const incremental of [true, false]) {
        const { text, problem } = await decode([...codings], [body], { incremental });
        expect(problem).toBe('too_large');
        expect(text.length).toBeLessThan(20_000_000);
      }
    }
  });

  it('refuses a zstd window that would cost more memory than the answer is worth', async () => {
    const frame = Buffer.concat([Buffer.from('28b52ffd00', 'hex'), Buffer.from([0xa0]), Buffer.alloc(20)]);
    expect((await decode(['zstd'], [frame])).problem).toBe('corrupt');
  });

  it('stops at the output limit', async () => {
    const noise = randomBytes(200_000).toString('base64');
    const { text, problem } = await decode(['gzip'], [zlib.gzipSync(noise)], { maxOutput: 100_000 });
    expect(problem).toBe('too_large');
    expect(text.length).toBeLessThanOrEqual(100_000);
  });

  it('gives output of a stream while input comes, with the time of its input', async () => {
    const gzip = zlib.createGzip();
    const events: Buffer[] = [];
    for (const n of [1, 2, 3]) {
      gzip.write(`data: ${n}\n\n`);
      await new Promise<void>((resolve) => {
        gzip.flush(zlib.constants.Z_SYNC_FLUSH, () => resolve());
      });
      events.push(gzip.read() as Buffer);
    }
    const { ats, text } = await decode(['gzip'], events);
    expect(text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(ats).toEqual([0, 1, 2]);
  });

  it('has nothing to say of an empty body', async () => {
    for (const incremental of [true, false]) {
      for (const coding of ['gzip', 'br', 'deflate', 'zstd']) {
        expect(await decode([coding], [], { incremental })).toMatchObject({ text: '', problem: null });
      }
    }
  });
});
