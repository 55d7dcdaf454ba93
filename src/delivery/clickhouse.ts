/** ClickHouse by its HTTP interface: a row a call, in a table that is made when it is missing. */
import type { StoredExchange } from '../core/transfer.ts';
import { addressOf } from './address.ts';
import {
  addColumns,
  columnsThatLie,
  createTable,
  engineOf,
  INSERT_SETTINGS,
  insertRows,
  keepsTwice,
  lookFor,
  rowOf,
  type TableName,
} from './clickhouse-sql.ts';
import { clickhouseVerdict } from './clickhouse-verdicts.ts';
import { DeliveryError, type Destination, type Receipt, TAKEN } from './destination.ts';
import { HttpSender } from './http.ts';
import { payloads, tableColumns, type TableColumn } from './table.ts';

export interface ClickhouseOptions {
  /** Of the HTTP interface: `https://host:8443`. User and password in it go before those beside it. */
  url: string;
  user: string;
  /** Null = none. */
  password: string | null;
  /** Exists already. */
  database: string;
  /** Made when it is missing. */
  table: string;
  /** Messages go too, as two columns of text. */
  bodies: boolean;
}

export interface ClickhouseSurroundings {
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  version: string;
  /** Name of this daemon, in the column `machine`. */
  machine: string;
}

/** @throws TypeError when the address is no URL */
export function createClickhouse(options: ClickhouseOptions, deps: ClickhouseSurroundings): Destination {
  return new Clickhouse(options, deps);
}

class Clickhouse implements Destination {
  readonly name = 'clickhouse';
  readonly address: string;
  readonly wantsBodies: boolean;
  readonly batchSize: number;
  readonly #table: TableName;
  readonly #columns: readonly TableColumn[];
  readonly #statements: HttpSender;
  readonly #inserts: HttpSender;
  /** The table was seen to have all columns. */
  #isReady = false;

  constructor(options: ClickhouseOptions, { ca, machine, version }: ClickhouseSurroundings) {
    const { database, table, bodies } = options;
    const { url, shown, headers } = addressOf(options.url, '');
    this.#table = { database, table };
    this.#columns = tableColumns({ bodies, machine });
    this.address = `${shown.replace(/\/$/, '')} (table ${database}.${table})`;
    this.wantsBodies = bodies;
    this.batchSize = bodies ? 50 : 500;
    const common = {
      headers: { authorization: basic(options), 'user-agent': `llm-proxy/${version}`, ...headers },
      ca,
      verdictOf: clickhouseVerdict,
    };
    this.#statements = new HttpSender({ ...common, url: withQuery(url, { wait_end_of_query: '1' }), gzip: false });
    const query = insertRows(this.#table, this.#columns);
    this.#inserts = new HttpSender({ ...common, url: withQuery(url, { ...INSERT_SETTINGS, query }), gzip: true });
  }

  async send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    if (!this.#isReady) await this.#prepare(signal);
    this.#isReady = true;
    try {
      for (const rows of payloads(rowsOf(this.#columns, calls))) {
        await this.#inserts.post(rows.join(''), 'application/x-ndjson', signal);
      }
    } catch (error) {
      // The table may be gone, or of an older shape, put back from a backup: it is looked at again before the next try.
      if (!(error instanceof DeliveryError) || error.verdict !== 'refused') this.#isReady = false;
      throw error;
    }
    return TAKEN;
  }

  async close(): Promise<void> {
    await Promise.all([this.#statements.close(), this.#inserts.close()]);
  }

  /** Asks for no right that is not needed: who made the table for us need grant no more than to insert. */
  async #prepare(signal: AbortSignal): Promise<void> {
    try {
      const there = await this.#columnsThere(signal);
      const missing = this.#columns.filter(({ name }) => !there.has(name));
      const engine = there.size === 0 ? '' : (await this.#run(engineOf(this.#table), signal)).trim();
      if (keepsTwice(engine)) throw this.#wrong(`is a ${engine}: calls that come twice need a ReplacingMergeTree`);
      if (missing.length > 0) await this.#mend(there, missing, signal);
      const lying = columnsThatLie(this.#columns, there);
      if (lying.length > 0)
        throw this.#wrong(`has columns that make 0 of the unknown: make ${lying.join(', ')} Nullable`);
    } catch (error) {
      // Before the first row was sent no call can be at fault.
      if (!(error instanceof DeliveryError) || error.verdict === 'retry') throw error;
      throw new DeliveryError('settings', error.message, { cause: error });
    }
  }

  async #mend(there: Map<string, string>, missing: readonly TableColumn[], signal: AbortSignal): Promise<void> {
    if (there.size > 0 && !(there.has('id') && there.has('started_at'))) {
      throw this.#wrong("is another's: it has no id and started_at");
    }
    await this.#run(there.size === 0 ? createTable(this.#table, missing) : addColumns(this.#table, missing), signal);
    const now = await this.#columnsThere(signal);
    if (!this.#columns.every(({ name }) => now.has(name))) {
      throw this.#wrong('cannot be made: is it ClickHouse that answers there?');
    }
  }

  #wrong(what: string): DeliveryError {
    return new DeliveryError('settings', `the table ${this.#table.database}.${this.#table.table} ${what}`);
  }

  /** Their types by their names. */
  async #columnsThere(signal: AbortSignal): Promise<Map<string, string>> {
    const text = await this.#run(lookFor(this.#table), signal);
    const lines = text.split('\n').filter((line) => line.includes('\t'));
    return new Map(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]),
    );
  }

  async #run(statement: string, signal: AbortSignal): Promise<string> {
    const { body } = await this.#statements.post(statement, 'text/plain; charset=utf-8', signal);
    return body.toString();
  }
}

function* rowsOf(all: readonly TableColumn[], calls: readonly StoredExchange[]): Generator<string> {
  for (const call of calls) yield rowOf(all, call);
}

/** What the address says of its own (`insert_quorum=2`) goes along. */
function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const full = new URL(url);
  for (const [name, value] of Object.entries(parameters)) full.searchParams.set(name, value);
  return full.href;
}

/** Not X-ClickHouse-Key: a header cannot hold every password as it is. */
function basic({ user, password }: ClickhouseOptions): string {
  return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
}
