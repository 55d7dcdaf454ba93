import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../dashboard/src/api/shapes.ts';
import { askedFor, flagsOf, seconds, tokenRate, toolsText } from '../../../dashboard/src/calls/figures.ts';

function aCall(given: Partial<CallRecord> = {}, usage: Partial<CallRecord['usage']> = {}): CallRecord {
  return {
    stream: true,
    retry_count: null,
    leg: 'primary',
    mode: 'passthrough',
    outcome: 'complete',
    agent_facts: null,
    duration_ms: 5000,
    ttft_ms: 1000,
    request_model: null,
    response_model: null,
    tool_calls: [],
    ...given,
    usage: { output_tokens: 400, state: 'final', source: 'sse', estimated: [], ...usage },
  } as unknown as CallRecord;
}

const letters = (call: CallRecord): string =>
  flagsOf(call)
    .map(({ letter }) => letter)
    .join('');

describe('dashboard/calls/figures.ts', () => {
  it('counts tokens per second behind the first one of a stream, and over all of an answer in one piece', () => {
    expect(tokenRate(aCall())).toBe(100);
    expect(tokenRate(aCall({ stream: false, ttft_ms: null }))).toBe(80);
  });

  it('takes no instant for the time of an answer: one that came at once counts over the whole call', () => {
    expect(tokenRate(aCall({ ttft_ms: 4990 }))).toBe(80);
  });

  it('knows no rate of what is unknown', () => {
    expect(tokenRate(aCall({}, { output_tokens: null }))).toBeNull();
    expect(tokenRate(aCall({ duration_ms: 0, ttft_ms: 0 }))).toBeNull();
  });

  it('flags what is particular about a call', () => {
    expect(letters(aCall({ stream: false }))).toBe('');
    expect(letters(aCall({ retry_count: 2 }))).toBe('SR');
    expect(letters(aCall({ retry_count: 0 }))).toBe('S');
    expect(letters(aCall({}, { estimated: ['output_tokens'] }))).toBe('SE');
    expect(letters(aCall({ outcome: 'client_aborted' }, { estimated: ['output_tokens'], state: 'partial' }))).toBe(
      'SEP',
    );
    expect(letters(aCall({ leg: 'shadow' }))).toBe('SC');
  });

  it('names the model that was asked for only when another one answered', () => {
    expect(askedFor(aCall({ request_model: 'opus', response_model: 'haiku' }))).toBe('opus');
    expect(askedFor(aCall({ request_model: 'gpt-5', response_model: 'gpt-5-2026-01-01' }))).toBeNull();
    expect(askedFor(aCall({ request_model: 'models/gemini', response_model: 'gemini' }))).toBeNull();
    expect(askedFor(aCall({ request_model: 'opus' }))).toBeNull();
  });

  it('names tools once, with how often', () => {
    const named = ['read', 'bash', 'read'].map((name) => ({ id: null, name }));
    expect(toolsText(aCall({ tool_calls: named }))).toBe('read ×2, bash');
  });

  it.each([
    [0, '0.00'],
    [840, '0.84'],
    [12_304, '12.30'],
    [99_994, '99.99'],
    [99_996, '100.0'],
    [754_000, '754.0'],
    [999_960, '1,000'],
    [3_600_000, '3,600'],
  ])('writes %d ms as %s seconds', (ms, text) => {
    expect(seconds(ms)).toBe(text);
  });
});
