import { describe, expect, it } from 'vitest';
import { JsonArrayDecoder } from '../../../src/decoders/json-array.ts';
import { TopLevelScanner } from '../../../src/decoders/json-scan.ts';
import type { MessageSink } from '../../../src/decoders/message-sink.ts';
import { NdjsonDecoder } from '../../../src/decoders/ndjson.ts';

class Collector implements MessageSink {
  readonly messages: string[] = [];
  oversized = 0;
  readonly maxLength: number;

  constructor(maxLength = 10_000) {
    this.maxLength = maxLength;
  }

  onMessage(text: string): void {
    this.messages.push(text);
  }

  onOversized(): void {
    this.oversized += 1;
  }
}

function* splits(text: string): Generator<Uint8Array[]> {
  const bytes = Buffer.from(text);
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield [...bytes].map((byte) => Uint8Array.of(byte));
}

function scan(pieces: readonly Uint8Array[], wanted: string[]): Record<string, unknown> {
  const scanner = new TopLevelScanner(new Set(wanted));
  for (const piece of pieces) scanner.push(piece);
  return { ...scanner.result() };
}

describe('decoders/ndjson', () => {
  it('gives each line once, whatever the split, and passes over empty ones', () => {
    for (const pieces of splits('{"a":"ü"}\r\n\n{"b":2}\n{"c":3}')) {
      const sink = new Collector();
      const decoder = new NdjsonDecoder(sink);
      for (const piece of pieces) decoder.push(piece);
      decoder.end(true);
      expect(sink.messages).toEqual(['{"a":"ü"}', '{"b":2}', '{"c":3}']);
    }
  });

  it('leaves out the last line after a cut', () => {
    const sink = new Collector();
    const decoder = new NdjsonDecoder(sink);
    decoder.push(Buffer.from('{"a":1}\n{"b":'));
    decoder.end(false);
    expect(sink.messages).toEqual(['{"a":1}']);
  });

  it('skips a line over the limit and goes on', () => {
    const sink = new Collector(20);
    const decoder = new NdjsonDecoder(sink);
    for (const byte of Buffer.from(`{"a":1}\n{"long":"${'x'.repeat(50)}"}\n{"b":2}\n`))
      decoder.push(Uint8Array.of(byte));
    decoder.end(true);
    expect(sink).toMatchObject({ messages: ['{"a":1}', '{"b":2}'], oversized: 1 });
  });
});

describe('decoders/json-array', () => {
  const text = '[{"a":"]},{[","n":[1,{"x":"\\"}"}]}\r\n,\r\n{"b":"ü\\\\"}, [1,[2]], 5 ] trailing {"no":1}';

  it('gives each element once, whatever the split, and nothing after the closing bracket', () => {
    for (const pieces of splits(text)) {
      const sink = new Collector();
      const decoder = new JsonArrayDecoder(sink);
      for (const piece of pieces) decoder.push(piece);
      expect(sink.messages).toEqual(['{"a":"]},{[","n":[1,{"x":"\\"}"}]}', '{"b":"ü\\\\"}', '[1,[2]]']);
    }
  });

  it('skips an element over the limit and goes on', () => {
    const sink = new Collector(20);
    const decoder = new JsonArrayDecoder(sink);
    for (const byte of Buffer.from(`[{"a":1},{"long":"${'x'.repeat(50)}"},{"b":2}]`)) decoder.push(Uint8Array.of(byte));
    expect(sink).toMatchObject({ messages: ['{"a":1}', '{"b":2}'], oversized: 1 });
  });
});

describe('decoders/json-scan', () => {
  it('finds wanted members at the top only, whatever the split', () => {
    const text =
      ' {"input":[{"model":"no","t":"\\"model\\":\\"no\\", {"}],"model" : "gpt-\\u00fc\\\\","skip":{"usage":1},"usage":{"a":[1,"}"],"b":null},"n":5,"stream":true}';
    for (const pieces of splits(text)) {
      expect(scan(pieces, ['model', 'usage', 'n', 'stream'])).toEqual({
        model: 'gpt-ü\\',
        usage: { a: [1, '}'], b: null },
        n: 5,
        stream: true,
      });
    }
  });

  it('gives what was whole before a cut', () => {
    expect(scan([Buffer.from('{"id":"x","usage":{"a":1},"model":"m')], ['id', 'usage', 'model'])).toEqual({
      id: 'x',
      usage: { a: 1 },
    });
  });

  it('reads nothing from lists, texts and noise', () => {
    for (const text of ['[{"model":"m"}]', '"model"', '}}}{{{"model":1,', '', 'null', '{"model"']) {
      expect(scan([Buffer.from(text)], ['model'])).toEqual({});
    }
  });

  it('keeps a member named __proto__ a member', () => {
    const found = scan([Buffer.from('{"__proto__":{"polluted":true}}')], ['__proto__']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(found).toBeDefined();
  });

  it('never gives a value of more than a megabyte', () => {
    expect(scan([Buffer.from(`{"model":"${'x'.repeat(2_000_000)}","n":1}`)], ['model', 'n'])).toEqual({ n: 1 });
  });
});
