import { describe, expect, it } from 'vitest';
import { formatFor } from '../../../src/cli/export.ts';

describe('cli/export', () => {
  it('takes the format from the name of the file where it tells one, jsonl otherwise', () => {
    const names = [
      'a.csv',
      'a.CSV.gz',
      'b.har',
      'c.html',
      'd.parquet',
      'e.jsonl.gz',
      'f.json',
      'csv',
      'g.csv.zip',
      null,
    ];
    expect(names.map(formatFor)).toEqual([
      'csv',
      'csv',
      'har',
      'html',
      'parquet',
      ...Array.from({ length: 5 }, () => 'jsonl'),
    ]);
  });
});
