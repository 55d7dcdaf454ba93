import { describe, expect, it } from 'vitest';
import type { CallRecord, ListedCalls } from '../../../dashboard/src/api/shapes.ts';
import { CallList } from '../../../dashboard/src/calls/call-list.ts';

const SIZE = 10;

/** Calls by number: the higher, the newer. */
function call(number: number): CallRecord {
  const at = String(number).padStart(8, '0');
  return { id: `call_${at}`, started_at: `2026-11-21T${at}Z` } as CallRecord;
}

function answer(calls: CallRecord[], more: Partial<ListedCalls> = {}): ListedCalls {
  return {
    calls,
    next_cursor: null,
    partial: false,
    texts: calls.map(() => null),
    behind: 0,
    ignored: [],
    titles: {},
    ...more,
  };
}

/** A daemon with calls that can grow; it answers at once. */
class Daemon {
  calls: CallRecord[];
  asked: (string | null)[] = [];
  fails = false;
  changes = 0;

  constructor(count: number) {
    this.calls = Array.from({ length: count }, (_, index) => call(count - index));
  }

  list(takes: (record: CallRecord) => boolean | 'ask' = () => true): CallList {
    return new CallList({
      fetch: (cursor, limit) => this.#page(cursor, limit),
      changed: () => {
        this.changes += 1;
      },
      takes,
      pageSize: SIZE,
    });
  }

  add(...numbers: number[]): CallRecord[] {
    const added = numbers.map(call);
    this.calls = [...this.calls, ...added].sort((one, other) => (one.id > other.id ? -1 : 1));
    return added;
  }

  async #page(cursor: string | null, limit: number): Promise<ListedCalls> {
    this.asked.push(cursor);
    await Promise.resolve();
    if (this.fails) throw new Error('gone');
    const from = cursor === null ? 0 : this.calls.findIndex(({ id }) => id < cursor);
    const page = from < 0 ? [] : this.calls.slice(from, from + limit);
    const isLast = from < 0 || from + limit >= this.calls.length;
    return answer(page, { next_cursor: isLast ? null : (page.at(-1)?.id ?? null) });
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

async function opened(daemon: Daemon): Promise<CallList> {
  const list = daemon.list();
  list.reload();
  await settled();
  return list;
}

/** The reader goes down to a row, as far as there are any. */
async function scrollTo(list: CallList, row: number): Promise<void> {
  for (let last = -1; list.length <= row && list.length !== last;) {
    last = list.length;
    list.want(Math.max(0, list.length - 5), list.length - 1);
    await settled();
  }
  list.want(row, row + 5);
  await settled();
}

const ids = (list: CallList, from: number, to: number): (string | undefined)[] =>
  Array.from({ length: to - from }, (_, index) => list.at(from + index)?.call.id);

describe('dashboard/calls/call-list.ts', () => {
  it('holds the first page, and asks for the next when the reader comes near its end', async () => {
    const daemon = new Daemon(35);
    const list = await opened(daemon);
    expect(list.length).toBe(SIZE);
    expect(list.hasMore).toBe(true);
    await scrollTo(list, 34);
    expect(list.length).toBe(35);
    expect(list.hasMore).toBe(false);
    expect(ids(list, 0, 35)).toEqual(daemon.calls.map(({ id }) => id));
  });

  it('lets go of pages that are far away, keeps their places, and fetches them again', async () => {
    const daemon = new Daemon(500);
    const list = await opened(daemon);
    await scrollTo(list, 400);
    expect(list.length).toBeGreaterThan(400);
    expect(list.at(0)).toBeUndefined();
    expect(list.at(402)?.call.id).toBe(daemon.calls[402]?.id);
    const before = daemon.asked.length;
    list.want(3, 12);
    await settled();
    expect(ids(list, 0, 20)).toEqual(daemon.calls.slice(0, 20).map(({ id }) => id));
    expect(list.at(402)).toBeUndefined();
    expect(daemon.asked.length - before).toBeLessThan(5);
  });

  it('never holds more than a few pages, however far the reader goes', async () => {
    const daemon = new Daemon(2000);
    const list = await opened(daemon);
    await scrollTo(list, 1990);
    const held = Array.from({ length: list.length }, (_, index) => list.at(index)).filter((row) => row !== undefined);
    expect(list.length).toBe(2000);
    expect(held.length).toBeLessThanOrEqual(20 * SIZE);
  });

  it('has each call once when some came in between while a page was let go', async () => {
    const daemon = new Daemon(400);
    daemon.calls = daemon.calls.filter((_, index) => index !== 4);
    const list = await opened(daemon);
    await scrollTo(list, 300);
    daemon.add(396);
    list.want(0, 12);
    await settled();
    const seen = ids(list, 0, 21);
    expect(seen).toEqual(daemon.calls.slice(0, 21).map(({ id }) => id));
  });

  it('moves no row for an answer that was asked for before the reader went on', async () => {
    const daemon = new Daemon(45);
    const list = await opened(daemon);
    await scrollTo(list, 30);
    const before = ids(list, 0, 40);
    daemon.add(46);
    list.missed();
    list.follow(false);
    await settled();
    expect(ids(list, 0, 40)).toEqual(before);
    expect(list.waiting).toBe(1);
    list.follow(true);
    await settled();
    expect(list.at(0)?.call.id).toBe(call(46).id);
  });

  it('shows what is new to who is back at the top before it is known how much that is', async () => {
    const daemon = new Daemon(5);
    const list = await opened(daemon);
    list.follow(false);
    daemon.add(6);
    const asked = list.probe();
    list.follow(true);
    await asked;
    await settled();
    expect(list.waiting).toBe(0);
    expect(list.at(0)?.call.id).toBe(call(6).id);
  });

  it('leaves out a call that was deleted, on top and below, and goes on behind the others', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.ended(daemon.add(26));
    const gone = [26, 16].map((number) => call(number).id);
    daemon.calls = daemon.calls.filter(({ id }) => !gone.includes(id));
    for (const id of gone) list.remove(id);
    await scrollTo(list, 24);
    expect(ids(list, 0, list.length)).toEqual(daemon.calls.map(({ id }) => id));
  });

  it('puts calls on top while the reader is there', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.ended(daemon.add(26, 28, 27));
    expect(ids(list, 0, 4)).toEqual([28, 27, 26, 25].map((number) => call(number).id));
    expect(list.waiting).toBe(0);
  });

  it('puts a call that took long among those that began with it', async () => {
    const daemon = new Daemon(25);
    daemon.calls = daemon.calls.filter(({ id }) => id !== call(22).id);
    const list = await opened(daemon);
    list.ended(daemon.add(22));
    expect(ids(list, 0, 5)).toEqual([25, 24, 23, 22, 21].map((number) => call(number).id));
    list.ended(daemon.add(22));
    expect(ids(list, 3, 5)).toEqual([22, 21].map((number) => call(number).id));
  });

  it('moves nothing while the reader is elsewhere: new calls wait until they are asked for', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.follow(false);
    list.ended(daemon.add(26));
    list.ended(daemon.add(27, 28));
    expect(list.waiting).toBe(3);
    expect(list.at(0)?.call.id).toBe(call(25).id);
    list.showWaiting();
    expect(list.waiting).toBe(0);
    expect(ids(list, 0, 4)).toEqual([28, 27, 26, 25].map((number) => call(number).id));
  });

  it('counts none as new that it held, and let go when the reader was far from it', async () => {
    const daemon = new Daemon(400);
    const list = await opened(daemon);
    list.follow(false);
    await scrollTo(list, 300);
    expect(list.at(0)).toBeUndefined();
    await list.probe();
    expect(list.waiting).toBe(0);
    daemon.add(401);
    await list.probe();
    expect(list.waiting).toBe(1);
  });

  it('goes on counting what waits and was told before the database had it', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.follow(false);
    list.ended([call(26), ...daemon.add(27)]);
    await list.probe();
    expect(list.waiting).toBe(2);
    list.remove(call(26).id);
    expect(list.waiting).toBe(1);
    list.ended([call(28)]);
    daemon.add(28);
    list.showWaiting();
    await settled();
    expect(ids(list, 0, 3)).toEqual([28, 27, 25].map((number) => call(number).id));
    expect(list.waiting).toBe(0);
  });

  it('asks anew when more wait than it notes', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.follow(false);
    for (let number = 26; number < 826; number += 1) list.ended(daemon.add(number));
    expect(list.waiting).toBe(800);
    list.showWaiting();
    await settled();
    expect(list.at(0)?.call.id).toBe(call(825).id);
    expect(list.length).toBeLessThan(100);
  });

  it('begins anew when many came on top, so that it does not grow', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    for (let number = 26; number < 1626; number += 1) {
      list.ended(daemon.add(number));
      if (number % 100 === 0) await settled();
    }
    await settled();
    expect(list.length).toBeLessThan(700);
    expect(list.at(0)?.call.id).toBe(call(1625).id);
  });

  it('shows what the feed told before the database had it', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    list.ended([call(26)]);
    list.reload();
    await settled();
    expect(list.at(0)?.call.id).toBe(call(26).id);
  });

  it('leaves out what does not match, and counts by asking where only the daemon knows', async () => {
    const daemon = new Daemon(25);
    const list = daemon.list((record) => (record.id > call(27).id ? false : 'ask'));
    list.reload();
    await settled();
    list.follow(false);
    list.ended(daemon.add(26, 28));
    expect(list.waiting).toBe(0);
    await list.probe();
    expect(list.waiting).toBe(2);
    list.showWaiting();
    await settled();
    expect(list.at(0)?.call.id).toBe(call(28).id);
  });

  it('says that it asked nothing while an earlier answer is awaited', async () => {
    const daemon = new Daemon(3);
    const list = await opened(daemon);
    list.reload();
    expect(await list.probe()).toBe(false);
    await settled();
    expect(await list.probe()).toBe(true);
  });

  it('lists what ended before its first answer, once, whether that has it or not', async () => {
    const daemon = new Daemon(3);
    const list = daemon.list();
    list.reload();
    list.ended([...daemon.add(9), call(10)]);
    await settled();
    expect(ids(list, 0, list.length)).toEqual([10, 9, 3, 2, 1].map((number) => call(number).id));
  });

  it('says what went wrong, and goes on when it is told to', async () => {
    const daemon = new Daemon(25);
    const list = await opened(daemon);
    daemon.fails = true;
    await scrollTo(list, 20);
    expect(list.error).toBeInstanceOf(Error);
    expect(list.length).toBe(SIZE);
    daemon.fails = false;
    list.goOn();
    await settled();
    expect(list.error).toBeNull();
    await scrollTo(list, 20);
    expect(list.length).toBe(25);
  });

  it('asks again for the newest when it is told to go on, where those could not be had', async () => {
    const daemon = new Daemon(5);
    const list = await opened(daemon);
    daemon.add(6);
    daemon.fails = true;
    list.missed();
    await settled();
    expect(list.error).toBeInstanceOf(Error);
    daemon.fails = false;
    list.goOn();
    await settled();
    expect(list.at(0)?.call.id).toBe(call(6).id);
  });

  it('rests after some pages of a search that had no time and found nothing, until it is told to go on', async () => {
    let asked = 0;
    const list = new CallList({
      fetch: async () => {
        asked += 1;
        return answer([], { next_cursor: `s${asked}`, partial: true });
      },
      changed: () => {},
      takes: () => true,
      pageSize: SIZE,
    });
    list.reload();
    await settled();
    expect(list.rests).toBe(true);
    const before = asked;
    await settled();
    expect(asked).toBe(before);
    list.goOn();
    await settled();
    expect(asked).toBeGreaterThan(before);
    list.close();
  });

  it('tells nobody any more when it is closed', async () => {
    const daemon = new Daemon(25);
    const list = daemon.list();
    list.reload();
    const before = daemon.changes;
    list.close();
    await settled();
    expect(daemon.changes).toBe(before);
    expect(list.ready).toBe(false);
  });
});
