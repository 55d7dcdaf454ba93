import type { ConnectionInfo, ExchangeEnd, RecorderPort, Sequence, Side } from '../../src/core/recorder-port.ts';

export class RecordedExchange {
  readonly exchange: number;
  readonly connection: number;
  requestHead: string | null = null;
  responseHead: string | null = null;
  readonly bodies: Record<Side, Buffer[]> = { request: [], response: [] };
  /** One entry when all is well: every exchange ends exactly once. */
  readonly ends: ExchangeEnd[] = [];
  /** Rows in the order in which they came; equal neighbours once. */
  readonly rows: string[] = ['open'];

  constructor(exchange: number, connection: number) {
    this.exchange = exchange;
    this.connection = connection;
  }

  get requestBody(): Buffer {
    return Buffer.concat(this.bodies.request);
  }

  get responseBody(): Buffer {
    return Buffer.concat(this.bodies.response);
  }
}

/** Keeps every row; throws when the contract of `core/recorder-port.ts` is broken. */
export class RecordingPort implements RecorderPort {
  readonly connections = new Map<number, ConnectionInfo>();
  /** Connections that are over. */
  readonly ended: number[] = [];
  readonly exchanges: RecordedExchange[] = [];
  readonly #byNumber = new Map<number, RecordedExchange>();

  connection(info: ConnectionInfo): void {
    if (this.connections.has(info.connection)) throw new Error(`connection ${info.connection} told twice`);
    this.connections.set(info.connection, info);
  }

  disconnected(connection: number): void {
    if (!this.connections.has(connection)) throw new Error(`connection ${connection} ended untold`);
    if (this.ended.includes(connection)) throw new Error(`connection ${connection} ended twice`);
    this.ended.push(connection);
  }

  open(exchange: number, connection: number): void {
    if (!this.connections.has(connection)) throw new Error(`exchange ${exchange} of an unknown connection`);
    if (this.#byNumber.has(exchange)) throw new Error(`exchange ${exchange} opened twice`);
    const opened = new RecordedExchange(exchange, connection);
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
    // A copy, as the contract says: the caller may reuse the buffer.
    this.#live(exchange, `${side}Body`).bodies[side].push(Buffer.from(bytes));
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
