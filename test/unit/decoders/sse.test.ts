import { describe, expect, it } from 'vitest';
import { SseDecoder } from '../../../src/decoders/sse.ts';

interface Heard {
  events: [data: string, event: string | undefined][];
  oversized: number;
  malformed: number;
}

function hear(pieces: readonly Uint8Array[], { whole = true, maxLength = 10_000 } = {}): Heard {
  const heard: Heard = { events: [], oversized: 0, malformed: 0 };
  const decoder = new SseDecoder({
    onEvent: (data, event) => heard.events.push([data, event]),
    onOversized: () => {
      heard.oversized += 1;
    },
    onMalformed: () => {
      heard.malformed += 1;
    },
    maxLength,
  });
  for (const piece of pieces) decoder.push(piece);
  decoder.end(whole);
  return heard;
}

function hearText(text: string, options?: { whole?: boolean; maxLength?: number }): Heard {
  return hear([Buffer.from(text)], options);
}

const STREAM =
  '\uFEFF: hello\r\nevent: a\r\ndata: {"t":"gr\u00fc\u00dfe \u{1F600}"}\r\n\r\n:\n\nid: 7\ndata:no space\ndata: second line\n\nevent:b\rdata: cr\r\rretry: 5\n\ndata: last';

describe('decoders/sse', () => {
  it('reads LF, CR, CRLF, comments, a byte order mark and data of several lines', () => {
    expect(hearText(STREAM).events).toEqual([
      ['{"t":"gr\u00fc\u00dfe \u{1F600}"}', 'a'],
      ['no space\nsecond line', undefined],
      ['cr', 'b'],
      ['last', undefined],
    ]);
  });

  it('gives the same events for every split into two', () => {
    const bytes = Buffer.from(STREAM);
    const expected = hear([bytes]);
    for (let at = 1; at < bytes.length; at += 1) {
      expect(hear([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
  });

  it('gives the same events byte by byte', () => {
    const bytes = Buffer.from(STREAM);
    expect(hear([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(hear([bytes]));
  });

  it('counts an event without its closing empty line when the stream ended properly, not when it was cut', () => {
    expect(hearText('data: 1\n\ndata: 2').events).toHaveLength(2);
    expect(hearText('data: 1\n\ndata: 2', { whole: false }).events).toHaveLength(1);
  });

  it('reads one data line of several megabytes', () => {
    const data = 'x'.repeat(3_000_000);
    expect(hearText(`data: ${data}\n\n`, { maxLength: 4_000_000 }).events[0]?.[0]).toHaveLength(data.length);
  });

  it.each(['\n', '\r\n', '\r'])('skips an event over the limit and goes on with the next, lines ended by %j', (eol) => {
    const long = Array.from({ length: 40 }, (_, line) => `data: ${line} ${'x'.repeat(50)}`).join(eol);
    const text = `data: 1${eol}${eol}${long}${eol}${eol}data: 2${eol}${eol}data: 3${eol}${eol}`;
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 64, 100]) {
      const pieces: Buffer[] = [];
      for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
      const heard = hear(pieces, { maxLength: 500 });
      expect(heard.events.map(([data]) => data)).toEqual(['1', '2', '3']);
      expect(heard.oversized).toBe(1);
    }
  });

  it('passes over fields it does not know, and gives up on text that is no event stream', () => {
    expect(hearText('foo: 1\nbar\ndata: a\n\n')).toMatchObject({ events: [['a', undefined]], malformed: 0 });
    expect(hearText(`${'prose\n'.repeat(2000)}data: a\n\n`)).toMatchObject({ events: [], malformed: 1 });
  });

  it('replaces bytes that are not UTF-8 and goes on', () => {
    const heard = hear([Buffer.from('data: a'), Uint8Array.of(0xff, 0xc3), Buffer.from('\n\ndata: b\n\n')]);
    expect(heard.events.map(([data]) => data)).toEqual(['a\uFFFD\uFFFD', 'b']);
  });
});
