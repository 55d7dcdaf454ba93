import { describe, expect, it } from 'vitest';
import { StreamedCalls } from '../../../src/providers/families/gemini-calls.ts';

type Piece = Record<string, unknown>;

/** Calls in the order in which they began. */
function read(pieces: readonly (Piece | [candidate: number, piece: Piece])[], room = 10_000, idsAreUnique = false) {
  const calls = new Map<string, { id: string | null; name: string | null; inputs: string[] }>();
  const subject = new StreamedCalls(
    {
      said: ({ key, id, name }) => calls.set(key, { inputs: [], ...calls.get(key), id, name }),
      done: ({ key }, input) => calls.get(key)?.inputs.push(input),
    },
    room,
    idsAreUnique,
  );
  for (const each of pieces) {
    const [candidate, piece] = Array.isArray(each) ? each : [0, each];
    subject.add(candidate, piece);
  }
  subject.end();
  subject.end();
  return [...calls.values()].map(({ id, name, inputs }) => `${name ?? ''}${id ?? ''}${inputs.join('|')}`);
}

const more = { willContinue: true };
const set = (name: string, numberValue = 1): Piece => ({ partialArgs: [{ jsonPath: `$.${name}`, numberValue }] });

describe('providers/families/gemini-calls', () => {
  it('puts one call together of many parts, whether or not an empty one ends it', () => {
    const parts = [{ name: 'f', ...more }, { ...set('a'), ...more }, more, set('b', 2)];
    expect(read(parts)).toEqual(['f{"a":1,"b":2}']);
    expect(read([...parts, {}])).toEqual(['f{"a":1,"b":2}']);
    expect(read([...parts, { name: 'f', ...more }, set('a'), {}])).toEqual(['f{"a":1,"b":2}', 'f{"a":1}']);
  });

  it('takes parts that each name their function for one call', () => {
    expect(
      read([
        { name: 'f', ...set('a'), ...more },
        { name: 'f', ...set('b') },
        { name: 'f', ...set('c') },
      ]),
    ).toEqual(['f{"a":1,"b":1}', 'f{"c":1}']);
  });

  it('begins another call with a name, though the one before has not ended', () => {
    expect(read([{ name: 'f', ...more }, { ...set('a'), ...more }, { name: 'f', ...more }, set('b')])).toEqual([
      'f{"a":1}',
      'f{"b":1}',
    ]);
    expect(read([{ name: 'f', ...more }, { name: 'g', args: { a: 1 } }, set('b')])).toEqual(['f{"b":1}', 'g{"a":1}']);
  });

  it('reads whole calls as they are', () => {
    expect(read([{ name: 'f', args: { a: [1] } }, { name: 'f', args: { a: [1] } }, { name: 'g' }])).toEqual([
      'f{"a":[1]}',
      'f{"a":[1]}',
      'g{}',
    ]);
    expect(
      read([
        { name: 'f', id: 'x', args: {} },
        { name: 'f', id: 'x', args: {} },
      ]),
    ).toEqual(['fx{}', 'fx{}']);
    expect(
      read(
        [
          { name: 'f', id: 'x', args: {} },
          { name: 'f', id: 'x', args: {} },
        ],
        1000,
        true,
      ),
    ).toEqual(['fx{}']);
  });

  it('takes arguments that follow the name whole', () => {
    expect(read([{ name: 'f', args: {} }, { args: { a: 1 } }])).toEqual(['f{"a":1}']);
    expect(read([{ name: 'f', ...more }, { ...set('a'), ...more }, { args: { a: 2, b: 3 } }])).toEqual([
      'f{"a":2,"b":3}',
    ]);
  });

  it('tells calls apart by their ids, also where their parts alternate', () => {
    const begun = [
      { name: 'f', id: 'x', ...more },
      { name: 'f', id: 'y', ...more },
    ];
    const parts = [
      { id: 'x', ...set('a'), ...more },
      { id: 'y', ...set('b') },
      { id: 'x', ...set('c') },
    ];
    expect(read([...begun, ...parts])).toEqual(['fx{"a":1,"c":1}', 'fy{"b":1}']);
    expect(
      read([
        { name: 'f', ...more },
        { id: 'x', ...set('a') },
      ]),
    ).toEqual(['fx{"a":1}']);
  });

  it('keeps the calls of candidates apart', () => {
    const pieces: [number, Piece][] = [
      [0, { name: 'f', ...more }],
      [1, { name: 'g', ...more }],
      [0, set('a')],
      [1, set('b')],
      [0, {}],
    ];
    expect(read(pieces)).toEqual(['f{"a":1}', 'g{"b":1}']);
  });

  it('counts no call where only an end is, and one without a name where arguments are', () => {
    expect(read([{}, more, { args: {} }])).toEqual([]);
    expect(read([{ ...set('a'), ...more }, set('b')])).toEqual(['{"a":1,"b":1}']);
    expect(read([{ name: 7, id: {}, args: 'x', partialArgs: [null, 7], willContinue: 'yes' }])).toEqual([]);
  });

  it('is bounded: in arguments for all calls together, in calls under way, and in candidates', () => {
    const long = { partialArgs: [{ jsonPath: '$.a', stringValue: 'y'.repeat(90) }] };
    expect(read([{ name: 'f', ...more }, long, { name: 'g', ...more }, long], 100)).toEqual([
      `f{"a":"${'y'.repeat(90)}"}`,
      'g{}',
    ]);
    const open = Array.from({ length: 500 }, (_, index): Piece => ({ name: `f${index}`, id: `-${index}`, ...more }));
    const ended = read([...open, { id: '-0', ...set('late') }, { id: '-499', ...set('a') }]);
    expect(ended).toHaveLength(500);
    expect(ended[0]).toBe('f0-0{}');
    expect(ended[499]).toBe('f499-499{"a":1}');
    const candidates = Array.from({ length: 500 }, (_, index): [number, Piece] => [index, { name: 'f', ...more }]);
    expect(read(candidates)).toHaveLength(500);
  });
});
