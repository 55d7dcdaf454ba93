import { describe, expect, it } from 'vitest';
import { type Column, fits, formatTable } from '../../../src/cli/table.ts';

interface Row {
  name: string;
  calls: number;
}

const COLUMNS: Column<Row>[] = [
  { title: 'model', align: 'left', max: 8, value: (row) => row.name },
  { title: 'calls', align: 'right', value: (row) => String(row.calls) },
];

describe('cli/table', () => {
  it('counts what is written wide as two columns, and what stands on a letter as none', () => {
    const columns: Column<Row>[] = [
      { title: 'title', align: 'left', max: 7, value: (row) => row.name },
      { title: 'n', align: 'right', value: (row) => String(row.calls) },
    ];
    const names = ['日本語', '日本語です', 'e\u0301te\u0301', '🙂 ok'];
    const rows = names.map((name, calls) => ({ name, calls }));
    expect(formatTable(columns, rows, false).split('\n')).toEqual([
      'title    n',
      '日本語   0',
      '日本語…  1',
      'e\u0301te\u0301      2',
      '🙂 ok    3',
    ]);
  });

  it('knows whether columns fit once they are short and cut down', () => {
    const cost: Column<Row> = {
      title: 'cost',
      align: 'right',
      value: () => '$1.20 + 3 unknown',
      short: () => '≥$1.20',
    };
    const columns = [{ title: 'model', align: 'left', least: 6, value: () => 'a-long-model' }, cost] as const;
    const rows = [{ name: 'a', calls: 1 }];
    expect([13, 14].map((room) => fits<Row>(columns, rows, room))).toEqual([false, true]);
  });

  it('makes columns as wide as what is in them, and cuts what is too long', () => {
    const rows = [
      { name: 'a', calls: 1_000_000 },
      { name: 'much-too-long', calls: 2 },
    ];
    expect(formatTable(COLUMNS, rows, false).split('\n')).toEqual([
      'model       calls',
      'a         1000000',
      'much-to…        2',
    ]);
  });

  describe('in a terminal that is narrower', () => {
    const columns: Column<Row>[] = [
      { title: 'day', align: 'left', value: () => '2026-11-21', short: () => '11-21' },
      { title: 'model', align: 'left', least: 6, value: (row) => row.name },
      { title: 'ms', align: 'right', spare: 1, value: () => '1234' },
      { title: 'p99', align: 'right', spare: 2, value: () => '9876' },
      { title: 'calls', align: 'right', value: (row) => String(row.calls) },
    ];
    const row = { name: 'claude-opus', calls: 7 };
    const at = (room: number): string | undefined => formatTable(columns, [row], false, room).split('\n')[1];

    it.each([
      [42, '2026-11-21  claude-opus  1234  9876      7'],
      [41, '11-21  claude-opus  1234  9876      7'],
      [34, '11-21  claude-…  1234  9876      7'],
      [32, '11-21  claud…  1234  9876      7'],
      [31, '11-21  claude-opus  1234      7'],
      [22, '11-21  claude-…      7'],
      [5, '11-21  claud…      7'],
    ])('shows of a table of 42 characters in %i what matters most', (room, expected) => {
      expect(at(room)).toBe(expected);
    });
  });

  it('shows control characters instead of obeying them', () => {
    const text = formatTable(COLUMNS, [{ name: '\u001b[2J\n', calls: 1 }], false);
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')).toHaveLength(2);
  });
});
