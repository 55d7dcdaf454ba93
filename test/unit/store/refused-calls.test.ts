import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { listCalls } from '../../../src/store/queries.ts';
import { useCallStore } from '../../support/call-store.ts';
import { aRecord } from '../../support/captures.ts';

const store = useCallStore();

function write(over: Partial<CallRecord>, costNanos: number | null = null): void {
  new CallWriter(store.database).write([{ record: aRecord(over), costNanos, log: null }]);
}

describe('store/call-writer, calls that it refuses', () => {
  it('takes what lacks something, or could not be read again, for no call that is stored already', () => {
    expect(() => write({ id: 'a', duration_ms: Number.NaN })).toThrow('duration_ms');
    expect(() => write({ id: 'b' }, 2 ** 53)).toThrow('too large');
    write({ id: 'c' });
    write({ id: 'c', host: 'again.example' });
    expect(listCalls(store.database, {}, 9).calls.map(({ id }) => id)).toEqual(['c']);
  });
});
