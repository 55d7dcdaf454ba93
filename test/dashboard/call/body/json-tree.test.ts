import { describe, expect, it } from 'vitest';
import { parseTape } from '../../../../dashboard/src/call/body/json-tape.ts';
import {
  found,
  isOpenable,
  openAtFirst,
  pathOf,
  placesIn,
  rowsOf,
  wrapped,
} from '../../../../dashboard/src/call/body/json-tree.ts';

const TEXT = JSON.stringify({
  model: 'm',
  messages: [
    { role: 'user', content: 'one\ntwo' },
    { role: 'assistant', 'odd key': [1, 2] },
  ],
  stream: true,
});
const TAPE = parseTape(TEXT);
const none = (): string[] => [];
const nodeOf = (path: string): number =>
  Array.from({ length: TAPE.count }, (_, node) => node).find((node) => pathOf(TEXT, TAPE, node) === path) ?? -1;

describe('dashboard/call/body/json-tree', () => {
  it('names each value by a path that jq takes', () => {
    const paths = Array.from({ length: TAPE.count }, (_, node) => pathOf(TEXT, TAPE, node));
    expect(paths.slice(0, 5)).toEqual(['.', '.model', '.messages', '.messages[0]', '.messages[0].role']);
    expect(paths).toContain('.messages[1]["odd key"][1]');
    const list = parseTape('[[7]]');
    expect(pathOf('[[7]]', list, 2)).toBe('.[0][0]');
  });

  it('shows what is open, and the lines of a text that is open', () => {
    expect(rowsOf(TAPE, new Set(), none).node).toEqual([0]);
    const messages = nodeOf('.messages');
    expect(rowsOf(TAPE, new Set([0, messages]), none).node).toHaveLength(6);
    const content = nodeOf('.messages[0].content');
    const open = new Set([0, messages, nodeOf('.messages[0]'), content]);
    const rows = rowsOf(TAPE, open, () => ['one', 'two']);
    const at = rows.node.indexOf(content);
    expect(rows.line.slice(at, at + 3)).toEqual([-1, 0, 1]);
    expect(isOpenable(TEXT, TAPE, content)).toBe(true);
    expect(isOpenable(TEXT, TAPE, nodeOf('.model'))).toBe(false);
  });

  it('opens level by level at first, as far as a level fits as a whole', () => {
    expect([...openAtFirst(TAPE, 3)]).toEqual([0]);
    expect(openAtFirst(TAPE, 100).size).toBe(5);
    const uneven = JSON.stringify({ few: [[1], [2]], many: Array.from({ length: 50 }, () => [0]) });
    expect(openAtFirst(parseTape(uneven), 20).size).toBe(2);
  });

  it('finds words however the text writes them', () => {
    const text = String.raw`{"caf\u00e9":"\u4e2d\u6587","path":"a\/b","plain":"CAFÉ 中文 a/b","line":"x\ny"}`;
    const tape = parseTape(text);
    expect(found(text, tape, 'café')).toEqual([1, 3]);
    expect(found(text, tape, '中文')).toEqual([1, 3]);
    expect(found(text, tape, 'a/b')).toEqual([2, 3]);
    expect(found(text, tape, 'x\ny')).toEqual([4]);
    expect(found(text, tape, '":"')).toEqual([]);
    expect(found(text, tape, '.*')).toEqual([]);
    expect(placesIn('Abab', 'ab')).toEqual([0, 2]);
  });

  it('breaks lines between words, by the width of their letters, and says where each begins', () => {
    const starts: number[] = [];
    const text = 'one two three\r\n\n中文中文中文\nlast';
    const lines = wrapped(text, 8, starts);
    expect(lines).toEqual(['one two ', 'three', '', '中文中文', '中文', 'last']);
    for (const [index, start] of starts.entries()) expect(text.startsWith(lines[index] ?? '-', start)).toBe(true);
    expect(wrapped('😀😀😀', 4)).toEqual(['😀😀', '😀']);
    expect(wrapped('', 8)).toEqual(['']);
  });
});
