import { describe, expect, it } from 'vitest';
import { EventStreamReader } from '../../../../src/gateway/convert/event-stream.ts';
import { expectLinearTime } from '../../../support/growth.ts';

function read(pieces: readonly (string | Uint8Array)[], maxLength = 1000): string[] {
  const seen: string[] = [];
  const reader = new EventStreamReader({
    onEvent: (data, event) => seen.push(`${event}|${data}`),
    onComment: () => seen.push('comment'),
    onOversized: () => seen.push('oversized'),
    maxLength,
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  reader.end();
  return seen;
}

const STREAM =
  '\uFEFFevent: a\ndata: {"x":"é€𝄞"}\n\n: alive\n\nid: 7\ndata:one\ndata: two\nretry\n\ndata\n\nevent: none\n\ndata: last';
const SEEN = ['a|{"x":"é€𝄞"}', 'comment', '|one\ntwo', '|', '|last'];

describe('gateway/convert/event-stream', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads the same for every split, with line ends of %s', (_name, end) => {
    const bytes = Buffer.from(STREAM.replaceAll('\n', end));
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(SEEN);
    }
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(SEEN);
  });

  it('stops at an event that is too long', () => {
    expect(read(['data: ok\n\n', `data: ${'x'.repeat(60)}`, 'x'.repeat(60), '\n\ndata: more\n\n'], 100)).toEqual([
      '|ok',
      'oversized',
    ]);
  });

  it('takes time in proportion to the length of a line that comes in small pieces', async () => {
    await expectLinearTime((size) => {
      const pieces = Array.from({ length: size }, () => 'x'.repeat(64));
      return () => read(['data: ', ...pieces, '\n\n'], Infinity);
    }, 20_000);
  });
});
