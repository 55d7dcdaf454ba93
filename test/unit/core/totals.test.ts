import { describe, expect, it } from 'vitest';
import { addCall, addTally, emptyTally, isError, toTotals } from '../../../src/core/totals.ts';
import { aLine, aRecord } from '../../support/captures.ts';
import { callRecord, usage } from '../../support/exchanges.ts';

function tallyOf(...records: Parameters<typeof callRecord>[0][]): ReturnType<typeof emptyTally> {
  const tally = emptyTally();
  for (const fields of records) addCall(tally, callRecord(fields), 1000);
  return tally;
}

describe('core/totals', () => {
  it('counts calls of models as requests, and nothing else', () => {
    expect(tallyOf({}, { inference: false }, { leg: 'shadow' })).toMatchObject({ requests: 1, cost_nanos: 2000 });
  });

  it('sums what is known and counts what is not', () => {
    const tally = emptyTally();
    addCall(tally, callRecord({ usage: usage({ input_tokens: 7, output_tokens: null, state: 'partial' }) }), null);
    addCall(tally, callRecord({ usage: usage({ input_tokens: null, output_tokens: null, state: 'none' }) }), null);
    expect(tally).toMatchObject({ input_tokens: 7, output_tokens: 0, unpriced_calls: 1, calls_without_usage: 1 });
  });

  it('counts as unpriced what is no request too: its tokens are in the sums', () => {
    const tally = emptyTally();
    const polled = callRecord({ inference: false, settles: true });
    addCall(tally, polled, null);
    addCall(tally, callRecord({ inference: false, usage: usage({ input_tokens: null, state: 'none' }) }), null);
    expect(tally).toMatchObject({ requests: 0, input_tokens: 10, unpriced_calls: 1 });
  });

  it('marks numbers that were read by regex and keeps them in the sums', () => {
    expect(tallyOf({ usage: usage({ source: 'regex' }) })).toMatchObject({ inexact_calls: 1, input_tokens: 10 });
  });

  it('keeps estimates apart from the exact sums', () => {
    const both = usage({ source: 'estimate', estimated: ['input_tokens', 'output_tokens'] });
    expect(tallyOf({}, { usage: both })).toMatchObject({
      requests: 2,
      input_tokens: 10,
      output_tokens: 5,
      cost_nanos: 1000,
      inexact_calls: 1,
      calls_without_usage: 0,
      estimated_calls: 1,
      estimated_input_tokens: 10,
      estimated_output_tokens: 5,
      estimated_cost_nanos: 1000,
    });
  });

  it('splits the cost of a call of which one side is estimated by its lines', () => {
    const lines = [
      aLine('input_tokens', 100),
      aLine('cache_read_tokens', 100),
      aLine('output_tokens', 200),
      aLine('reasoning_tokens', 200),
      aLine('web_searches', 400),
      aLine('output_audio_tokens', null),
    ];
    const cost = { ...aRecord().cost, confidence: 'estimated' as const, lines };
    const half = { usage: usage({ estimated: ['output_tokens'], state: 'partial' }), cost };
    expect(tallyOf(half)).toMatchObject({
      cost_nanos: 600,
      estimated_cost_nanos: 400,
      input_tokens: 10,
      output_tokens: 0,
    });
    const stated = { ...half, cost: { ...cost, lines: [aLine('output_tokens', 1000, { source: 'provider' })] } };
    expect(tallyOf(stated)).toMatchObject({ cost_nanos: 1000, estimated_cost_nanos: 0 });
  });

  it('counts what is billed without a usage, and what was sent again', () => {
    const none = usage({ input_tokens: null, output_tokens: null, state: 'none' });
    const cut = { usage: none, anomalies: ['billed_amount_unknown'] };
    expect(tallyOf(cut, { ...cut, inference: false }, { retry_count: 0 }, { retry_count: 2 })).toMatchObject({
      requests: 3,
      billed_unknown_calls: 1,
      calls_without_usage: 1,
      retries: 1,
    });
  });

  it.each<[string, Parameters<typeof callRecord>[0], boolean]>([
    ['an answer', {}, false],
    ['an error status', { status: 429 }, true],
    ['an error inside a 200', { error: { type: 'overloaded_error', message: '' } }, true],
    ['an answer that never came whole', { outcome: 'upstream_aborted' }, true],
    ['no upstream', { outcome: 'upstream_error', status: null }, true],
    ['a client that left', { outcome: 'client_aborted' }, false],
    ['a daemon that stopped', { outcome: 'shutdown' }, false],
  ])('tells whether %s is an error', (_, fields, expected) => {
    expect(isError(callRecord(fields))).toBe(expected);
  });

  it('adds money exactly', () => {
    const sum = emptyTally();
    for (let call = 0; call < 10; call += 1) addTally(sum, { ...emptyTally(), cost_nanos: 100_000_000 });
    expect(toTotals(sum).cost_usd).toBe(1);
  });
});
