import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  isContainer,
  KIND,
  of,
  parseTape,
  type Tape,
} from '../../../../dashboard/src/call/body/json-tape.ts';

/** What the table says, put together again as JSON.parse would have it. */
function valueOf(text: string, tape: Tape, node: number): unknown {
  const literal = text.slice(of(tape.start, node), of(tape.end, node));
  if (!isContainer(tape, node)) return JSON.parse(literal);
  const children = [...childrenOf(tape, node)];
  if (tape.kind[node] === KIND.array) return children.map((child) => valueOf(text, tape, child));
  return Object.fromEntries(
    children.map((child) => [
      JSON.parse(text.slice(of(tape.keyStart, child), of(tape.keyEnd, child))),
      valueOf(text, tape, child),
    ]),
  );
}

const DOCUMENTS = [
  '{}',
  '[]',
  'null',
  '"a \\" \\\\"',
  '-1.5e+3',
  ' { "a" : [ 1 , 2.0 , { "b" : null } ] , "\\u00e9" : "x\\n\\\\" , "" : [ [ ] , { } ] } \n',
  '{"deep":[[[[[[{"a":[true,false]}]]]]]],"after":"\\\\\\\\"}',
];

describe('dashboard/call/body/json-tape', () => {
  it.each(DOCUMENTS)('holds all of %s', (text) => {
    const tape = parseTape(text);
    expect(tape.problem).toBeNull();
    expect(valueOf(text, tape, 0)).toEqual(JSON.parse(text));
  });

  it('keeps the digits of numbers and names that come twice', () => {
    const text = '{"a":12345678901234567890,"a":1.10}';
    const tape = parseTape(text);
    const literals = [...childrenOf(tape, 0)].map((child) => text.slice(of(tape.start, child), of(tape.end, child)));
    expect(literals).toEqual(['12345678901234567890', '1.10']);
  });

  it('reads a text that is cut anywhere as far as it goes, and says where it ends', () => {
    const text = '{"a":[1,{"b":"two"},null],"c":{"d":[]}}';
    const whole = parseTape(text);
    for (let end = 0; end < text.length; end += 1) {
      const tape = parseTape(text.slice(0, end));
      expect(tape.problem).not.toBeNull();
      expect(tape.count).toBeLessThanOrEqual(whole.count);
      for (let node = 0; node < tape.count; node += 1) {
        expect(tape.kind[node]).toBe(whole.kind[node]);
        expect(tape.parent[node]).toBe(whole.parent[node]);
        expect(of(tape.end, node)).toBeLessThanOrEqual(end);
      }
    }
  });

  it.each(['{"a" 1}', '[1 2]', '{1:2}', '[1]x', 'nul', '[01x]', '"a'])('does not take %s for JSON', (text) => {
    expect(parseTape(text).problem).not.toBeNull();
  });

  it('reads texts that are nested deeper than the stack', () => {
    const depth = 200_000;
    const tape = parseTape('['.repeat(depth) + ']'.repeat(depth));
    expect(tape.problem).toBeNull();
    expect(tape.count).toBe(depth);
    expect(of(tape.depth, depth - 1)).toBe(depth - 1);
  });
});
