import { describe, expect, it } from 'vitest';
import { partialSuccessOf, statusOf } from '../../../src/delivery/otlp-answers.ts';
import { encodeMessage } from '../../support/protobuf.ts';

const NOTHING = { rejected: 0, message: '' };

describe('delivery/otlp-answers', () => {
  it('reads how many spans were not accepted, whatever the coding', () => {
    const told = { rejected: 300, message: 'too old' };
    expect(partialSuccessOf(encodeMessage([1, encodeMessage([1, 300], [2, 'too old'])]))).toEqual(told);
    for (const rejectedSpans of [300, '300']) {
      const body = { partialSuccess: { rejectedSpans, errorMessage: 'too old' } };
      expect(partialSuccessOf(Buffer.from(JSON.stringify(body)))).toEqual(told);
    }
  });

  it('takes what it cannot read for a word of thanks', () => {
    const bodies = ['', 'OK', '{', '{}', '{"partialSuccess":null}', '{"partialSuccess":{"rejectedSpans":-1}}', 'null'];
    for (const body of bodies) expect(partialSuccessOf(Buffer.from(body))).toEqual(NOTHING);
    expect(partialSuccessOf(encodeMessage([1, encodeMessage([1, -1])]))).toEqual(NOTHING);
  });

  it('throws for no answer that was cut', () => {
    const delay = encodeMessage([1, encodeMessage([1, 2])]);
    const detail = encodeMessage([1, 'type.googleapis.com/google.rpc.RetryInfo'], [2, delay]);
    const status = encodeMessage([1, 14], [2, 'busy'], [3, detail]);
    const partial = encodeMessage([1, encodeMessage([1, 300], [2, 'too old'])]);
    for (let end = 0; end < status.length; end += 1) {
      expect(statusOf(status.subarray(0, end)).retryAfterMs).toBeOneOf([null, 0]);
    }
    for (let end = 0; end < partial.length; end += 1) {
      expect(partialSuccessOf(partial.subarray(0, end)).message).toBe('');
    }
    expect(statusOf(status)).toEqual({ message: 'busy', retryAfterMs: 2000 });
  });
});
