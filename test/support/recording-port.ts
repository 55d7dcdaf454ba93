import type { ConnectionInfo, ExchangeEnd, RecorderPort, Sequence, Side } from '../../src/core/recorder-port.ts';

export interface RecordedExchange {
  exchange: number;
  connection: number;
  requestHead: string | null;
  requestBody: Buffer;
  responseHead: string | null;
  responseBody: Buffer;
  /** One entry when all is well: every exchange ends exactly once. */
  ends: ExchangeEnd[];
  /** Rows in the order in which they came; equal neighbours once. */
  rows: string[];
}

/** Keeps every row; throws when the contract of `core/recorder-port.ts` is broken. */
export class RecordingPort implements RecorderPort {
  readonly connections = new Map<number, ConnectionInfo>();
  readonly exchanges: RecordedExchange[] = [];
  readonly #byNumber = new Map<number, RecordedExchange>();

  connection(info: ConnectionInfo): void {
    if (this.connections.has(info.connection)) throw new Error(`connection ${info.connection} told twice`);
    this.connections.set(info.connection, info);
  }

  open(exchange: number, connection: number): void {
    if (!this.connections.has(connection)) throw new Error(`exchange ${exchange} of an unknown connection`);
    if (this.#byNumber.has(exchange)) throw new Error(`exchange ${exchange} opened twice`);
    const opened: RecordedExchange = {
      exchange,
      connection,
      requestHead: null,
      requestBody: Buffer.alloc(0),
      responseHead: null,
      responseBody: Buffer.alloc(0),
      ends: [],
      rows: ['open'],
    };
    this.#byNumber.set(exchange, opened);
    this.exchanges.push(opened);
  }

  head(exchange: number, side: Side, head: Uint8Array): void {
    const row = this.#live(exchange, `${side}Head`);
    const text = Buffer.from(head).toString('latin1');
    if (side === 'request') row.requestHead = text;
    else row.responseHead = text;
  }

  body(exchange: number, side: Side, bytes: Uint8Array): void {
    const row = this.#live(exchange, `${side}Body`);
    if (side === 'request') row.requestBody = Buffer.concat([row.requestBody, bytes]);
    else row.responseBody = Buffer.concat([row.responseBody, bytes]);
  }

  end(exchange: number, end: ExchangeEnd): void {
    this.#live(exchange, 'end').ends.push(end);
  }

  #live(exchange: number, row: string): RecordedExchange {
    const found = this.#byNumber.get(exchange);
    if (found === undefined) throw new Error(`${row} of exchange ${exchange}, which was never opened`);
    if (found.ends.length > 0) throw new Error(`${row} of exchange ${exchange} after its end`);
    if (found.rows.at(-1) !== row) found.rows.push(row);
    return found;
  }
}

export function sequence(): Sequence {
  let last = 0;
  return { next: () => ++last };
}
