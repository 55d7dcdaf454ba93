import { describe, expect, it } from 'vitest';
import { frameTexts } from '../../../src/decoders/frame-texts.ts';
import { encodeChunk, encodeEvent, encodeException } from '../../support/eventstream.ts';

const textsOf = (...frames: Buffer[]): string[] => frameTexts(Buffer.concat(frames)).map(({ text }) => text);

describe('decoders/frame-texts', () => {
  it("gives the vendor's own JSON of InvokeModel, events of Converse by their names, and exceptions by theirs", () => {
    expect(
      textsOf(
        encodeChunk({ type: 'message_start' }),
        encodeEvent('contentBlockDelta', { delta: { text: 'é' } }),
        encodeException('throttlingException', 'slow down'),
      ),
    ).toEqual([
      '{"type":"message_start"}',
      '{"contentBlockDelta":{"delta":{"text":"é"}}}',
      '{"throttlingException":{"message":"slow down"}}',
    ]);
  });

  it('says where each frame ends in the body', () => {
    const [one, two] = [encodeChunk({ a: 1 }), encodeChunk({ b: 2 })];
    expect(frameTexts(Buffer.concat([one, two])).map(({ end }) => end)).toEqual([one.length, one.length + two.length]);
  });

  it('masks what base64 hid', () => {
    const secret = 'sk-ant-api03-CANARYCANARYCANARYCANARYwxyz';
    expect(textsOf(encodeChunk({ delta: { text: `use ${secret}` } }))).toEqual([
      '{"delta":{"text":"use sk-ant-...wxyz"}}',
    ]);
  });

  it('gives the frames before a cut or a broken one, at any byte', () => {
    const whole = encodeChunk({ a: 1 });
    const next = encodeChunk({ b: 2 });
    for (let length = 0; length < next.length; length += 1) {
      expect(textsOf(whole, next.subarray(0, length))).toEqual(['{"a":1}']);
    }
    const broken = Buffer.from(next);
    broken[20] = (broken[20] ?? 0) ^ 1;
    expect(textsOf(whole, broken)).toEqual(['{"a":1}']);
  });

  it.each([[Buffer.alloc(0)], [Buffer.alloc(100)], [Buffer.alloc(100, 1)], [Buffer.alloc(100, 0xff)]])(
    'finds nothing in %j',
    (bytes) => {
      expect(frameTexts(bytes)).toEqual([]);
    },
  );
});
