/** What calls are filtered by, narrow (tables `call_facets` and `facet_names`), written in the transaction that writes the calls. */
import type { Tally } from '../core/totals.ts';
import type { StoredCall } from './call-row.ts';
import type { Database, SqlValue, Statement } from './driver.ts';
import { NAMED_COLUMNS, type NameKind, NUMBER_COLUMNS } from './facet-columns.ts';

/** More of a kind are not kept apart: they share the name NULL, and whole rows tell. */
const MOST_NAMES = 10_000;
/** Characters. */
const LONGEST_NAME = 500;
/** Names are removed with their calls, too: who has too many looks again after so many new ones. */
const LOOK_AGAIN = 4096;

interface Name {
  readonly id: number;
  readonly kind: NameKind;
  /** Null = all others. */
  readonly name: string | null;
  /** In the open transaction. */
  calls: number;
}

interface Names {
  readonly known: Map<string | null, Name>;
  /** New ones for which there was no room. */
  refused: number;
}

const COLUMNS = ['started', 'seq', ...NAMED_COLUMNS.map(({ column }) => column), ...NUMBER_COLUMNS, 'counted_unpriced'];

export class FacetWriter {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #addName: Statement;
  readonly #countName: Statement;
  readonly #names = new Map<NameKind, Names>();
  /** Of the open transaction. */
  readonly #touched = new Set<Name>();
  readonly #fresh = new Set<Name>();
  /** Of the call that is being added. */
  readonly #freshOfCall: Name[] = [];

  /** @param database migrated. */
  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT OR REPLACE INTO call_facets (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`,
    );
    this.#addName = database.prepare('INSERT INTO facet_names (kind, name, calls) VALUES (?, ?, 0)');
    // Another connection may have removed a name with its last call.
    this.#countName = database.prepare(
      'INSERT INTO facet_names (id, kind, name, calls) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET calls = calls + excluded.calls',
    );
  }

  /**
   * A call that was written. When this throws, it has added nothing but rows, which the caller takes back.
   * @param seq its number @param tally what it adds to the totals @throws whatever SQLite says
   */
  add(seq: number, call: StoredCall, tally: Tally): void {
    this.#freshOfCall.length = 0;
    try {
      this.#add(seq, call, tally);
    } catch (error) {
      for (const name of this.#freshOfCall) this.#forgetName(name);
      throw error;
    }
  }

  #add(seq: number, call: StoredCall, tally: Tally): void {
    const values: SqlValue[] = [startOf(call.record.started_at), seq];
    const ofCall = new Set<Name>();
    for (const { kind, read } of NAMED_COLUMNS) {
      const text = read(call.record);
      const name = text === null ? null : this.#nameOf(kind, text);
      values.push(name?.id ?? null);
      if (name !== null) ofCall.add(name);
    }
    // NULL of the others: two bytes less, and no part of the index.
    values.push(...numbersOf(call), tally.unpriced_calls === 0 ? null : tally.unpriced_calls);
    this.#insert.run(...values);
    for (const name of ofCall) {
      name.calls += 1;
      this.#touched.add(name);
    }
  }

  /** Into the open transaction. @throws whatever SQLite says */
  flush(): void {
    for (const { id, kind, name, calls } of this.#touched) this.#countName.run(id, kind, name, calls);
  }

  committed(): void {
    this.#fresh.clear();
    this.#settle();
  }

  /** The transaction was given up, and the names that came with it. */
  rolledBack(): void {
    for (const name of this.#fresh) this.#forgetName(name);
    this.#settle();
  }

  #forgetName(name: Name): void {
    this.#names.get(name.kind)?.known.delete(name.name);
    this.#fresh.delete(name);
  }

  #settle(): void {
    for (const name of this.#touched) name.calls = 0;
    this.#touched.clear();
  }

  #nameOf(kind: NameKind, text: string): Name {
    const names = this.#namesOf(kind);
    const known = names.known.get(text);
    if (known !== undefined) return known;
    if (text.length <= LONGEST_NAME && this.#hasRoom(kind, names)) return this.#newName(names, kind, text);
    return names.known.get(null) ?? this.#newName(names, kind, null);
  }

  #hasRoom(kind: NameKind, names: Names): boolean {
    if (names.known.size < MOST_NAMES) return true;
    names.refused += 1;
    // Not while some of them are counted in memory only.
    if (names.refused < LOOK_AGAIN || this.#touched.size > 0) return false;
    this.#names.delete(kind);
    return false;
  }

  #namesOf(kind: NameKind): Names {
    const loaded = this.#names.get(kind);
    if (loaded !== undefined) return loaded;
    const rows = this.#database.prepare('SELECT id, name FROM facet_names WHERE kind = ?').all(kind);
    const known = rows.map(({ id, name }): [string | null, Name] => {
      const text = name === null ? null : String(name);
      return [text, { id: Number(id), kind, name: text, calls: 0 }];
    });
    const names = { known: new Map(known), refused: 0 };
    this.#names.set(kind, names);
    return names;
  }

  #newName(names: Names, kind: NameKind, text: string | null): Name {
    const { lastInsertRowid } = this.#addName.run(kind, text);
    const name: Name = { id: Number(lastInsertRowid), kind, name: text, calls: 0 };
    names.known.set(text, name);
    this.#fresh.add(name);
    this.#freshOfCall.push(name);
    return name;
  }
}

/** Unix ms; 0 for what is no time. As the triggers of the table find it again. */
export function startOf(startedAt: string): number {
  const ms = Date.parse(startedAt);
  return Number.isNaN(ms) ? 0 : ms;
}

function numbersOf({ record, costNanos }: StoredCall): SqlValue[] {
  const { ttft_ms: ttft, duration_ms: duration, usage } = record;
  return [costNanos, ttft, duration, usage.input_tokens, usage.output_tokens].map((value) =>
    value !== null && Number.isFinite(value) ? value : null,
  );
}
