import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CallSource, createCallSource, type NumberedCall } from '../../../src/delivery/call-source.ts';
import type { Place } from '../../../src/delivery/state-file.ts';
import { messageReader } from '../../../src/interchange/stored-messages.ts';
import { answering, asking, SearchedStore } from '../../support/searched-store.ts';

let store: SearchedStore;
let calls: CallSource;

beforeEach(() => {
  store = new SearchedStore();
  calls = createCallSource(
    store.database,
    messageReader(store.database, (error) => {
      throw error;
    }),
  );
});

afterEach(() => store.close());

const add = (): number => store.add(asking('What is it?'), answering('A call.'));
const START: Place = { seq: 0, anchor: null, removals: 0 };

/** Takes all that is behind a place. */
function takeAll(place: Place): { ids: string[]; place: Place } {
  const found = calls.found(place);
  const taken = calls.after(found.seq, 100, false);
  const last = taken.at(-1);
  return { ids: idsOf(taken), place: last === undefined ? found : calls.behind(last, found) };
}

const idsOf = (taken: readonly NumberedCall[]): string[] => taken.map(({ exchange }) => exchange.record.id);

describe('delivery/call-source', () => {
  it('gives calls in the order in which they were stored, in pages, each once', () => {
    const numbers = [add(), add(), add()];
    expect(calls.after(0, 2, false).map(({ seq }) => seq)).toEqual(numbers.slice(0, 2));
    expect(calls.after(2, 2, false).map(({ seq }) => seq)).toEqual(numbers.slice(2));
    const { ids, place } = takeAll(START);
    expect(ids).toEqual(['call_000001', 'call_000002', 'call_000003']);
    expect(takeAll(place)).toEqual({ ids: [], place });
    add();
    expect(takeAll(place).ids).toEqual(['call_000004']);
  });

  it('reads what was said only when it is wanted', () => {
    add();
    expect(calls.after(0, 1, false)[0]?.exchange).toMatchObject({ request: null, response: null });
    const [call] = calls.after(0, 1, true);
    expect(Buffer.from(call?.exchange.request?.body ?? []).toString()).toContain('What is it?');
  });

  it('begins in front of the first call of a time, or behind the last one', () => {
    expect(calls.before('2026-11-21T10:00:00.000Z')).toEqual(START);
    add();
    const second = add();
    expect(calls.before('2026-11-21T10:00:02.000Z')).toMatchObject({ seq: 1, anchor: { id: 'call_000001' } });
    expect(calls.before('2026-11-21T10:00:00.000Z')).toMatchObject({ seq: 0, anchor: null });
    expect(calls.before('2027-01-01T00:00:00.000Z')).toMatchObject({ seq: second });
  });

  it('misses no call that was given the number of one that was deleted', () => {
    const numbers = [add(), add(), add(), add()];
    const { place } = takeAll(START);
    store.remove(...numbers.slice(2));
    expect([add(), add(), add()]).toEqual([3, 4, 5]);
    const again = takeAll(place);
    expect(again.ids).toEqual(['call_000005', 'call_000006', 'call_000007']);
    expect(takeAll(again.place).ids).toEqual([]);
  });

  it('misses none of them either when it looks between the deletion and the next call', () => {
    const numbers = [add(), add(), add()];
    const { place } = takeAll(START);
    store.remove(...numbers.slice(1));
    const between = takeAll(place);
    expect(between).toMatchObject({ ids: [], place: { seq: 1, anchor: { id: 'call_000001' } } });
    add();
    expect(takeAll(between.place).ids).toEqual(['call_000004']);
    store.remove(1, 2);
    const empty = takeAll(between.place);
    expect(empty).toMatchObject({ ids: [], place: { seq: 0, anchor: null } });
    add();
    expect(takeAll(empty.place).ids).toEqual(['call_000005']);
  });

  it('also when the call is deleted while it is being sent', () => {
    add();
    const last = add();
    const found = calls.found(START);
    const taken = calls.after(found.seq, 100, false);
    store.remove(last);
    expect(add()).toBe(last);
    const place = calls.behind(taken[1] as NumberedCall, found);
    expect(takeAll(place).ids).toEqual(['call_000003']);
  });

  it('sends nothing twice because old calls are deleted', () => {
    const numbers = [add(), add(), add(), add()];
    const { place } = takeAll(START);
    store.remove(...numbers.slice(0, 2));
    expect(takeAll(place)).toMatchObject({ ids: [], place: { seq: 4, anchor: { id: 'call_000004' } } });
  });

  it('goes by the time of the last call in a database that was begun anew under it', () => {
    add();
    const sent = { id: 'call_of_before', started_at: '2026-11-21T10:00:00.500Z' };
    expect(takeAll({ seq: 3, anchor: { seq: 3, ...sent }, removals: 0 }).ids).toEqual(['call_000001']);
    expect(takeAll({ seq: 1, anchor: { seq: 1, ...sent }, removals: 0 }).ids).toEqual(['call_000001']);
  });

  it('goes by the time of the last call in a database that was put back from a copy, and went on', () => {
    add();
    const place: Place = {
      seq: 3,
      anchor: { seq: 3, id: 'call_of_before', started_at: '2026-11-21T10:00:01.500Z' },
      removals: 7,
    };
    add();
    add();
    expect(takeAll(place).ids).toEqual(['call_000002', 'call_000003']);
  });
});
