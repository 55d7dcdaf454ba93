import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { createSessionHistory } from '../../../src/delivery/session-history.ts';
import { useCallStore } from '../../support/call-store.ts';

describe('delivery/session-history', () => {
  const store = useCallStore();
  const add = (id: string, over: Partial<CallRecord> = {}): void => store.add({ id, session_id: 'ses-1', ...over });

  it('counts the turns of a session at its host in the order of their ends, whatever is asked first', () => {
    add('call_1');
    add('call_2', { operation: 'embeddings' });
    add('call_3', { host: 'gateway.test' });
    add('call_4', { session_id: 'ses-2' });
    add('call_5', { leg: 'shadow' });
    add('call_6', { inference: false, operation: 'models' });
    add('call_7');
    add('call_8', { inference: false, operation: 'threads', path: '/v1/threads/thread_1/messages' });
    const numbers = { call_1: 1, call_2: null, call_3: 1, call_4: 1, call_5: null, call_6: null, call_7: 2, call_8: 3 };
    for (const order of [Object.entries(numbers), Object.entries(numbers).toReversed()]) {
      const history = createSessionHistory(store.database);
      for (const [call, number] of order) expect([call, history.numberOf(call)]).toEqual([call, number]);
      expect(history.numberOf('call_7')).toBe(2);
    }
  });

  it('goes on counting where calls came in, and where older ones were deleted meanwhile', () => {
    const history = createSessionHistory(store.database);
    add('call_1');
    add('call_2');
    expect(history.numberOf('call_2')).toBe(2);
    add('call_3');
    store.database.exec("DELETE FROM llm_calls WHERE id = 'call_1'");
    expect(history.numberOf('call_3')).toBe(3);
  });

  it('gives a call of no session the number of one that is alone, and none to one that is not stored', () => {
    add('call_1', { session_id: null });
    const history = createSessionHistory(store.database);
    expect(history.numberOf('call_1')).toBe(1);
    expect(history.numberOf('call_0')).toBeNull();
  });
});
