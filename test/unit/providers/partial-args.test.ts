import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartialArgs } from '../../../src/providers/families/partial-args.ts';

function put(partials: readonly object[], room = 10_000): string {
  const args = new PartialArgs({ left: room });
  for (const partial of partials) args.add(partial as Record<string, unknown>);
  return args.json();
}

const at = (jsonPath: unknown, stringValue = 'x'): object => ({ jsonPath, stringValue });

describe('providers/families/partial-args', () => {
  it('puts texts, numbers, truths and nulls where their paths say', () => {
    expect(
      put([
        { jsonPath: '$.a.b[0].c', stringValue: 'one ', willContinue: true },
        { jsonPath: '$.a.b[0].c', stringValue: 'two', willContinue: true },
        { jsonPath: '$.a.b[0].c', stringValue: '' },
        { jsonPath: '$.a.b[1]', numberValue: -0.5 },
        { jsonPath: '$.a.d', boolValue: false },
        { jsonPath: '$.e', nullValue: 'NULL_VALUE' },
        { jsonPath: '$.f', nullValue: null },
        { json_path: '$.g', string_value: 'snake' },
      ]),
    ).toBe('{"a":{"b":[{"c":"one two"},-0.5],"d":false},"e":null,"f":null,"g":"snake"}');
  });

  it.each([
    ["$['a b']['c']", '{"a b":{"c":"x"}}'],
    ['$["a.b"][ 0 ]', '{"a.b":["x"]}'],
    [String.raw`$['it\'s']["\u00e9\n"]`, '{"it\'s":{"é\\n":"x"}}'],
    ['$.größe-1', '{"größe-1":"x"}'],
    ['$[""]', '{"":"x"}'],
    ['a[0]', '{"a":["x"]}'],
    ["['a']", '{"a":"x"}'],
    ['$.list[2]', '{"list":[null,null,"x"]}'],
  ])('reads the path %s', (path, json) => {
    expect(put([at(path)])).toBe(json);
  });

  it.each([
    '',
    '$',
    '$.',
    '$..a',
    '$.*',
    '$[*]',
    '$.a[-1]',
    '$.a[1:2]',
    '$[?@.a]',
    '$[0]',
    '$.a[1000000000]',
    '$.a[99999999999]',
    "$['a",
    '$.a]',
    '$.a[',
    7,
    null,
    undefined,
    {},
    `$${'.a'.repeat(65)}`,
    `$.${'a'.repeat(5000)}`,
  ])('leaves out what %j names', (path) => {
    expect(put([at(path), at('$.ok')])).toMatch(/"ok":"x"\}$/);
    expect(put([at(path), at('$.ok')]).length).toBeLessThan(30);
  });

  it('leaves out values of no kind, and what contradicts what is there', () => {
    expect(
      put([
        { jsonPath: '$.none' },
        { jsonPath: '$.n', numberValue: Number.NaN },
        { jsonPath: '$.n', numberValue: '5' },
        at('$.text'),
        at('$.text.more'),
        at('$.text[0]'),
        at('$.list[0]'),
        at('$.list.name'),
        at('$.list'),
      ]),
    ).toBe('{"text":"x","list":["x"]}');
  });

  it('fills in what was null', () => {
    expect(put([{ jsonPath: '$.a', nullValue: null }, at('$.a.b'), at('$.c[1].d'), at('$.c[0].d')])).toBe(
      '{"a":{"b":"x"},"c":[{"d":"x"},{"d":"x"}]}',
    );
  });

  it('touches no prototype', () => {
    const paths = [
      '$.__proto__.bad',
      '$.constructor.prototype.bad',
      "$['__proto__']['x']",
      '$.list[0].__proto__.bad',
      '$.toString',
    ];
    expect(JSON.parse(put(paths.map((path) => at(path))))).toHaveProperty(['list', 0]);
    expect(put([at('$.__proto__.bad')])).toBe('{"__proto__":{"bad":"x"}}');
    expect(put([at('$.toString')])).toBe('{"toString":"x"}');
    expect(({} as Record<string, unknown>)['bad']).toBeUndefined();
    expect(([] as unknown as Record<string, unknown>)['bad']).toBeUndefined();
  });

  it('writes into no value that a message brought whole', () => {
    const stated = { a: { b: [1] } };
    const args = new PartialArgs({ left: 1000 });
    args.assign(stated);
    for (const path of ['$.a.c', '$.a.b[1]', '$.a.b[2]']) args.add({ jsonPath: path, numberValue: 2 });
    expect(args.json()).toBe('{"a":{"b":[1,2,2],"c":2}}');
    expect(stated).toEqual({ a: { b: [1] } });
  });

  it('keeps no more than there is room for, and what fits of it', () => {
    const many = Array.from({ length: 5000 }, (_, index) => at(`$.l[${index * 900}].key${index}`, 'y'.repeat(10)));
    expect(put(many, 2000).length).toBeLessThan(3000);
    expect(put([at('$.long', 'y'.repeat(5000)), at('$.short')], 100)).toBe('{"short":"x"}');
    const steps = Array.from({ length: 50_000 }, () => at('$.a', 'z'));
    expect(put(steps, 1000)).toMatch(/^\{"a":"z{900,1000}"\}$/);
  });

  it('throws for nothing, and always gives an object', () => {
    const path = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'$ . [ ] \' " \\ * 0 1 2 3 a b c _'.split(' '), ' ') }),
      fc.array(fc.constantFrom('.a', '[0]', '[3]', "['b']", '.__proto__')).map((parts) => `$${parts.join('')}`),
    );
    const partial = fc.record(
      { jsonPath: path, stringValue: fc.string(), numberValue: fc.double(), nullValue: fc.jsonValue() },
      { requiredKeys: ['jsonPath'] },
    );
    fc.assert(
      fc.property(fc.array(partial), (partials) => {
        expect(JSON.parse(put(partials))).toBeTypeOf('object');
      }),
      { numRuns: 200 },
    );
  });
});
