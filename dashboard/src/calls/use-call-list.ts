/** The list of a period and a filter, live. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { get } from '../api/client.ts';
import { type Asked, callsQuery } from './first-page.ts';
import type { CallRecord, ListedCalls } from '../api/shapes.ts';
import { liveFeed, STORED_MS, useEndedCalls, useFeedBegins } from '../api/use-live.ts';
import { boundsOf } from '../url/range.ts';
import { CallList } from './call-list.ts';

/** Calls that end within it are shown together. */
const BATCH_MS = 250;
/** Whether a call matches a filter only the daemon knows: it is asked at most so often, and less when that takes long. */
const ASK_MS = 1000;
const ASK_SHARE = 10;
/** Titles of sessions that began meanwhile. A store in trouble has them later. */
const TITLES_MS = 1500;
const MOST_TITLE_ASKS = 3;

class Source {
  readonly list: CallList;
  readonly #watchers = new Set<() => void>();

  constructor(asked: Asked) {
    this.list = new CallList({
      fetch: (cursor, limit, signal) => fetchCalls(asked, cursor, limit, signal),
      changed: () => {
        for (const tell of this.#watchers) tell();
      },
      takes: (call) => takes(asked, call),
    });
  }

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  };
}

async function fetchCalls(
  asked: Asked,
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<ListedCalls> {
  return get<ListedCalls>('/api/calls', callsQuery(asked, cursor, limit), signal);
}

/** Where the newest does not come first only the daemon knows where one belongs. */
function takes({ period, filter, sort }: Asked, call: CallRecord): boolean | 'ask' {
  const { since, until } = boundsOf(period, Date.now());
  const at = Date.parse(call.started_at);
  if ((since !== null && at < since) || (until !== null && at >= until)) return false;
  return filter.trim() === '' && sort === null ? true : 'ask';
}

export interface LiveList {
  list: CallList;
  /** Another number for each look of it. */
  version: number;
  /** What is shown is of the filter before: the answer is awaited. */
  isStale: boolean;
}

/** While the first answer to a new filter is awaited the list before it stays. */
export function useCallList({ period, filter, sort }: Asked): LiveList {
  const { since, until, label } = period;
  const wanted = useMemo(
    () => new Source({ period: { since, until, label }, filter, sort }),
    [since, until, label, filter, sort],
  );
  const shown = useRef(wanted);
  useEffect(() => {
    wanted.list.reload();
    return () => wanted.list.close();
  }, [wanted]);
  useSyncExternalStore(wanted.watch, () => wanted.list.version);
  if (wanted.list.ready || wanted.list.error !== null) shown.current = wanted;
  useFeed(wanted);
  const source = shown.current;
  return { list: source.list, version: source.list.version, isStale: source !== wanted };
}

/** Brings what ends into the list. */
function useFeed(source: Source): void {
  const batch = useRef<CallRecord[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const asks = useRef({ isDue: false, after: 0, ended: 0 });
  const latest = useRef(source);
  latest.current = source;
  const titling = useRef<ReturnType<typeof setTimeout> | null>(null);
  const untitled = useRef<CallRecord[]>([]);
  const learnSoon = (calls: readonly CallRecord[], asked: number): void => {
    const { titles } = latest.current.list;
    untitled.current.push(...calls.filter(({ agent_facts: facts }) => facts !== null && !titles.has(facts.session)));
    if (untitled.current.length === 0) return;
    titling.current ??= setTimeout(() => void learn(asked), TITLES_MS * 2 ** asked);
  };
  const learn = async (asked: number): Promise<void> => {
    const calls = untitled.current.splice(0);
    await latest.current.list.learnTitles();
    if (titling.current === null) return;
    titling.current = null;
    learnSoon(asked + 1 < MOST_TITLE_ASKS ? calls : [], asked + 1);
  };
  const show = (): void => {
    timer.current = null;
    const calls = batch.current.splice(0);
    latest.current.list.ended(calls);
    learnSoon(calls, 0);
  };
  const ask = (): void => {
    if (asks.current.isDue) return;
    asks.current.isDue = true;
    setTimeout(() => void probe(), Math.max(BATCH_MS, asks.current.after - performance.now()));
  };
  const probe = async (): Promise<void> => {
    asks.current.isDue = false;
    const started = performance.now();
    const isAsked = await latest.current.list.probe();
    const took = performance.now() - started;
    asks.current.after = performance.now() + Math.max(ASK_MS, ASK_SHARE * took);
    // What ended a moment before may not have been in the answer.
    if (!isAsked || started - asks.current.ended < STORED_MS) ask();
  };
  const late = (): void => {
    asks.current.ended = performance.now();
    ask();
  };
  useEndedCalls(
    (call) => {
      const verdict = latest.current.list.takes(call);
      if (verdict === 'ask') late();
      if (verdict !== true) return;
      batch.current.push(call);
      timer.current ??= setTimeout(show, BATCH_MS);
    },
    () => latest.current.list.missed(),
  );
  useFeedBegins(() => {
    latest.current.list.missed();
    late();
  });
  useEffect(() => liveFeed.listen({ deleted: (id) => latest.current.list.remove(id) }), []);
  useEffect(() => {
    // What ended right before may not be in the first answer.
    if (performance.now() - liveFeed.endedAt < STORED_MS) late();
  }, [source]);
  useEffect(
    () => () => {
      clearTimeout(timer.current ?? undefined);
      clearTimeout(titling.current ?? undefined);
      titling.current = null;
    },
    [],
  );
}
