import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../../src/core/capture.ts';
import { unknownUsage } from '../../../../src/core/usage.ts';
import { formatVerified } from '../../../../src/cli/demo/format.ts';
import type { Served } from '../../../../src/cli/demo/fake-providers.ts';
import { verify } from '../../../../src/cli/demo/verify.ts';

const USAGE = {
  input_tokens: 100,
  output_tokens: 20,
  cache_read_tokens: 0,
  cache_write_tokens: null,
  reasoning_tokens: 5,
};

function served(over: Partial<Served> = {}): Served {
  return {
    host: 'api.openai.com',
    path: '/v1/x',
    status: 200,
    id: 'chat_1',
    usage: USAGE,
    wasCut: false,
    body: '',
    ...over,
  };
}

function record(over: Partial<CallRecord> = {}, usage: object = {}): CallRecord {
  const counts = {
    ...unknownUsage(),
    input_tokens: 100,
    output_tokens: 20,
    reasoning_tokens: 5,
    state: 'final',
    ...usage,
  };
  const base = {
    host: 'api.openai.com',
    provider: 'openai',
    status: 200,
    response_id: 'chat_1',
    response_model: 'gpt-5',
    cost_usd: null,
  };
  return { ...base, usage: counts, ...over } as CallRecord;
}

describe('cli/demo/verify', () => {
  it('finds no difference in equal numbers, with an empty subset unnamed', () => {
    expect(verify([served()], [record()])[0]?.differences).toEqual([]);
  });

  it.each([
    [{}, { input_tokens: 99 }, 'input_tokens is 99, really 100'],
    [{}, { output_tokens: null }, 'output_tokens is null, really 20'],
    [{}, { cache_read_tokens: 7 }, 'cache_read_tokens is 7, really null'],
    [{ response_id: 'other' }, {}, 'response id is other, really chat_1'],
    [{ status: 500 }, {}, 'status is 500, really 200'],
  ])('names what differs', (over, usage, difference) => {
    expect(verify([served()], [record(over, usage)])[0]?.differences).toEqual([difference]);
  });

  it('says which answer was not recorded', () => {
    expect(verify([served()], [])[0]?.differences).toEqual(['was not recorded']);
  });

  it('wants a cut stream marked, with the input that was seen', () => {
    const cut = served({ wasCut: true });
    expect(
      verify([cut], [record({ response_id: null }, { state: 'partial', output_tokens: 1 })])[0]?.differences,
    ).toEqual([]);
    expect(verify([cut], [record()])[0]?.differences).toEqual(['usage state is final, really partial']);
  });

  it('shows unknown as ?, unpriced as such, and a failure without numbers', () => {
    const text = formatVerified(
      verify(
        [served(), served({ status: 429, usage: null })],
        [record({}, { cache_read_tokens: null }), record({ status: 429 })],
      ),
    );
    const [, first = '', second = ''] = text.split('\n');
    expect(first.split(/\s+/)).toEqual(['openai', 'gpt-5', '200', '100', '?', '20', 'unpriced', 'yes']);
    expect(second).toContain('429      -       -       -         -');
  });
});
