import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/providers/provider.ts';
import { BatchReader } from '../../../src/usage/batch-reader.ts';

const RESULTS: Endpoint = { method: 'GET', path: '/results', operation: 'batch_results', kind: 'batch_results' };

function line(model: string, input: number, output = 1): string {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return JSON.stringify({ response: { body: { object: 'chat.completion', model, choices: [], usage } } });
}

function read(...lines: string[]): BatchReader {
  const reader = new BatchReader(RESULTS);
  for (const text of lines) reader.message(text);
  return reader;
}

describe('usage/batch-reader', () => {
  it('gives the most of a file first, and what other models answered beside it', () => {
    const reader = read(line('a', 1), line('b', 10), line('b', 20), line('c', 100));
    expect(reader.model).toBe('b');
    expect(reader.usage(true, 'ndjson')).toMatchObject({
      input_tokens: 30,
      output_tokens: 2,
      units: { batch_items: 2 },
    });
    expect(reader.side(true, 'ndjson').map(({ model, usage }) => [model, usage.input_tokens])).toEqual([
      ['a', 1],
      ['c', 100],
    ]);
  });

  it('counts every answer once, whatever their order', () => {
    const lines = [line('a', 250_000), line('b', 5), line('a', 10), line('a', 20)];
    for (const order of [lines, lines.toReversed()]) {
      const reader = read(...order);
      const parts = [reader.usage(true, 'ndjson'), ...reader.side(true, 'ndjson').map(({ usage }) => usage)];
      expect(parts.reduce((sum, { input_tokens }) => sum + (input_tokens ?? 0), 0)).toBe(250_035);
      expect(parts.reduce((sum, { units }) => sum + (units.batch_items ?? 0), 0)).toBe(4);
    }
  });

  it('sums large requests apart, and knows the largest of each sum', () => {
    const reader = read(line('a', 1000), line('a', 3000), line('a', 250_000), line('a', 201_000), line('a', 2000));
    expect(reader.usage(true, 'ndjson').input_tokens).toBe(6000);
    expect(reader.contextTokens).toBe(3000);
    expect(reader.side(true, 'ndjson')).toMatchObject([{ contextTokens: 250_000, usage: { input_tokens: 451_000 } }]);
  });

  it('counts nothing of a file that was cut, and claims nothing of it', () => {
    const reader = read(line('a', 1), line('b', 2));
    expect(reader.usage(false, 'ndjson')).toMatchObject({
      input_tokens: null,
      units: {},
      state: 'none',
      raw: [{}, {}],
    });
    expect(reader.side(false, 'ndjson')).toEqual([]);
    expect(reader.anomalies).toEqual(['batch_results_cut']);
  });

  it('finds no fault with a file of another kind', () => {
    const reader = read('name,age', 'ada,36', '', '{"messages":[]}', '[1]');
    expect(reader.usage(true, 'ndjson').state).toBe('none');
    expect(reader.usage(false, 'ndjson').state).toBe('none');
    expect(reader.anomalies).toEqual([]);
  });

  it('flags lines that cannot be read between those that can', () => {
    expect(read(line('a', 1), '{"response":').anomalies).toEqual(['malformed_message']);
  });

  it('keeps a bounded number of parts and of usage objects', () => {
    const reader = read(...Array.from({ length: 1000 }, (_, index) => line(`m${index}`, 1)));
    expect(reader.side(true, 'ndjson').length).toBeLessThanOrEqual(100);
    expect(reader.usage(true, 'ndjson').raw).toHaveLength(100);
    expect(reader.anomalies).toContain('batch_of_many_models');
    const counted = [reader.usage(true, 'ndjson'), ...reader.side(true, 'ndjson').map(({ usage }) => usage)];
    expect(counted.reduce((sum, { input_tokens }) => sum + (input_tokens ?? 0), 0)).toBe(1000);
  });
});
