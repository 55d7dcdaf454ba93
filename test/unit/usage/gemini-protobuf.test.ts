import { describe, expect, it } from 'vitest';
import { readProtobuf } from '../../../src/decoders/protobuf.ts';
import { gemini } from '../../../src/providers/families/gemini.ts';
import { Reading } from '../../../src/providers/families/reading.ts';
import { VERTEX_AI } from '../../../src/usage/gemini-protobuf.ts';
import { encodeMessage, type Field } from '../../support/protobuf.ts';

function message(...call: Field[]): Buffer {
  const part = encodeMessage([5, encodeMessage(...call)]);
  return encodeMessage([2, encodeMessage([2, encodeMessage([2, part])])]);
}

describe('usage/gemini-protobuf', () => {
  it('reads calls of Vertex AI whose arguments are streamed in parts, with values that are zeros', () => {
    const values: Field[] = [
      [3, { double: -0.5 }],
      [3, { double: 0 }],
      [4, 'ü'],
      [4, 'x'],
      [5, 0],
      [2, 0],
    ];
    const paths = ['$.a[0]', '$.a[1]', '$.s', '$.s', '$.b', '$.n'];
    const partials = values.map((value, index): Field => [4, encodeMessage([1, paths[index] ?? ''], value, [6, 1])]);
    const reading = new Reading(1000);
    for (const bytes of [message([1, 'f'], [3, 'c1'], [5, 1]), message(...partials, [5, 1]), message()]) {
      const { value, intact } = readProtobuf(bytes, VERTEX_AI['StreamGenerateContent']?.response ?? {});
      expect(intact).toBe(true);
      gemini.read(value, reading);
    }
    gemini.settle(reading, { whole: true, stream: true });
    expect(reading.assembled()?.toolCalls).toEqual([
      { id: 'c1', name: 'f', input: '{"a":[-0.5,0],"s":"üx","b":false,"n":null}' },
    ]);
  });

  it('does not take for a number what is none', () => {
    const partial = encodeMessage([1, '$.a'], [3, 'abc']);
    const { value, intact } = readProtobuf(message([4, partial]), VERTEX_AI['GenerateContent']?.response ?? {});
    expect(intact).toBe(false);
    expect(JSON.stringify(value)).toContain('"partialArgs":[{"jsonPath":"$.a"}]');
  });
});
