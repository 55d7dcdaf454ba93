import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, field, readProtobuf, type ProtobufSchema } from '../../../src/decoders/protobuf.ts';
import { expectLinearTime } from '../../support/growth.ts';
import { encodeMessage, type Field } from '../../support/protobuf.ts';

const INNER: ProtobufSchema = { 1: { name: 'kind', type: { enum: { 1: 'TEXT' } } }, 2: { name: 'count', type: 'int' } };
const SCHEMA: ProtobufSchema = {
  1: { name: 'text', type: 'string' },
  2: { name: 'count', type: 'int' },
  3: { name: 'flag', type: 'bool' },
  4: { name: 'blob', type: 'bytes' },
  5: { name: 'inner', type: { message: INNER } },
  6: { name: 'list', type: { message: INNER }, repeated: true },
  7: { name: 'args', type: 'struct' },
};

function read(...fields: readonly Field[]): ReturnType<typeof readProtobuf> {
  return readProtobuf(encodeMessage(...fields), SCHEMA);
}

// google/protobuf/struct.proto
const value = {
  null: encodeMessage([1, 0]),
  number: (number: number) => encodeMessage([2, { double: number }]),
  text: (text: string) => encodeMessage([3, text]),
  bool: (bool: boolean) => encodeMessage([4, bool ? 1 : 0]),
  struct: (...entries: [string, Buffer][]) => encodeMessage([5, struct(...entries)]),
  list: (...values: Buffer[]) => encodeMessage([6, encodeMessage(...values.map((each): Field => [1, each]))]),
};

function struct(...entries: [string, Buffer][]): Buffer {
  return encodeMessage(...entries.map(([key, each]): Field => [1, encodeMessage([1, key], [2, each])]));
}

describe('decoders/protobuf', () => {
  it('reads the fields of its schema and passes over all others', () => {
    expect(
      read(
        [1, 'grüße'],
        [2, 150],
        [3, 1],
        [4, Buffer.alloc(7)],
        [5, encodeMessage([1, 1], [2, 3])],
        [6, encodeMessage([2, 1])],
        [6, encodeMessage([1, 9])],
        [99, 'unknown'],
        [100, { double: 1 }],
        [1000, 5],
      ),
    ).toEqual({
      value: {
        text: 'grüße',
        count: 150,
        flag: true,
        blob: 7,
        inner: { kind: 'TEXT', count: 3 },
        list: [{ count: 1 }, { kind: 9 }],
      },
      intact: true,
    });
  });

  it('takes the last of a field that comes twice, and nothing for what is absent', () => {
    expect(read([2, 1], [2, 2])).toEqual({ value: { count: 2 }, intact: true });
    expect(read()).toEqual({ value: {}, intact: true });
  });

  it('adds the zeros that proto3 leaves out, but none to an empty message', () => {
    const schema: ProtobufSchema = { 1: count('input'), 2: count('output'), 3: field('other', 'int') };
    expect(readProtobuf(encodeMessage([1, 5]), schema).value).toEqual({ input: 5, output: 0 });
    expect(readProtobuf(encodeMessage(), schema).value).toEqual({});
  });

  it('reads JSON objects of google.protobuf.Struct', () => {
    const args = struct(
      ['city', value.text('Ulm')],
      ['degrees', value.number(-1.5)],
      ['now', value.bool(true)],
      ['nothing', value.null],
      ['list', value.list(value.number(1), value.text('b'), value.struct(['x', value.bool(false)]))],
      ['__proto__', value.struct(['polluted', value.bool(true)])],
    );
    const { value: found, intact } = read([7, args]);
    expect(intact).toBe(true);
    expect(JSON.stringify(found['args'])).toBe(
      '{"city":"Ulm","degrees":-1.5,"now":true,"nothing":null,"list":[1,"b",{"x":false}],"__proto__":{"polluted":true}}',
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('makes no count of a negative or huge integer', () => {
    expect(Number.isSafeInteger(read([2, -5]).value['count'])).toBe(false);
    expect(Number.isSafeInteger(read([2, 1n << 60n]).value['count'])).toBe(false);
  });

  it('says that a message was not intact, and keeps what came before', () => {
    const whole = encodeMessage([2, 7], [1, 'text']);
    expect(readProtobuf(whole.subarray(0, -1), SCHEMA)).toEqual({ value: { count: 7 }, intact: false });
    for (const tail of [[0x80], [0x10], [0x10, 0x80], [0x07], [0x00, 0x00], [0x0a, 0xff], [0x0d, 1], [0x09, 1]]) {
      const bytes = Buffer.concat([encodeMessage([2, 7]), Buffer.from(tail)]);
      expect(readProtobuf(bytes, SCHEMA)).toEqual({ value: { count: 7 }, intact: false });
    }
    // A varint that never ends.
    expect(readProtobuf(Buffer.concat([Buffer.of(0x10), Buffer.alloc(11, 0x80)]), SCHEMA).intact).toBe(false);
  });

  it('does not believe a field of another type', () => {
    expect(read([2, 'text'], [1, 5], [5, 5], [7, 1])).toEqual({ value: {}, intact: false });
  });

  it('passes over groups, and refuses those that do not close', () => {
    const group = Buffer.concat([Buffer.of(0x0b), encodeMessage([2, 1]), Buffer.of(0x0c)]);
    expect(readProtobuf(Buffer.concat([group, encodeMessage([2, 9])]), SCHEMA)).toEqual({
      value: { count: 9 },
      intact: true,
    });
    expect(readProtobuf(Buffer.of(0x0b), SCHEMA).intact).toBe(false);
    expect(readProtobuf(Buffer.of(0x0c), SCHEMA).intact).toBe(false);
  });

  it('ends at a bounded depth', () => {
    let deep = value.null;
    for (let depth = 0; depth < 2000; depth += 1) deep = value.list(deep);
    expect(read([7, struct(['a', deep])]).intact).toBe(false);
    const endless: { 1: { name: string; type: { message: ProtobufSchema } } } = {
      1: { name: 'in', type: { message: {} } },
    };
    endless[1].type.message = endless;
    let nested = encodeMessage();
    for (let depth = 0; depth < 2000; depth += 1) nested = encodeMessage([1, nested]);
    expect(readProtobuf(nested, endless).intact).toBe(false);
  });

  it('never throws for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readProtobuf(bytes, SCHEMA).value).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('takes linear time', async () => {
    await expectLinearTime((size) => {
      const bytes = encodeMessage(...Array.from({ length: size / 10 }, (): Field => [6, encodeMessage([2, 1])]));
      return () => readProtobuf(bytes, SCHEMA);
    }, 200_000);
  });
});
