import { describe, expect, it } from 'vitest';
import { FrameParser, type FrameHandler } from '../../../src/decoders/websocket-frames.ts';

interface Seen {
  frames: { opcode: number; fin: boolean; rsv1: boolean; length: number; text: string }[];
  missing: number;
  problem: string | null;
}

type Step = Buffer | { gap: number };

function read(steps: readonly Step[]): Seen {
  const seen: Seen = { frames: [], missing: 0, problem: null };
  let head = { opcode: 0, fin: false, rsv1: false, length: 0 };
  let bytes: number[] = [];
  const handler: FrameHandler = {
    frame: (next) => {
      head = next;
      bytes = [];
    },
    payload: (piece, key, offset) => {
      for (const [index, byte] of piece.entries()) bytes.push(byte ^ (key?.[(offset + index) % 4] ?? 0));
    },
    missing: (count) => (seen.missing += count),
    end: () => void seen.frames.push({ ...head, text: Buffer.from(bytes).toString('latin1') }),
  };
  const parser = new FrameParser(handler);
  for (const step of steps) {
    if ('gap' in step) parser.gap(step.gap);
    else parser.push(step);
  }
  seen.problem = parser.problem;
  return seen;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const byteByByte = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));

/** RFC 6455, 5.7. */
const EXAMPLES = {
  text: hex('81 05 48 65 6c 6c 6f'),
  masked: hex('81 85 37 fa 21 3d 7f 9f 4d 51 58'),
  fragments: hex('01 03 48 65 6c 80 02 6c 6f'),
  ping: hex('89 05 48 65 6c 6c 6f'),
  maskedPong: hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58'),
  binary256: Buffer.concat([hex('82 7e 01 00'), Buffer.alloc(256, 'x')]),
  binary64k: Buffer.concat([hex('82 7f 00 00 00 00 00 01 00 00'), Buffer.alloc(65_536, 'y')]),
};

describe('decoders/websocket-frames', () => {
  it('reads the examples of the RFC', () => {
    const { frames, problem } = read(Object.values(EXAMPLES));
    expect(problem).toBeNull();
    expect(frames.map(({ opcode, fin, text }) => [opcode, fin, text.slice(0, 5), text.length])).toEqual([
      [1, true, 'Hello', 5],
      [1, true, 'Hello', 5],
      [1, false, 'Hel', 3],
      [0, true, 'lo', 2],
      [9, true, 'Hello', 5],
      [10, true, 'Hello', 5],
      [2, true, 'xxxxx', 256],
      [2, true, 'yyyyy', 65_536],
    ]);
  });

  it('reads the same wherever the bytes are cut', () => {
    const { text, masked, fragments, ping, binary256 } = EXAMPLES;
    const bytes = Buffer.concat([masked, fragments, ping, hex('81 80 01 02 03 04'), binary256, text]);
    const whole = read([bytes]);
    expect(whole.frames).toHaveLength(7);
    const said = JSON.stringify(whole);
    const cuts = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
    expect(cuts.findIndex((pieces) => JSON.stringify(read(pieces)) !== said)).toBe(-1);
    expect(read(byteByByte(bytes))).toEqual(whole);
  });

  it.each([
    ['a reserved bit', 'a1 00'],
    ['another reserved bit', '91 00'],
    ['an opcode for data that nobody has defined', '83 00'],
    ['an opcode for control that nobody has defined', '8b 00'],
    ['a ping in fragments', '09 00'],
    ['a ping of 126 bytes', '89 7e 00 7e'],
    ['a length of 2^63', '82 7f 80 00 00 00 00 00 00 00'],
    ['a length that no number holds', '82 7f 00 20 00 00 00 00 00 00'],
  ])('gives up at %s, and reads nothing behind it', (_, bytes) => {
    for (const steps of [
      [hex(bytes), EXAMPLES.text],
      [...byteByByte(hex(bytes)), EXAMPLES.text],
    ]) {
      expect(read([EXAMPLES.text, ...steps])).toMatchObject({ problem: 'framing', frames: [{ text: 'Hello' }] });
    }
  });

  it('waits for 4 GB and more without holding them', () => {
    const seen = read([
      hex('82 7f 00 00 00 02 00 00 00 00'),
      Buffer.alloc(1000),
      { gap: 2 ** 33 - 1000 },
      EXAMPLES.text,
    ]);
    expect(seen).toMatchObject({ problem: null, missing: 2 ** 33 - 1000 });
    expect(seen.frames.at(-1)?.text).toBe('Hello');
  });

  it('reads on behind bytes that were not seen where they are of one payload', () => {
    const seen = read([EXAMPLES.masked.subarray(0, 7), { gap: 3 }, EXAMPLES.masked.subarray(10), EXAMPLES.text]);
    expect(seen).toMatchObject({ problem: null, missing: 3, frames: [{ text: 'Ho' }, { text: 'Hello' }] });
    expect(read([EXAMPLES.text.subarray(0, 2), { gap: 5 }, EXAMPLES.text])).toMatchObject({ problem: null });
  });

  it.each([
    ['in a head', [EXAMPLES.text.subarray(0, 1), { gap: 1 }]],
    ['between two frames', [EXAMPLES.text, { gap: 1 }]],
    ['beyond one payload', [EXAMPLES.text.subarray(0, 4), { gap: 4 }]],
  ])('gives up at bytes that were not seen %s', (_, steps) => {
    expect(read([...steps, EXAMPLES.text]).problem).toBe('gap');
    expect(read([{ gap: 0 }, EXAMPLES.text]).problem).toBeNull();
  });
});
