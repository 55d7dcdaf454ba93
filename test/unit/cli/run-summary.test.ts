import { describe, expect, it } from 'vitest';
import type { Totals } from '../../../src/core/ports.ts';
import { formatRunSummary } from '../../../src/cli/run-summary.ts';

function totals(over: Partial<Totals> = {}): Totals {
  return {
    requests: 1,
    errors: 0,
    input_tokens: 1000,
    output_tokens: 50,
    cache_read_tokens: 200,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    tool_calls: 0,
    cost_usd: 0.00375,
    estimated: { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 },
    unpriced_calls: 0,
    calls_without_usage: 0,
    billed_unknown_calls: 0,
    inexact_calls: 0,
    retries: 0,
    request_bytes: 10,
    response_bytes: 10,
    ...over,
  };
}

describe('cli/run-summary', () => {
  it('says in one line that nothing was seen', () => {
    const text = formatRunSummary({ run_id: 'run_1', totals: totals({ requests: 0 }), by_model: {} });
    expect(text).toMatch(/^no LLM calls were seen .*doctor/);
    expect(text).not.toContain('\n');
  });

  it('says of connections that nobody read where they may have gone', () => {
    const none = { run_id: 'run_1', totals: totals({ requests: 0 }), by_model: {} };
    expect(formatRunSummary({ ...none, connections: 2 })).toMatch(
      /^no LLM calls .*2 connections passed.*--intercept HOST/,
    );
    expect(formatRunSummary({ ...none, connections: 0 })).toMatch(/did the program use a proxy/);
  });

  it('tells a program that asked for lists of models alone from one that nobody saw', () => {
    const none = totals({ requests: 0 });
    const text = formatRunSummary({ run_id: 'run_1', totals: none, by_model: { 'openai/unknown': none } });
    expect(text).toBe('no model was called; what else providers were asked is in `llm-proxy calls`');
  });

  it('has no row for what is no call of a model', () => {
    const [one, none] = [totals(), totals({ requests: 0 })];
    const by_model = { 'openai/gpt-5': one, 'openai/unknown': none };
    expect(formatRunSummary({ run_id: 'run_1', totals: one, by_model }).split('\n')).toHaveLength(2);
  });

  it('shows one model in one row without a sum', () => {
    const one = totals();
    expect(formatRunSummary({ run_id: 'run_1', totals: one, by_model: { 'openai/gpt-5': one } })).toBe(
      [
        'model         calls  input  cached  output       cost',
        'openai/gpt-5      1  1,000     200      50  $0.003750',
      ].join('\n'),
    );
  });

  it('aligns several models, the busiest first, and adds them up', () => {
    const by_model = { 'openai/gpt-5': totals(), 'anthropic/claude': totals({ requests: 7, cost_usd: 12.5 }) };
    const lines = formatRunSummary({
      run_id: 'r',
      totals: totals({ requests: 8, cost_usd: 12.50375 }),
      by_model,
    }).split('\n');
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(['model', 'anthropic/claude', 'openai/gpt-5', 'all']);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[3]).toContain('$12.50');
  });

  it('never shows 0 for what is unknown', () => {
    const unknown = totals({
      input_tokens: 0,
      output_tokens: 0,
      cache_read_tokens: 0,
      cost_usd: 0,
      unpriced_calls: 1,
      calls_without_usage: 1,
    });
    const [, row, ...notes] = formatRunSummary({ run_id: 'r', totals: unknown, by_model: { 'x/y': unknown } }).split(
      '\n',
    );
    expect(row?.split(/\s+/)).toEqual(['x/y', '1', '?', '?', '?', 'unpriced']);
    expect(notes.join('\n')).toContain('1 call without usage');
  });

  it('marks a sum that lacks the price of some calls', () => {
    const mixed = totals({ requests: 2, unpriced_calls: 1 });
    expect(formatRunSummary({ run_id: 'r', totals: mixed, by_model: { m: mixed } })).toContain('> $0.003750');
  });

  it('marks numbers that are not exact', () => {
    const inexact = totals({ inexact_calls: 1 });
    expect(formatRunSummary({ run_id: 'r', totals: inexact, by_model: { m: inexact } })).toContain('~1,000');
  });

  it('says what was estimated beside the sums, and what is billed without a usage', () => {
    const estimated = { calls: 1, input_tokens: 900, output_tokens: 40, cost_usd: 0 };
    const sums = totals({ requests: 3, estimated, inexact_calls: 1, calls_without_usage: 1, billed_unknown_calls: 1 });
    const text = formatRunSummary({ run_id: 'r', totals: sums, by_model: { m: sums } });
    expect(text).toContain('estimated, not in the sums: ~900 in, ~40 out (1 call)');
    expect(text).toContain('1 call billed without a usage');
    expect(text).not.toMatch(/~1,000|not exact/);
  });

  it('shows an unknown sum when every call was estimated', () => {
    const estimated = { calls: 1, input_tokens: 900, output_tokens: 40, cost_usd: 0.1 };
    const none = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cost_usd: 0, inexact_calls: 1 };
    const sums = totals({ ...none, estimated });
    const [, row] = formatRunSummary({ run_id: 'r', totals: sums, by_model: { m: sums } }).split('\n');
    expect(row?.split(/\s+/)).toEqual(['m', '1', '?', '?', '?', '?']);
  });

  it('lets no control character of a model name reach the terminal', () => {
    const text = formatRunSummary({ run_id: 'r', totals: totals(), by_model: { '\u001B[31mred\u202E': totals() } });
    expect(text).not.toMatch(/[\u001B\u202E]/);
    expect(text).toContain(String.raw`\u001b[31mred\u202e`);
  });
});
