/** PostgreSQL: a row a call, in a table that is made when it is missing. A call that comes again finds itself there. */
import type { StoredExchange } from '../core/transfer.ts';
import { DeliveryError, type Destination, type Receipt, TAKEN } from './destination.ts';
import { readPostgresAddress, shownAddress, type PostgresAddress } from './postgres-address.ts';
import { PostgresConnection } from './postgres-connection.ts';
import {
  addColumns,
  BEGIN,
  createSchema,
  createTable,
  type Found,
  insertRows,
  LOOK,
  ONE_AT_A_TIME,
  rowOf,
  TABLE,
} from './postgres-sql.ts';
import { postgresError } from './postgres-verdicts.ts';
import { payloads, tableColumns, type TableColumn } from './table.ts';

/** Of one batch: all its statements. Each has 30 s by itself (`BEGIN`). */
const BATCH_MS = 60_000;

export interface PostgresOptions {
  /** `postgresql://user:password@host:5432/database?sslmode=verify-full`. */
  url: string;
  /** Of the table `calls`; made when it is missing. */
  schema: string;
  /** Messages go too, as two columns of text. */
  bodies: boolean;
}

export interface PostgresSurroundings {
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  version: string;
  /** Name of this daemon, in the column `machine`. */
  machine: string;
}

/** @throws AppError `config_invalid` for an address that is none */
export function createPostgres(options: PostgresOptions, deps: PostgresSurroundings): Destination {
  return new Postgres(options, deps);
}

class Postgres implements Destination {
  readonly name = 'postgres';
  readonly address: string;
  readonly wantsBodies: boolean;
  readonly batchSize: number;
  readonly #where: PostgresAddress;
  readonly #ca: readonly string[] | null;
  readonly #schema: string;
  readonly #columns: readonly TableColumn[];
  #connection: PostgresConnection | null = null;
  /** The table was seen to have all columns. */
  #isReady = false;

  constructor({ url, schema, bodies }: PostgresOptions, { ca, machine }: PostgresSurroundings) {
    this.#where = readPostgresAddress(url);
    this.#ca = ca;
    this.#schema = schema;
    this.#columns = tableColumns({ bodies, machine });
    this.address = `${shownAddress(this.#where)} (table ${schema}.${TABLE})`;
    this.wantsBodies = bodies;
    this.batchSize = bodies ? 50 : 500;
  }

  async send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(BATCH_MS)]);
    try {
      await this.#open(until);
      if (!this.#isReady) await this.#transaction(until, (run) => this.#prepare(run));
      this.#isReady = true;
      const insert = insertRows(this.#schema, this.#columns);
      await this.#transaction(until, async (run) => {
        for (const rows of payloads(rowsOf(this.#columns, calls))) await run(insert, [`[${rows.join(',')}]`]);
      });
    } catch (error) {
      throw this.#failed(error, signal);
    }
    return TAKEN;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#connection = null;
  }

  async #open(until: AbortSignal): Promise<PostgresConnection> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#connection = await PostgresConnection.open({ address: this.#where, ca: this.#ca }, until);
    return this.#connection;
  }

  async #transaction(until: AbortSignal, act: (run: Run) => Promise<void>): Promise<void> {
    const connection = await this.#open(until);
    const run: Run = (text, values) => connection.query(until, text, values);
    try {
      await run(BEGIN);
      await act(run);
      await run('COMMIT');
    } catch (error) {
      // What cannot be rolled back has no connection any more, and the server rolls back by itself.
      await run('ROLLBACK').catch(() => connection.destroy());
      throw error;
    }
  }

  /** Asks for no right that is not needed: who made the table for us need grant no more than to insert and to read it. */
  async #prepare(run: Run): Promise<void> {
    await run(ONE_AT_A_TIME);
    const found = await this.#look(run);
    if (!found.has_schema) await run(createSchema(this.#schema));
    if (found.columns.length === 0) {
      for (const statement of createTable(this.#schema, this.#columns)) await run(statement);
      return;
    }
    if (!found.has_key || !found.columns.includes('started_at')) {
      const table = `the table ${this.#schema}.${TABLE}`;
      throw new DeliveryError('settings', `${table} is another's, or has lost its key: no unique index has "id" in it`);
    }
    const missing = this.#columns.filter(({ name }) => !found.columns.includes(name));
    if (missing.length > 0) await run(addColumns(this.#schema, missing));
  }

  async #look(run: Run): Promise<Found> {
    const [found] = (await run(LOOK, [this.#schema, TABLE])) as Found[];
    if (found === undefined) throw new DeliveryError('retry', 'the server did not say what there is');
    if (found.encoding === 'UTF8' || found.encoding === 'SQL_ASCII') return found;
    throw new DeliveryError('settings', `the database has the encoding ${found.encoding}: it needs one with UTF8`);
  }

  #failed(error: unknown, signal: AbortSignal): DeliveryError {
    if (signal.aborted) return new DeliveryError('retry', 'stopped', { cause: error });
    const failure = postgresError(error);
    const wasReady = this.#isReady;
    if (failure.verdict !== 'refused') this.#isReady = false;
    // Before the first row was sent no call can be at fault.
    if (failure.verdict === 'refused' && !wasReady)
      return new DeliveryError('settings', failure.message, { cause: error });
    return failure;
  }
}

/** Runs one statement in the transaction. */
type Run = (text: string, values?: readonly unknown[]) => Promise<object[]>;

function* rowsOf(all: readonly TableColumn[], calls: readonly StoredExchange[]): Generator<string> {
  for (const call of calls) yield rowOf(all, call);
}
