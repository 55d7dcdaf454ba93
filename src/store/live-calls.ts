/** Calls in flight in the store: kept by the recorder that sees them, taken over by the next one if that dies. */
import type { LeftOverCall, LiveChange, LiveFacts, LivePart } from '../core/live-call.ts';
import type { Side } from '../core/recorder-port.ts';
import type { Database, SqlRow, Statement } from './driver.ts';

export interface LiveOwner {
  /** Unique to this life of the recorder. */
  recorder: string;
  pid: number;
}

const SIDES: readonly Side[] = ['request', 'response'];
/** A recorder that has not said so for longer is dead, whatever the number of its process is now. */
const SILENT_MS = 30_000;

/** How often a recorder with live calls says that it lives. */
const BEAT_MS = 5000;
const FORGET_MS = 24 * 60 * 60_000;

/** The writer's side. Belongs into a transaction of the caller, who tells how that ended. */
export class LiveCallTables {
  readonly #database: Database;
  readonly #beat: Statement;
  readonly #call: Statement;
  readonly #part: Statement;
  readonly #dropCall: Statement;
  readonly #dropParts: Statement;
  readonly #dropDead: Statement;
  /** With rows. */
  readonly #ids = new Set<string>();
  /** Whose rows go with the open transaction. */
  readonly #dropped: string[] = [];
  readonly #discarded: string[] = [];
  #beatAt = -Infinity;

  /** @param database migrated. */
  constructor(database: Database) {
    this.#database = database;
    this.#beat = database.prepare('INSERT OR REPLACE INTO live_recorders (recorder, pid, alive_at) VALUES (?, ?, ?)');
    this.#call = database.prepare('INSERT OR REPLACE INTO live_calls (id, recorder, facts) VALUES (?, ?, ?)');
    this.#part = database.prepare(
      'INSERT OR REPLACE INTO live_parts (id, side, part, after, seen, bytes) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#dropCall = database.prepare('DELETE FROM live_calls WHERE id = ?');
    this.#dropParts = database.prepare('DELETE FROM live_parts WHERE id = ?');
    this.#dropDead = database.prepare(
      'DELETE FROM live_recorders WHERE alive_at < ? AND recorder NOT IN (SELECT recorder FROM live_calls)',
    );
  }

  /** @param wall milliseconds since the epoch. */
  keep(changes: readonly LiveChange[], { recorder, pid }: LiveOwner, wall: number): void {
    for (const id of this.#discarded.splice(0)) this.#delete(id);
    for (const change of changes) this.#keep(change, recorder);
    if (this.#ids.size === 0 || Math.abs(wall - this.#beatAt) < BEAT_MS) return;
    this.#beat.run(recorder, pid, Math.floor(wall));
    this.#beatAt = wall;
    this.#dropDead.run(Math.floor(wall) - FORGET_MS);
  }

  #keep({ id, facts, parts }: LiveChange, recorder: string): void {
    this.#ids.add(id);
    if (facts !== null) this.#call.run(id, recorder, JSON.stringify(facts));
    for (const { side, part, after, seen, bytes } of parts) {
      this.#part.run(id, SIDES.indexOf(side), part, after, seen, bytes);
    }
  }

  adopt(id: string): void {
    this.#ids.add(id);
  }

  /** It is recorded. */
  drop(id: string): void {
    if (!this.#ids.has(id)) return;
    this.#delete(id);
    this.#dropped.push(id);
  }

  /** It is not recorded after all. */
  undrop(id: string): void {
    if (this.#dropped.at(-1) === id) this.#dropped.pop();
  }

  discard(id: string): void {
    this.#discarded.push(id);
  }

  committed(): void {
    for (const id of this.#dropped.splice(0)) this.#ids.delete(id);
  }

  rolledBack(): void {
    this.#dropped.length = 0;
  }

  #delete(id: string): void {
    this.#dropCall.run(id);
    this.#dropParts.run(id);
  }

  /** Nothing of this recorder is left. */
  end({ recorder }: LiveOwner): void {
    const mine = 'SELECT id FROM live_calls WHERE recorder = ?';
    this.#database.prepare(`DELETE FROM live_parts WHERE id IN (${mine})`).run(recorder);
    this.#database.prepare('DELETE FROM live_calls WHERE recorder = ?').run(recorder);
    this.#database.prepare('DELETE FROM live_recorders WHERE recorder = ?').run(recorder);
  }
}

/** Who looks for calls that were left behind. */
export interface Survivor extends LiveOwner {
  wall: number;
  isAlive(pid: number): boolean;
}

export interface LeftOvers {
  /** Calls whose recorder died. */
  ids: string[];
  /** Calls of recorders that seem to live. */
  others: number;
}

export function findLeftOvers(database: Database, survivor: Survivor): LeftOvers {
  const recorders = database.prepare('SELECT recorder, pid, alive_at FROM live_recorders').all();
  const living = new Set(recorders.filter((row) => isLiving(row, survivor)).map((row) => String(row['recorder'])));
  const found: LeftOvers = { ids: [], others: 0 };
  for (const row of database.prepare('SELECT id, recorder FROM live_calls ORDER BY id').all()) {
    const recorder = String(row['recorder']);
    if (recorder === survivor.recorder) continue;
    if (living.has(recorder)) found.others += 1;
    else found.ids.push(String(row['id']));
  }
  return found;
}

/** Null = it is gone, or cannot be read. */
export function readLeftOver(database: Database, id: string): LeftOverCall | null {
  const row = database.prepare('SELECT facts FROM live_calls WHERE id = ?').get(id);
  const facts = row === undefined ? null : factsOf(String(row['facts']));
  if (facts === null) return null;
  const parts = database.prepare('SELECT * FROM live_parts WHERE id = ? ORDER BY side, part').all(id).map(partOf);
  return { id, facts, parts };
}

function isLiving(row: SqlRow, survivor: Survivor): boolean {
  const { pid, recorder, wall } = survivor;
  if (row['recorder'] === recorder) return true;
  const owner = Number(row['pid']);
  // The same number in another life: one process has one recorder at a time.
  if (owner === pid || Math.abs(wall - Number(row['alive_at'])) > SILENT_MS) return false;
  return survivor.isAlive(owner);
}

function factsOf(text: string): LiveFacts | null {
  try {
    return JSON.parse(text) as LiveFacts;
  } catch {
    return null;
  }
}

function partOf(row: SqlRow): LivePart {
  const bytes = row['bytes'];
  return {
    side: SIDES[Number(row['side'])] ?? 'response',
    part: Number(row['part']),
    after: Number(row['after']),
    seen: Number(row['seen']),
    bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array(),
  };
}
