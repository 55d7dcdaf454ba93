import { setTimeout as pause } from 'node:timers/promises';
import type { Capture } from '../core/capture.ts';
import { messageOf } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { LiveCalls } from '../core/live-call.ts';
import type { SessionPart } from '../core/sessions.ts';
import type { Settled, Sink } from '../core/sink.ts';
import { bodiesOf, type CallBodies, sizeOf } from '../store/blocks/call-bodies.ts';
import type { StoredCall } from '../store/call-row.ts';
import { CallWriter } from '../store/call-writer.ts';
import { type Database, statementOf } from '../store/driver.ts';
import { Batch, TryAgain } from './batch.ts';
import { LiveCallKeeper } from './live-call-keeper.ts';
import type { LogLocations } from './log-locations.ts';
import { Losses, type SinkDeps } from './losses.ts';
import { StoreFile } from './store-file.ts';

export interface SqliteOptions {
  /** The database file. */
  path: string;
  /** Names this life of the recorder: calls in flight are kept under it. */
  recorder?: string;
  /** Somebody waits for each call: a database that is busy is tried again soon. */
  isAwaited?: boolean;
  /** False: bodies are not stored; calls and their counts are. */
  bodies?: boolean;
  /** A trace without a call for so long has ended. */
  traceIdleMs?: number;
  /** Copies of a database of an earlier version that stay; absent = the default. */
  backups?: number;
  /** Tests only. */
  open?: (path: string) => Database;
}

export interface SqliteSink extends Sink {
  /** Where calls in flight are kept. */
  readonly live: LiveCalls;
  /** A run, task or session that is known to have ended. */
  endTrace(traceId: string): void;
  /**
   * Work of others on the connection that writes, between two transactions: with a connection of their own they would
   * wait for this thread, in this thread. @throws AppError `store_unusable` while the database is not open
   */
  use<T>(work: (database: Database) => T): T;
  /** A question, also in the midst of a transaction. @throws as `use` does */
  ask<T>(question: (database: Database) => T): T;
  /** Called with each database that is opened, before anything is written to it. */
  onOpen(listener: (database: Database) => void): void;
}

const TRACE_IDLE_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
/**
 * Calls that wait for a transaction. Once it is open, calls go straight into it, until the end of this turn of the loop:
 * a record that waits is soon old, and dear to collect. Fewer than these would be more commits than they are worth.
 */
const GROUP = { maxItems: 20_000, maxBytes: 64 * 1024 * 1024, delayMs: 50, full: 32, retryMs: 500 };
/** Another program holds the database: the recorder may not wait for it, the queue can. */
const BUSY_MS = 50;
/** Somebody waits for the record: to be tried again within the time that they have. */
const AWAITED_RETRY_MS = 25;
/** At the end: 3 s with what each waits for the lock, of the 5 that a sink has to close. */
const LAST_TRIES = 20;
const LAST_PAUSE_MS = 100;
/** A row and its JSON columns in memory, about. */
const ROW_BYTES = 3000;

export function createSqliteSink(options: SqliteOptions, locations: LogLocations | null, deps: SinkDeps): SqliteSink {
  return new SqliteWriter(options, locations, deps);
}

/** A call on its way into the database, and who waits for it. */
interface Queued {
  call: StoredCall;
  bodies: CallBodies | null;
  settled: Settled | undefined;
}

class SqliteWriter implements SqliteSink {
  readonly name = 'sqlite';
  readonly isDurable = true;
  readonly #options: SqliteOptions;
  readonly #locations: LogLocations | null;
  readonly #deps: SinkDeps;
  readonly #losses: Losses;
  readonly #batch: Batch<Queued>;
  readonly #store: StoreFile;
  readonly live: LiveCallKeeper;
  /** On the file that is open. */
  #writer: CallWriter | null = null;
  /** What the last transaction failed of; `null` = nothing. */
  #trouble: string | null = null;
  #sweep: NodeJS.Timeout | null = null;
  /** Set while a transaction is open. */
  #commitSoon: NodeJS.Immediate | null = null;
  #uncommitted = 0;
  /** Of the calls in the open transaction. */
  #awaited: Settled[] = [];

  constructor(options: SqliteOptions, locations: LogLocations | null, deps: SinkDeps) {
    this.#options = options;
    this.#locations = locations;
    this.#deps = deps;
    this.#losses = new Losses(this.name, deps);
    const { path, open, backups } = options;
    this.#store = new StoreFile({
      path,
      busyMs: BUSY_MS,
      ...deps,
      ...(backups === undefined ? {} : { backups }),
      ...(open === undefined ? {} : { open }),
    });
    this.live = new LiveCallKeeper({
      owner: { recorder: options.recorder ?? newId('recorder', deps.clock.wall()), pid: process.pid },
      takesBodies: options.bodies !== false,
      // No body is among these rows: several times a second the writer of bodies would forget what lists it can build on.
      use: (work) => this.#between(work),
      tables: () => this.#writer?.live ?? null,
      deps,
    });
    this.#batch = new Batch<Queued>({
      ...GROUP,
      ...(options.isAwaited === true ? { retryMs: AWAITED_RETRY_MS } : {}),
      write: (calls) => this.#write(calls),
      onDropped: (reason, count) => this.#losses.add(reason, count),
    });
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  open(): void {
    this.#store.open();
    this.#prepare();
    this.#endIdleTraces();
    this.#sweep = setInterval(() => this.#endIdleTraces(), SWEEP_MS);
    this.#sweep.unref();
  }

  write(capture: Capture, settled?: Settled): void {
    const { record, costNanos } = capture;
    const log = this.#locations?.take(record.id) ?? null;
    const call = { record, costNanos, log, session: this.#sessionOf(capture) };
    const bodies = this.#options.bodies === false ? null : bodiesOf(capture);
    const queued = { call, bodies, settled };
    if (this.#commitSoon !== null) this.#add(queued);
    else if (!this.#batch.add(queued, ROW_BYTES + (bodies === null ? 0 : sizeOf(bodies)))) settled?.(false);
    else if (settled !== undefined) this.#batch.hurry();
  }

  /** A title is somebody's words: without bodies there is none. */
  #sessionOf({ session }: Capture): SessionPart | null {
    if (session === null || this.#options.bodies !== false) return session;
    return { ...session, session: { ...session.session, title: null, title_rank: 0 } };
  }

  async flush(): Promise<void> {
    await this.#batch.flush();
    this.#commit();
  }

  async close(): Promise<void> {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    await this.flush();
    // Another program holds the database, mostly for a moment: what waits is lost with this process.
    for (let tries = 0; tries < LAST_TRIES && this.#batch.waiting > 0; tries += 1) {
      await pause(LAST_PAUSE_MS);
      await this.flush();
    }
    await this.#batch.close();
    this.#commit();
    this.#quietly(() => this.live.end());
    this.#writer = null;
    this.#store.close();
  }

  endTrace(traceId: string): void {
    // After what is queued: a call that is written opens its trace again.
    void this.flush().then(() => this.#quietly(() => this.#writer?.endTrace(traceId)));
  }

  use<T>(work: (database: Database) => T): T {
    return this.#between((database) => {
      const before = changesOf(database);
      try {
        return work(database);
      } finally {
        // Bodies may be gone that the next ones would be described by.
        if (changesOf(database) !== before) this.#writer?.blocks.recheck();
      }
    });
  }

  /** Two transactions of ours. */
  #between<T>(work: (database: Database) => T): T {
    this.#commit();
    return work(this.#store.opened);
  }

  ask<T>(question: (database: Database) => T): T {
    return question(this.#store.opened);
  }

  onOpen(listener: (database: Database) => void): void {
    this.#store.onOpen(listener);
  }

  /** A writer for the file that is open; another file needs another one. */
  #prepare(): void {
    const { database } = this.#store;
    if (this.#writer?.database === database) return;
    this.#writer = database === null ? null : new CallWriter(database);
  }

  #endIdleTraces(): void {
    const before = this.#deps.clock.wall() - (this.#options.traceIdleMs ?? TRACE_IDLE_MS);
    this.#quietly(() => this.#writer?.endIdleTraces(new Date(before).toISOString()));
  }

  #write(calls: readonly Queued[]): void {
    try {
      this.#store.follow();
      this.#prepare();
      this.#writer?.begin();
    } catch (error) {
      this.#store.putAsideIf(error);
      if (this.#trouble === null && failureOf(error) !== 'busy') this.#tellWaiting(error);
      this.#trouble = messageOf(error);
      // What waits is bounded, and is written when the fault has ended.
      throw new TryAgain('no transaction', { cause: error });
    }
    // Other programs write too: no transaction of ours outlives a turn of the loop.
    this.#commitSoon = setImmediate(() => this.#commit());
    for (const [index, call] of calls.entries()) {
      const failure = this.#add(call);
      if (failure === null) continue;
      const rest = calls.slice(index + 1);
      this.#losses.add(failure, rest.length);
      for (const { settled } of rest) settled?.(false);
      return;
    }
  }

  #tellWaiting(error: unknown): void {
    const fields = { file: this.#options.path, error: messageOf(error) };
    this.#deps.log.warn(fields, 'the database cannot be written: calls are counted and wait in memory until it can');
  }

  /** Into the open transaction; why that was given up, or null. One call that SQLite refuses costs only itself. */
  #add({ call, bodies, settled }: Queued): string | null {
    this.#uncommitted += 1;
    if (settled !== undefined) this.#awaited.push(settled);
    try {
      this.#writer?.add(call, bodies);
      return null;
    } catch (error) {
      if (failureOf(error) !== 'row') return this.#giveUp(error);
      this.#uncommitted -= 1;
      if (settled !== undefined) this.#awaited.pop();
      this.#losses.add(reasonFor(error), 1, error);
      settled?.(false);
      return null;
    }
  }

  #commit(): void {
    if (this.#commitSoon === null) return;
    try {
      this.#writer?.commit();
      this.#closeTransaction(true);
      this.#trouble = null;
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): string {
    const reason = failureOf(error) === 'io' ? this.#store.whyNoWrite() : reasonFor(error);
    this.#losses.add(reason, this.#uncommitted, error);
    this.#writer?.rollBack();
    this.#closeTransaction(false);
    this.#store.putAsideIf(error);
    this.#trouble = messageOf(error);
    return reason;
  }

  #closeTransaction(stored: boolean): void {
    if (this.#commitSoon !== null) clearImmediate(this.#commitSoon);
    this.#commitSoon = null;
    this.#uncommitted = 0;
    if (this.#awaited.length === 0) return;
    const awaited = this.#awaited;
    this.#awaited = [];
    for (const settled of awaited) settled(stored);
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.log.debug({ error: messageOf(error) }, 'database upkeep failed');
    }
  }
}

/** Rows that this connection has changed so far. */
function changesOf(database: Database): number {
  return Number(statementOf(database, 'SELECT total_changes() AS changes').get()?.['changes']);
}

/** By SQLite's primary result codes; both drivers give them as `errcode`, extended ones included. */
const FAILURES: Readonly<Record<number, 'busy' | 'disk' | 'io'>> = {
  5: 'busy',
  6: 'busy',
  8: 'io',
  10: 'io',
  11: 'io',
  13: 'disk',
  14: 'io',
  26: 'io',
};

const REASONS = { busy: 'io_error', disk: 'disk_full', io: 'io_error', row: 'row_refused' } as const;

function reasonFor(error: unknown): string {
  return REASONS[failureOf(error)];
}

function failureOf(error: unknown): 'busy' | 'disk' | 'io' | 'row' {
  if (typeof error !== 'object' || error === null) return 'row';
  const code: unknown = Reflect.get(error, 'errcode');
  return typeof code === 'number' ? (FAILURES[code & 0xff] ?? 'row') : 'row';
}
