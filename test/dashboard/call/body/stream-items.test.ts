import { describe, expect, it } from 'vitest';
import {
  itemsOf,
  itemText,
  streamKind,
  type StreamKind,
  timesOf,
} from '../../../../dashboard/src/call/body/stream-items.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function told(kind: StreamKind, bytes: Uint8Array): (readonly [string | null, string])[] {
  return itemsOf(kind, bytes).map((item) => {
    const { name, data } = itemText(kind, bytes, item);
    return [name, data] as const;
  });
}

/** A frame of an AWS event stream; checksums are not looked at. */
function frame(name: string, payload: string): Uint8Array {
  const key = bytesOf(':event-type');
  const value = bytesOf(name);
  const headers = [key.length, ...key, 7, value.length >> 8, value.length & 255, ...value];
  const body = bytesOf(payload);
  const bytes = new Uint8Array(12 + headers.length + body.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headers.length);
  bytes.set(headers, 12);
  bytes.set(body, 12 + headers.length);
  return bytes;
}

describe('dashboard/call/body/stream-items', () => {
  it.each(['\n', '\r\n', '\r'])('tells the events of a stream whose lines end with %j', (end) => {
    const lines = ['event: a', 'data: {"x":1}', '', ': ping', '', 'data:one', 'data: two', '', '', 'data: [DONE]', ''];
    expect(told('sse', bytesOf(lines.join(end)))).toEqual([
      ['a', '{"x":1}'],
      ['comment', ': ping'],
      [null, 'one\ntwo'],
      [null, '[DONE]'],
    ]);
  });

  it('has a place for every byte of a stream that is cut anywhere', () => {
    const bytes = bytesOf('event: a\ndata: 中文\n\ndata: b\n\n');
    for (let end = 1; end <= bytes.length; end += 1) {
      const items = itemsOf('sse', bytes.subarray(0, end));
      expect(items[0]?.start).toBe(0);
      expect(Math.min(items.at(-1)?.end ?? 0, end)).toBe(items.at(-1)?.end);
      for (const [index, item] of items.entries()) if (index > 0) expect(item.start).toBe(items[index - 1]?.end);
    }
  });

  it('tells the frames of an AWS event stream, what a model said in them, and one that is cut', () => {
    const inner = btoa('{"type":"message_stop"}');
    const first = frame('chunk', `{"bytes":"${inner}","p":"abc"}`);
    const second = frame('messageStop', '{"stopReason":"end_turn"}');
    const all = new Uint8Array([...first, ...second, ...second.subarray(0, 20)]);
    expect(told('frames', all)).toEqual([
      ['chunk', '{"type":"message_stop"}'],
      ['messageStop', '{"stopReason":"end_turn"}'],
      ['cut', '20 bytes of a frame that did not come whole'],
    ]);
  });

  it('tells lines, and what kind of stream it is', () => {
    expect(told('ndjson', bytesOf('{"a":1}\n\n{"b":2}'))).toEqual([
      [null, '{"a":1}'],
      [null, '{"b":2}'],
    ]);
    expect(streamKind('text/event-stream; charset=utf-8', bytesOf(''))).toBe('sse');
    expect(streamKind('application/x-ndjson', bytesOf('{}'))).toBe('ndjson');
    expect(streamKind('application/json', bytesOf('{"data:":1}'))).toBeNull();
    expect(streamKind('text/plain', bytesOf('data: {}\n\n'))).toBe('sse');
    expect(streamKind(null, bytesOf('hello'))).toBeNull();
  });

  it('says of each message when its last byte came', () => {
    const chunks = [
      { offset_ms: 10, start: 0, bytes: 5 },
      { offset_ms: 30, start: 5, bytes: 20 },
    ];
    const items = [
      { start: 0, end: 5 },
      { start: 5, end: 12 },
      { start: 12, end: 40 },
    ];
    expect(timesOf(items, chunks)).toEqual([10, 30, 30]);
    expect(timesOf(items, [])).toEqual([null, null, null]);
  });
});
