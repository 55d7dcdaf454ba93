import { describe, expect, it } from 'vitest';
import { type Column, formatTable } from '../../../src/cli/table.ts';

interface Row {
  name: string;
  calls: number;
}

const COLUMNS: Column<Row>[] = [
  { title: 'model', align: 'left', max: 8, value: (row) => row.name },
  { title: 'calls', align: 'right', value: (row) => String(row.calls) },
];

describe('cli/table', () => {
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

  it('shows control characters instead of obeying them', () => {
    const text = formatTable(COLUMNS, [{ name: '\u001b[2J\n', calls: 1 }], false);
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')).toHaveLength(2);
  });
});
