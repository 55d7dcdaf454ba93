import { createDeflateRaw, constants, deflateRawSync } from 'node:zlib';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type MessageReaderOptions, SocketMessages } from '../../../src/decoders/websocket-messages.ts';
import { Deflater, fragmented, frame } from '../../support/websocket.ts';

interface Seen {
  messages: string[];
  wireBytes: number[];
  skipped: number[];
  closes: number;
}

function reading(options: Partial<MessageReaderOptions> = {}): { seen: Seen; reader: SocketMessages } {
  const seen: Seen = { messages: [], wireBytes: [], skipped: [], closes: 0 };
  const reader = new SocketMessages({
    deflate: null,
    maxLength: 200_000,
    mayHold: () => true,
    onMessage: (bytes, wireBytes) => {
      seen.messages.push(Buffer.from(bytes).toString('utf8'));
      seen.wireBytes.push(wireBytes);
    },
    onSkipped: (wireBytes) => seen.skipped.push(wireBytes),
    onClose: () => (seen.closes += 1),
    ...options,
  });
  return { seen, reader };
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const TEXT = JSON.stringify({ type: 'response.output_text.delta', delta: 'Grüße '.repeat(16) });

describe('decoders/websocket-messages', () => {
  it('puts messages together wherever they are cut, masked or not, with pings between their fragments', () => {
    const bytes = Buffer.concat([
      frame(TEXT, { masked: true }),
      fragmented(TEXT, 60, { masked: true }),
      fragmented(TEXT, 60),
      frame('', {}),
      frame(TEXT, { opcode: 2 }),
    ]);
    const messages = [TEXT, TEXT, TEXT, '', TEXT];
    const wrong = Array.from(bytes, (_, at) => at).filter((at) => {
      const { seen, reader } = reading();
      reader.push(bytes.subarray(0, at));
      reader.push(bytes.subarray(at));
      return seen.messages.join() !== messages.join();
    });
    expect(wrong).toEqual([]);
    const { seen, reader } = reading();
    for (const byte of bytes) reader.push(Buffer.from([byte]));
    expect(seen.messages).toEqual(messages);
    expect(seen.wireBytes[0]).toBe(Buffer.byteLength(TEXT));
    expect(reader.problem).toBeNull();
    expect(reader.held).toBeLessThanOrEqual(1024);
  });

  it('skips what is too long without holding it, and reads on', () => {
    const { seen, reader } = reading({ maxLength: 1000 });
    const long = 'x'.repeat(5000);
    const bytes = Buffer.concat([frame(long, { masked: true }), fragmented(long, 300), frame('short')]);
    for (let at = 0; at < bytes.length; at += 128) {
      reader.push(bytes.subarray(at, at + 128));
      expect(reader.held).toBeLessThanOrEqual(2048);
    }
    expect(seen).toEqual({ messages: ['short'], wireBytes: [5], skipped: [5000, 5000], closes: 0 });
  });

  it('puts together no large message while memory is short', () => {
    let mayHold = false;
    const { seen, reader } = reading({ mayHold: () => mayHold, maxLength: 4_000_000 });
    const large = 1024 * 1024 + 1;
    reader.push(Buffer.concat([frame('a'.repeat(large)), frame('b'.repeat(large - 1))]));
    mayHold = true;
    reader.push(frame('c'.repeat(large)));
    expect([seen.messages.map((message) => message[0]), seen.skipped]).toEqual([['b', 'c'], [large]]);
  });

  it('gives up at a message within a message, and at a continuation of none', () => {
    for (const bytes of [
      Buffer.concat([frame('a', { fin: false }), frame('b')]),
      frame('a', { opcode: 0 }),
      frame('a', { rsv1: true }),
      frame('a', { opcode: 3 }),
    ]) {
      const { seen, reader } = reading();
      reader.push(Buffer.concat([frame('first'), bytes, frame('never')]));
      expect([seen.messages, reader.problem]).toEqual([['first'], 'framing']);
      expect(reader.held).toBe(0);
    }
  });

  it('reads nothing behind a close', () => {
    const { seen, reader } = reading();
    reader.push(Buffer.concat([frame('a'), frame('\x03\xe8', { opcode: 8 }), frame('b'), Buffer.from('garbage')]));
    reader.push(Buffer.from([0xff, 0xff]));
    expect(seen).toMatchObject({ messages: ['a'], closes: 1 });
    expect(reader.problem).toBeNull();
  });

  it('loses the message with missing bytes only', () => {
    const { seen, reader } = reading();
    const bytes = frame(TEXT, { masked: true });
    reader.push(Buffer.concat([frame('a'), bytes.subarray(0, 20)]));
    reader.gap(50);
    reader.push(Buffer.concat([bytes.subarray(70), frame('b')]));
    expect(seen).toMatchObject({ messages: ['a', 'b'], skipped: [Buffer.byteLength(TEXT)] });
    reader.gap(1);
    reader.push(frame('c'));
    expect([seen.messages, reader.problem]).toEqual([['a', 'b'], 'gap']);
  });

  it.each([true, false])('reads on behind a gap at the first chunk that is one message (masked: %s)', (masked) => {
    const { seen, reader } = reading();
    const json = (id: number): Buffer => frame(JSON.stringify({ id, text: 'x'.repeat(200) }), { masked });
    reader.push(json(1).subarray(0, 10));
    reader.gap(1000);
    reader.push(Buffer.concat([json(2), json(3)]));
    reader.push(json(4).subarray(1));
    reader.push(frame('{"cut":', { masked }));
    reader.push(frame('{}', { opcode: 2, masked }));
    expect(seen.messages).toEqual([]);
    reader.push(json(5));
    expect(seen.messages.map((message) => (JSON.parse(message) as { id: number }).id)).toEqual([5]);
    expect(reader.problem).toBe('gap');
    const packed = reading({ deflate: { takeover: true } });
    packed.reader.gap(1);
    packed.reader.push(json(7));
    expect(packed.seen.messages).toEqual([]);
  });

  describe('compressed', () => {
    it('reads the examples of RFC 7692, with its window and without', () => {
      const { seen, reader } = reading({ deflate: { takeover: true } });
      reader.push(hex('c1 07 f2 48 cd c9 c9 07 00'));
      reader.push(hex('c1 05 f2 00 11 00 00'));
      // In two fragments, in a block that is not compressed, with the last block's bit set, in two blocks; an empty one.
      reader.push(hex('41 03 f2 48 cd 80 04 c9 c9 07 00'));
      reader.push(hex('c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00'));
      reader.push(hex('c1 08 f3 48 cd c9 c9 07 00 00'));
      reader.push(hex('c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00'));
      reader.push(hex('c1 01 00'));
      expect([seen.messages, reader.problem]).toEqual([[...Array.from({ length: 6 }, () => 'Hello'), ''], null]);
    });

    it.each([true, false])('reads many messages, and plain ones between them (takeover: %s)', (takeover) => {
      const { seen, reader } = reading({ deflate: { takeover } });
      const deflater = new Deflater(takeover);
      const texts = Array.from({ length: 40 }, (_, index) => `${index} ${TEXT.repeat(index)}`);
      const bytes = Buffer.concat(
        texts.map((text, index) =>
          index % 5 === 0 ? frame(text) : fragmented(deflater.compress(text), 700, { rsv1: true, masked: true }),
        ),
      );
      for (let at = 0; at < bytes.length; at += 333) reader.push(bytes.subarray(at, at + 333));
      expect(seen.messages).toEqual(texts);
      expect(reader.held).toBeLessThanOrEqual(takeover ? 33 * 1024 : 1024);
    });

    it('reads what one stream of zlib has compressed, message after message', async () => {
      const { seen, reader } = reading({ deflate: { takeover: true } });
      const deflate = createDeflateRaw();
      for (let index = 0; index < 30; index += 1) {
        deflate.write(`${index} ${TEXT}`);
        const flushed = new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
        await flushed;
        const packed = deflate.read() as Buffer;
        reader.push(frame(packed.subarray(0, -4), { rsv1: true }));
      }
      expect(seen.messages).toEqual(Array.from({ length: 30 }, (_, index) => `${index} ${TEXT}`));
      deflate.destroy();
      await once(deflate, 'close');
    });

    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH });

    it('inflates no bomb, and reads on where no window was lost', () => {
      const { seen, reader } = reading({ deflate: { takeover: false }, maxLength: 16 * 1024 * 1024 });
      reader.push(frame(bomb, { rsv1: true }));
      reader.push(frame(new Deflater(false).compress('b'), { rsv1: true }));
      expect([seen.messages, seen.skipped, reader.problem]).toEqual([['b'], [bomb.length], null]);
    });

    it.each([
      ['a bomb', bomb],
      ['what is not compressed', Buffer.from('{"type":"ping"}')],
    ])('gives up behind %s where its window is needed', (_, payload) => {
      const { seen, reader } = reading({ deflate: { takeover: true } });
      reader.push(Buffer.concat([frame('a'), frame(payload, { rsv1: true }), frame('b')]));
      expect([seen.messages, seen.skipped, reader.problem]).toEqual([['a'], [payload.length], 'deflate']);
      expect(reader.held).toBeLessThanOrEqual(32 * 1024);
    });
  });
});
