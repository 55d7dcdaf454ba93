/**
 * The calls that match, newest first, as far as they were asked for: pages of the API's keyset, of which only those near
 * the reader are held. A page that was let go keeps its place and its cursor, and is fetched again when it is wanted; so
 * a list of a million calls costs a few megabytes. Calls that come meanwhile go on top while the reader is there, else
 * they wait.
 */
import type { CallRecord, ListedCalls } from '../api/shapes.ts';
import type { CallListOptions } from './call-list-options.ts';
import { PAGE } from './first-page.ts';
import { drop, insert, isNewer, letGo, listedOf, pageAt, pageOf, withTitles } from './listed.ts';
import type { Listed, Page } from './listed.ts';

/** Held on each side of those in sight. */
const HELD_PAGES = 8;
/** New calls on top, before the list begins anew. */
const MOST_FRESH = 500;
/** More rows than this are too high for browsers; the reader goes on with an earlier period. */
const MOST_ROWS = 250_000;
/** Calls whose sessions are asked for when a title is wanted. */
const NEWEST = 20;
/** Pages without a hit in a row that are asked for without being told to. */
const MOST_EMPTY_PAGES = 25;

export class CallList {
  readonly #options: CallListOptions;
  readonly #size: number;
  #pages: Page[] = [];
  /** Row at which each page begins, behind the fresh ones. */
  #starts: number[] = [];
  #end = 0;
  #next: string | null = null;
  #fresh: Listed[] = [];
  /** Ended while the first answer was awaited: it may not have them. */
  #early: CallRecord[] = [];
  #waiting = new Map<string, CallRecord>();
  #waits = 0;
  #follows = true;
  #wanted: [number, number] = [0, 0];
  #loading: { page: Page | null; abort: AbortController } | null = null;
  #reloading: AbortController | null = null;
  #missedMeanwhile = false;
  #emptyPages = 0;
  #hasTexts = false;
  #version = 0;
  #closed = false;

  /** The first answer is there. */
  ready = false;
  error: unknown = null;
  /** Of the last answers: not everything could be looked at in time. */
  partial = false;
  behind = 0;
  /** Of a list by cost, as the answer has it; undefined of any other. */
  aboveUsd: number | null | undefined;
  ignored: readonly string[] = [];
  /** Milliseconds that the first answer took; `null` = there is none. */
  tookMs: number | null = null;
  titles: ReadonlyMap<string, string> = new Map();

  constructor(options: CallListOptions) {
    this.#options = options;
    this.#size = options.pageSize ?? PAGE;
  }

  get version(): number {
    return this.#version;
  }

  get length(): number {
    return this.#fresh.length + this.#end;
  }

  /** There are older ones. */
  get hasMore(): boolean {
    return this.#next !== null && this.#end < MOST_ROWS;
  }

  /** There are older ones, and this list does not hold them. */
  get isFull(): boolean {
    return this.#next !== null && this.#end >= MOST_ROWS;
  }

  get isLoading(): boolean {
    return this.#loading !== null || this.#reloading !== null;
  }

  /** Words were looked for: rows say where they stand. */
  get hasTexts(): boolean {
    return this.#hasTexts;
  }

  /** The search goes on when it is told to. */
  get rests(): boolean {
    return this.partial && this.#emptyPages >= MOST_EMPTY_PAGES && this.hasMore;
  }

  /** Calls that wait to be seen. */
  get waiting(): number {
    return this.#waits;
  }

  /** Undefined = not held at the moment. */
  at(index: number): Listed | undefined {
    if (index < this.#fresh.length) return this.#fresh[index];
    const at = index - this.#fresh.length;
    const number = pageAt(this.#starts, at);
    return this.#pages[number]?.rows?.[at - (this.#starts[number] ?? 0)];
  }

  /** -1 = it is not held. */
  indexOf(id: string): number {
    const fresh = this.#fresh.findIndex(({ call }) => call.id === id);
    if (fresh >= 0) return fresh;
    for (const [number, { rows }] of this.#pages.entries()) {
      const found = rows?.findIndex(({ call }) => call.id === id) ?? -1;
      if (found >= 0) return this.#fresh.length + (this.#starts[number] ?? 0) + found;
    }
    return -1;
  }

  takes(call: CallRecord): boolean | 'ask' {
    return this.#options.takes(call);
  }

  /** Rows in sight: they and their neighbours are fetched, others are let go. */
  want(first: number, last: number): void {
    this.#wanted = [Math.max(0, first - this.#fresh.length), Math.max(0, last - this.#fresh.length)];
    if (this.ready) this.#loadNext();
  }

  /** Asks for the first page again; what is shown stays until it is there. */
  reload(): void {
    this.#closed = false;
    this.#reloading?.abort();
    const abort = new AbortController();
    this.#reloading = abort;
    const started = performance.now();
    void this.#options.fetch(null, this.#size, abort.signal).then(
      (answer) => {
        if (abort.signal.aborted) return;
        this.#reloading = null;
        this.tookMs ??= performance.now() - started;
        this.#adopt(answer);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        this.#reloading = null;
        this.#missedMeanwhile ||= this.ready;
        this.error = error;
        this.#tell();
      },
    );
    this.#tell();
  }

  /** Looks on where a search stopped, or a page could not be had. */
  goOn(): void {
    this.#emptyPages = 0;
    this.error = null;
    if (this.#missedMeanwhile) this.missed();
    this.#loadNext();
    this.#tell();
  }

  /** True: what comes goes on top. The reader is there and looks at nothing else. False: no row moves, on no answer. */
  follow(on: boolean): void {
    if (this.#follows === on) return;
    this.#follows = on;
    if (on) this.showWaiting();
    else if (this.ready && this.#reloading !== null) {
      this.#reloading.abort();
      this.#reloading = null;
      void this.probe();
    }
  }

  /** A call that was deleted. */
  remove(id: string): void {
    this.#fresh = this.#fresh.filter(({ call }) => call.id !== id);
    for (const page of this.#pages) drop(page, id);
    if (this.#waiting.delete(id)) this.#waits -= 1;
    this.#count();
    this.#tell();
  }

  showWaiting(): void {
    if (this.#waits === 0) return;
    const isWhole = this.#waiting.size === this.#waits;
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#waits = 0;
    if (isWhole) this.#putOnTop(calls);
    else this.reload();
  }

  /** Calls that ended, together, so that the list changes once. */
  ended(calls: readonly CallRecord[]): void {
    const taken = calls.filter((call) => this.takes(call) === true);
    if (taken.length === 0) return;
    if (!this.ready) this.#early = [...this.#early, ...taken].slice(-MOST_FRESH);
    else if (this.#follows) this.#putOnTop(taken);
    else {
      this.#waits += taken.length;
      for (const call of taken) if (this.#waiting.size < MOST_FRESH) this.#waiting.set(call.id, call);
      this.#tell();
    }
  }

  /** Some may be missing: what was asked again, or a line that was lost. */
  missed(): void {
    // The first answer is not thrown away for a newer one: it is what the reader waits for.
    if (!this.ready && this.#reloading !== null) this.#missedMeanwhile = true;
    else if (this.#follows) this.reload();
    else void this.probe();
  }

  /** Asks how many new ones there are, and shows them only to who follows. False: an earlier answer is awaited. */
  async probe(): Promise<boolean> {
    if (!this.#closed && this.#reloading !== null) return false;
    if (this.#closed || !this.ready) return true;
    if (this.#follows) {
      this.reload();
      return true;
    }
    const answer = await this.#options.fetch(null, this.#size, new AbortController().signal).catch(() => null);
    if (answer === null || this.#closed) return true;
    if (this.#follows) return this.probe();
    const top = Array.from({ length: Math.min(this.#size, this.length) }, (_, index) => this.at(index)?.call.id);
    const known = new Set([...top, ...(this.#pages[0]?.ids ?? [])]);
    // What is left was told by the feed, and not yet in the database when it was asked.
    for (const { id } of answer.calls) this.#waiting.delete(id);
    // All that is said of the others is how many: they are asked for again when they are shown.
    this.#waits = answer.calls.filter(({ id }) => !known.has(id)).length + this.#waiting.size;
    this.#tell();
    return true;
  }

  /** Asks what the sessions of the newest calls are called: the feed does not say it. */
  async learnTitles(): Promise<void> {
    const answer = await this.#options.fetch(null, NEWEST, new AbortController().signal).catch(() => null);
    if (answer === null || this.#closed) return;
    this.titles = withTitles(this.titles, answer.titles);
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    this.#reloading?.abort();
    this.#loading?.abort.abort();
  }

  #adopt(answer: ListedCalls): void {
    this.#loading?.abort.abort();
    this.#loading = null;
    const rows = listedOf(answer);
    this.#pages = [pageOf(null, rows)];
    // Told by the feed, and not yet in the database when it was asked.
    const known = new Set(rows.map(({ call }) => call.id));
    const newest = rows[0]?.call;
    this.#fresh = this.#fresh
      .filter(({ call }) => !known.has(call.id) && (newest === undefined || isNewer(call, newest)))
      .slice(0, this.#size);
    this.#next = answer.next_cursor;
    this.#emptyPages = 0;
    this.#waiting.clear();
    this.#waits = 0;
    this.error = null;
    this.ready = true;
    this.#note(answer);
    this.#count();
    this.#loadNext();
    this.#tell();
    if (this.#missedMeanwhile) this.missed();
    this.#missedMeanwhile = false;
    this.ended(this.#early.splice(0).filter(({ id }) => !known.has(id)));
  }

  #note(answer: ListedCalls): void {
    this.partial = answer.partial;
    this.behind = answer.behind;
    this.ignored = answer.ignored;
    this.#hasTexts ||= answer.texts.some((text) => text !== null);
    this.aboveUsd = answer.above_usd;
    this.titles = withTitles(this.titles, answer.titles);
  }

  #putOnTop(calls: readonly CallRecord[]): void {
    if (this.#fresh.length + calls.length > MOST_FRESH) {
      this.reload();
      return;
    }
    const ids = new Set(calls.map(({ id }) => id));
    const first = this.#pages[0]?.rows;
    const newest = first?.[0]?.call;
    const isTop = (call: CallRecord): boolean => newest === undefined || isNewer(call, newest);
    // A call is listed by when it began: a long one takes its place among those that are there already.
    if (first !== null && first !== undefined) {
      for (const call of calls.filter((one) => !isTop(one)))
        insert(first, call, this.#next === null && this.#pages.length === 1);
      const [page] = this.#pages;
      if (page !== undefined) Object.assign(page, pageOf(page.cursor, first));
    }
    this.#fresh = [
      ...calls.filter(isTop).map((call) => ({ call, text: null })),
      ...this.#fresh.filter(({ call }) => !ids.has(call.id)),
    ].sort((one, other) => (isNewer(one.call, other.call) ? -1 : 1));
    this.#count();
    this.#tell();
  }

  #loadNext(): void {
    const page = this.#pageWanted();
    if (this.#loading !== null) {
      if (this.#loading.page === null || this.#loading.page === page) return;
      // The reader has gone on; what is under way is not looked at any more.
      this.#loading.abort.abort();
      this.#loading = null;
    }
    if (page === undefined || this.#closed || this.error !== null) return;
    const abort = new AbortController();
    this.#loading = { page, abort };
    const cursor = page === null ? this.#next : page.cursor;
    const size = page === null ? this.#size : page.count + Math.ceil(this.#size / 4);
    void this.#options.fetch(cursor, size, abort.signal).then(
      (answer) => this.#took(page, answer, abort),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        this.#loading = null;
        this.error = error;
        this.#tell();
      },
    );
  }

  /** A page that was let go and is looked at, or `null`: the one behind the last; undefined = all is there. */
  #pageWanted(): Page | null | undefined {
    const [first, last] = this.#wanted;
    const ahead = this.#size / 2;
    const to = pageAt(this.#starts, Math.min(this.#end - 1, last + ahead));
    for (let number = Math.max(0, pageAt(this.#starts, Math.max(0, first - ahead))); number <= to; number += 1) {
      const page = this.#pages[number];
      if (page?.rows === null) return page;
    }
    return this.hasMore && !this.rests && last + ahead >= this.#end ? null : undefined;
  }

  #took(page: Page | null, answer: ListedCalls, abort: AbortController): void {
    if (abort.signal.aborted) return;
    this.#loading = null;
    const rows = listedOf(answer);
    if (page === null) {
      this.#emptyPages = rows.length < this.#size / 4 && answer.partial ? this.#emptyPages + 1 : 0;
      this.#append(this.#next, rows);
      this.#next = answer.next_cursor;
      this.#note(answer);
    } else {
      // Calls that came in between since then belong to it, and those that the next page begins with do not.
      const end = rows.findIndex(({ call }) => call.id === page.end);
      page.rows = rows.slice(0, end < 0 ? this.#size : end + 1);
      page.count = page.rows.length;
    }
    this.#letGo();
    this.#count();
    this.#tell();
    this.#loadNext();
  }

  /** Small pages of a search that had no time grow together. */
  #append(cursor: string | null, rows: Listed[]): void {
    const last = this.#pages.at(-1);
    const lastIds = new Set(last?.rows?.map(({ call }) => call.id));
    const isNew = rows.filter(({ call }) => !lastIds.has(call.id));
    if (isNew.length > 0) this.#pages.push(pageOf(cursor, isNew));
  }

  #letGo(): void {
    const [first, last] = this.#wanted;
    const from = pageAt(this.#starts, first) - HELD_PAGES;
    const to = pageAt(this.#starts, last) + HELD_PAGES;
    for (const [number, page] of this.#pages.entries()) if (number < from || number > to) letGo(page, number === 0);
  }

  #count(): void {
    this.#starts = [];
    this.#end = 0;
    for (const { count } of this.#pages) {
      this.#starts.push(this.#end);
      this.#end += count;
    }
  }

  #tell(): void {
    if (this.#closed) return;
    this.#version += 1;
    this.#options.changed();
  }
}
