import { describe, expect, it } from 'vitest';
import type { CallRecord, RunningCall } from '../../../dashboard/src/api/shapes.ts';
import type { CallList } from '../../../dashboard/src/calls/call-list.ts';
import { keyOf, type Row, ShownRows } from '../../../dashboard/src/calls/rows.ts';

const listOf = (...ids: string[]): CallList => {
  const listed = ids.map((id) => ({ call: { id } as CallRecord, text: null }));
  const list = { length: ids.length, at: (index: number) => listed[index], indexOf: (id: string) => ids.indexOf(id) };
  return list as unknown as CallList;
};
const running = (id: string): Row => ({ running: { id } as RunningCall, call: null });
const shown = (rows: ShownRows): string[] =>
  Array.from({ length: rows.length }, (_, index) => rows.at(index)).map((row) => (row === undefined ? '' : keyOf(row)));

describe('dashboard/calls/rows.ts', () => {
  it('puts calls under way above those of the list', () => {
    const rows = new ShownRows([running('c')], listOf('b', 'a'), new WeakMap(), 1);
    expect(shown(rows)).toEqual(['c', 'b', 'a']);
    expect([rows.above, rows.indexOf('c'), rows.indexOf('b'), rows.indexOf('x')]).toEqual([1, 0, 1, -1]);
  });

  it('has a call once that the list holds before the feed says that it has ended', () => {
    const rows = new ShownRows([running('d'), running('c')], listOf('c', 'b'), new WeakMap(), 1);
    expect(shown(rows)).toEqual(['d', 'c', 'b']);
    expect([rows.above, rows.indexOf('c')]).toEqual([1, 1]);
    expect(rows.at(1)?.call).not.toBeNull();
  });
});
