/** A daemon that is killed again and again under load, and the books of those who called through it. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TLSSocket } from 'node:tls';
import { type Database, openDatabase, type SqlRow } from '../../src/store/driver.ts';
import { loadTotals, statsOf, sumCalls } from '../../src/store/queries.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import { type CalledFor, callOnce, HOST, INPUT_TOKENS, newCall, serve } from './counted-answers.ts';
import { cpuTimes, stretchBetween } from './cpu-wait.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { startTlsUpstream, type Upstream } from './tls-upstream.ts';
import { openTls } from './tunnel-client.ts';

/** An end that took longer was let go, not settled. */
const RELEASED_MS = 200;
const LOOK_MS = 5;

export interface Life {
  calls: readonly CalledFor[];
  killedAt: number;
  /** What the daemon printed. */
  output: string;
  /** The longest that this process was late for a timer, ms. */
  lateMs: number;
  /** How much longer all took for want of a CPU; null = not known. */
  stretch: number | null;
}

export interface KillReport {
  kills: number;
  whole: number;
  /** Whole for their client, and not in the store after the kill. Milliseconds from the end to the kill. */
  lost: number[];
  /** Lost, too, but only because nobody waits for a record for longer than that: it was said so. */
  released: number;
  /** Cut by the kill after so many milliseconds of answer: in the next life on record as interrupted, or not. */
  interrupted: number[];
  unrecorded: number[];
  /** How much longer each life took for want of a CPU. */
  stretches: number[];
  faults: string[];
}

export class KillRig {
  readonly home = mkdtempSync(join(tmpdir(), 'llm-proxy-kill-'));
  readonly #args: string[];
  #upstream!: Upstream<TLSSocket>;
  #called = 0;
  #daemon: Daemon | null = null;

  constructor(durability: 'default' | 'strict') {
    this.#args = ['--config', join(this.home, 'test.toml')];
    mkdirSync(this.home, { recursive: true });
    writeFileSync(
      join(this.home, 'test.toml'),
      `[store]\ndurability = "${durability}"\n[session_log]\nenabled = true\n`,
    );
  }

  async open(): Promise<void> {
    const ca = makeCa('upstream');
    const caFile = join(this.home, 'upstream.pem');
    writeFileSync(caFile, ca.pem);
    this.#upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => serve(socket));
    const target = `${HOST}:443:127.0.0.1:${this.#upstream.port}`;
    this.#args.push('--upstream-ca', caFile, '--connect-to', target);
  }

  async close(): Promise<void> {
    await this.#daemon?.kill();
    await this.#upstream.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  async start(): Promise<Daemon> {
    this.#daemon = await startDaemon({ home: this.home, args: this.#args });
    return this.#daemon;
  }

  /** One life: load until the kill. @param lifeMs from the start of the load. */
  async live(daemon: Daemon, lifeMs: number, clients: number): Promise<Life> {
    const calls: CalledFor[] = [];
    let alive = true;
    const isAlive = (): boolean => alive;
    const running = Array.from({ length: clients }, (_, index) => this.#client(daemon, calls, index, isAlive));
    const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
    const before = cpuTimes(daemon.pid);
    delays.enable();
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    const killedAt = performance.now();
    const stretch = stretchBetween(before, cpuTimes(daemon.pid));
    delays.disable();
    alive = false;
    await daemon.kill();
    // Who was just connecting may never hear of it.
    await Promise.race([Promise.all(running), new Promise((resolve) => setTimeout(resolve, 300))]);
    const lateMs = Math.max(0, delays.max / 1e6 - LOOK_MS);
    return { calls, killedAt, output: daemon.output(), lateMs, stretch };
  }

  /** Answers in one piece, one after the other on one connection. */
  async callsInARow(daemon: Daemon, count: number): Promise<CalledFor[]> {
    const socket = await openTls(daemon, HOST);
    const calls: CalledFor[] = [];
    for (let index = 0; index < count; index += 1) {
      const call = this.#nextCall();
      calls.push(call);
      await callOnce(socket, call, null, 'session-row');
    }
    socket.destroy();
    return calls;
  }

  /** After a kill, before the next start. @returns the age of the oldest answer that is lost; 0 = none is */
  judge({ calls, killedAt, output, stretch }: Life, report: KillReport): number {
    report.kills += 1;
    report.stretches.push(stretch ?? 1);
    let oldest = 0;
    const said = output.includes('answers end before their calls are on record');
    const rows = this.rows();
    for (const { id, wholeAt, endTook } of calls) {
      if (wholeAt === null) continue;
      report.whole += 1;
      if (rows.has(id)) continue;
      if (said || endTook > RELEASED_MS) report.released += 1;
      else {
        report.lost.push(killedAt - wholeAt);
        oldest = Math.max(oldest, killedAt - wholeAt);
      }
    }
    report.faults.push(...this.faults());
    return oldest;
  }

  /** After the next start: what became of the calls that were cut. @returns the age of the oldest that is not on record */
  judgeCut({ calls, killedAt }: Life, report: KillReport): number {
    const rows = this.rows();
    let oldest = 0;
    for (const { id, heardAt, wholeAt } of calls) {
      if (wholeAt !== null || heardAt === null) continue;
      const row = rows.get(id);
      if (row === undefined) {
        report.unrecorded.push(killedAt - heardAt);
        oldest = Math.max(oldest, killedAt - heardAt);
      } else if (row['outcome'] !== 'interrupted') continue;
      else {
        report.interrupted.push(killedAt - heardAt);
        const { usage_state: state, input_tokens: input } = row;
        if (state !== 'partial' || input !== INPUT_TOKENS)
          report.faults.push(`${id}: ${JSON.stringify({ state, input })}`);
      }
    }
    report.faults.push(...this.faults(), ...this.#tornLogs());
    return oldest;
  }

  /** By the id of the response. */
  rows(): Map<string, SqlRow> {
    return this.#asked(
      (ask) => new Map(ask('SELECT * FROM llm_calls').map((row) => [String(row['response_id']), row])),
    );
  }

  /** What must never be, whenever the process dies. */
  faults(): string[] {
    return this.#asked((ask, database) => {
      const one = (sql: string): string => String(Object.values(ask(sql)[0] ?? {})[0]);
      const faults: string[] = [];
      const integrity = one('PRAGMA integrity_check');
      if (integrity !== 'ok') faults.push(`integrity: ${integrity}`);
      const twice = ask(
        'SELECT response_id FROM llm_calls WHERE response_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1',
      );
      const index = join(this.home, 'data', 'search.db');
      if (existsSync(index)) faults.push(...integrityOf(index));
      if (twice.length > 0) faults.push(`on record twice: ${twice.length}`);
      const totals = JSON.stringify(statsOf(loadTotals(database).models, null));
      const sums = JSON.stringify(statsOf(sumCalls(database, {}), null));
      if (totals !== sums) faults.push(`the totals are not the sums of the rows: ${totals} ${sums}`);
      return faults;
    });
  }

  /** Every line of every session log can be read. */
  brokenSessions(): string[] {
    return this.#files(/\.jsonl$/).filter((path) => !readFileSync(path, 'utf8').trimEnd().split('\n').every(isJson));
  }

  liveRows(): number {
    return this.#asked((ask) => Number(ask('SELECT count(*) AS n FROM live_calls')[0]?.['n']));
  }

  #asked<T>(read: (ask: (sql: string) => SqlRow[], database: Database) => T): T {
    const database = openDatabase(join(this.home, 'data', 'llm-proxy.db'));
    try {
      return read((sql) => database.prepare(sql).all(), database);
    } finally {
      database.close();
    }
  }

  #tornLogs(): string[] {
    return this.#files(/\.(?:log|jsonl)$/)
      .filter((path) => !endsWithLine(path))
      .map((path) => `${path} ends in half a line`);
  }

  #files(name: RegExp): string[] {
    return readdirSync(join(this.home, 'logs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && name.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  }

  #nextCall(): CalledFor {
    this.#called += 1;
    return newCall(`msg_${this.#called}`);
  }

  /** Streams, or answers in one piece, one after the other on one connection. */
  async #client(daemon: Daemon, calls: CalledFor[], index: number, isAlive: () => boolean): Promise<void> {
    const streams = index % 2 === 0;
    try {
      const socket = await openTls(daemon, HOST);
      socket.on('error', () => {});
      while (isAlive()) {
        const call = this.#nextCall();
        calls.push(call);
        await callOnce(socket, call, streams ? Math.floor(Math.random() * 120) : null, `session-${index}`);
        // A load, not a flood: what a recorder has not read yet is lost with it.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      socket.destroy();
    } catch {
      // The daemon is gone.
    }
  }
}

function integrityOf(path: string): string[] {
  const database = openDatabase(path);
  try {
    const result = Object.values(database.prepare('PRAGMA integrity_check').get() ?? {})[0];
    return result === 'ok' ? [] : [`${path}: ${String(result)}`];
  } finally {
    database.close();
  }
}

function endsWithLine(path: string): boolean {
  const { size } = statSync(path);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  const fd = openSync(path, 'r');
  readSync(fd, last, 0, 1, size - 1);
  closeSync(fd);
  return last[0] === 0x0a;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

export function emptyReport(): KillReport {
  return { kills: 0, whole: 0, lost: [], released: 0, interrupted: [], unrecorded: [], stretches: [], faults: [] };
}
