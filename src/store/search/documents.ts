/**
 * What is searched, as texts under numbers. Two kinds: the blocks of bodies (a stream is one text, under the number of
 * its first block that was new), and what is said of a call beside its bodies (path, models, ids, tools, error).
 */
import { decodeBlock } from '../blocks/encoding.ts';
import { decodeIds } from '../blocks/lists.ts';
import { blockIdsOf, bodyOf, type KnownLists } from '../blocks/read.ts';
import type { Database, SqlRow, Statement } from '../driver.ts';
import { jsonText } from './json-text.ts';
import { streamText } from './stream-text.ts';
import { spread } from './words.ts';

export type Family = 'blocks' | 'calls';

export interface Document {
  readonly id: number;
  /** Of people; what the index is given is `indexed(text)`. */
  readonly text: string;
  readonly kind: string;
  readonly role: string | null;
}

/** A text longer than so many UTF-16 units is cut: 99.9 % of messages are below a tenth of it. */
const MAX_TEXT = 1_000_000;
/** Their bytes stay in the file: pictures are large, and the start lines and headers of all calls are the same. */
const SELECT_BLOCK = `SELECT id, kind, role, encoding, CASE WHEN kind NOT IN ('image', 'audio', 'binary', 'head') THEN data END AS data
FROM blocks WHERE`;
const EVENT = 'event';
const SPOKEN: ReadonlySet<string> = new Set(['message', 'text', 'document']);
/** Bytes of the list of what a repeated request changed: a start line, a few small members. */
const MAX_REPEATED = 16;
/** Blocks of a last message. */
const MAX_LAST = 4;

const NAMED = (
  'id response_id request_id session_id trace_id run_id method host path ' +
  'operation request_model response_model agent client stop_reason tool_calls error_type error_message'
).split(' ');

export function indexed(text: string): string {
  // A driver for Node 20 binds a text up to its first NUL; what stands behind it would never be found.
  return spread(text.replaceAll('\0', ' '));
}

/** Reads texts out of the store. @param database read-only will do */
export class Documents {
  readonly #database: Database;
  readonly #blocks: Statement;
  readonly #block: Statement;
  readonly #firstCall: Statement;
  readonly #list: Statement;
  readonly #calls: Statement;
  readonly #call: Statement;
  readonly #kind: Statement;
  /** The answer that was looked at last, and which of its blocks its text stands under. */
  #stream: { call: number; first: number } | null = null;
  /** Lists of the calls before: those of one conversation build on each other. */
  readonly #lists: KnownLists = new Map();

  /** Throws what SQLite says when the tables are not there (yet). */
  constructor(database: Database) {
    this.#database = database;
    this.#blocks = database.prepare(`${SELECT_BLOCK} id > ? ORDER BY id LIMIT ?`);
    this.#block = database.prepare(`${SELECT_BLOCK} id = ?`);
    this.#kind = database.prepare('SELECT kind FROM blocks WHERE id = ?');
    this.#firstCall = database.prepare('SELECT min(call) AS call FROM block_calls WHERE block = ?');
    this.#list = database.prepare('SELECT middle FROM call_blocks WHERE call = ? AND side = 0');
    this.#calls = database.prepare(`SELECT seq, ${NAMED.join(', ')} FROM llm_calls WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#call = database.prepare(`SELECT seq, ${NAMED.join(', ')} FROM llm_calls WHERE seq = ?`);
  }

  /**
   * Numbers behind `after`, ascending; those without a text of their own have an empty one. Each is made when it is
   * asked for: whoever has no time for the rest has not paid for it.
   */
  *next(family: Family, after: number, limit: number): Generator<Document, void, undefined> {
    this.#forget();
    if (family === 'calls') for (const row of this.#calls.all(after, limit)) yield this.#namesOf(row);
    else for (const row of this.#blocks.all(after, limit)) yield this.#documentOf(row);
  }

  get(family: Family, id: number): Document | null {
    const row = (family === 'calls' ? this.#call : this.#block).get(id);
    if (row === undefined) return null;
    this.#forget();
    return family === 'calls' ? this.#namesOf(row) : this.#documentOf(row);
  }

  /** Between two looks at the database calls may be deleted, and their numbers given out again. */
  #forget(): void {
    this.#stream = null;
    this.#lists.clear();
  }

  #documentOf(row: SqlRow): Document {
    const id = Number(row['id']);
    const kind = String(row['kind']);
    const role = typeof row['role'] === 'string' ? row['role'] : null;
    return { id, text: this.#textOf(id, kind, row).slice(0, MAX_TEXT), kind, role };
  }

  #textOf(id: number, kind: string, row: SqlRow): string {
    const data = row['data'];
    if (!(data instanceof Uint8Array)) return '';
    try {
      if (kind === EVENT) return this.#streamText(id) ?? streamText(decoded(row, data));
      return jsonText(decoded(row, data), kind === 'text');
    } catch {
      // Damaged: there is nothing to be found in it, and what follows is to be read all the same.
      return '';
    }
  }

  #namesOf(row: SqlRow): Document {
    const id = Number(row['seq']);
    const parts = NAMED.map((column) => row[column]).filter((value) => typeof value === 'string' && value !== '');
    const text = [...new Set(parts), this.#repeated(id)].join('\n').trimEnd();
    return { id, text: text.slice(0, MAX_TEXT), kind: 'call', role: null };
  }

  /** A request that another call has sent before brings in no text of its own: its last words are found with the call. */
  #repeated(call: number): string {
    const middle = this.#list.get(call)?.['middle'];
    if (!(middle instanceof Uint8Array) || middle.length > MAX_REPEATED) return '';
    if (decodeIds(middle).some((id) => SPOKEN.has(this.#kindOf(id)))) return '';
    const said: string[] = [];
    for (const id of this.#idsOf(call).reverse()) {
      const row = this.#block.get(id);
      if (row === undefined || !SPOKEN.has(String(row['kind']))) continue;
      said.unshift(this.#textOf(id, String(row['kind']), row));
      if (row['kind'] === 'message' || said.length === MAX_LAST) break;
    }
    return said.join('\n');
  }

  #idsOf(call: number): number[] {
    try {
      return blockIdsOf(this.#database, call, 'request', this.#lists);
    } catch {
      return [];
    }
  }

  /** Empty when the stream is given under another number; null = it belongs to no answer. */
  #streamText(id: number): string | null {
    const call = Number(this.#firstCall.get(id)?.['call'] ?? -1);
    if (call < 0) return null;
    if (this.#stream?.call !== call) this.#stream = { call, first: this.#firstNewOf(call) };
    if (this.#stream.first !== id) return '';
    const body = bodyOf(this.#database, call, 'response');
    return body === null ? null : streamText(utf8(body.bytes));
  }

  /** Of the event blocks that came with this call: what comes again is found with the call that it came with first. */
  #firstNewOf(call: number): number {
    let first = Infinity;
    for (const id of blockIdsOf(this.#database, call, 'response', this.#lists)) {
      if (id >= first || Number(this.#firstCall.get(id)?.['call'] ?? -1) !== call) continue;
      if (this.#kindOf(id) === EVENT) first = id;
    }
    return first;
  }

  #kindOf(id: number): string {
    return String(this.#kind.get(id)?.['kind']);
  }
}

function decoded(row: SqlRow, data: Uint8Array): string {
  return utf8(decodeBlock(Number(row['encoding']), data));
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
