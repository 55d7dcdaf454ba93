import type { Counters } from '../core/counters.ts';
import { messageOf } from '../core/errors.ts';
import { NumberTable } from '../core/number-table.ts';
import type { ConnectionInfo, ExchangeEnd } from '../core/recorder-port.ts';
import type { Settled } from '../core/sink.ts';
import {
  decodeConnection,
  decodeEnd,
  readRow,
  type Row,
  ROW,
  ROW_REGION_BYTES,
  ROW_WIDTH,
  type RecorderMessage,
  type SlabMessage,
} from '../handover/rows.ts';
import type { BodyMemory } from './body-memory.ts';
import type { CalmLog } from './calm-log.ts';
import { type FinishedExchange, LiveExchange, type Meter } from './live-exchange.ts';

export interface ReceiverOptions {
  createMeter(connection: ConnectionInfo): Meter;
  /**
   * Records one exchange. What it throws costs this exchange only.
   * @param settled somebody waits for the record: to be called once, unless this throws.
   */
  onFinished(finished: FinishedExchange, settled?: Settled): void;
  /** An awaited exchange is on record, or will not be. */
  onSettled(exchange: number, stored: boolean): void;
  reply(message: RecorderMessage, transfer: readonly ArrayBuffer[]): void;
  memory: BodyMemory;
  counters: Counters;
  log: CalmLog;
}

const SHUTDOWN: ExchangeEnd = { outcome: 'shutdown', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 };

/** Rows of the net thread -> live exchanges -> finished ones. One bad exchange never costs another. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #connections = new Map<number, ConnectionInfo>();
  readonly #live = new NumberTable<LiveExchange>();
  readonly #current: Row = { kind: 0, exchange: 0, at: 0, offset: 0, length: 0, extra: 0 };
  readonly #draining = new Set<Promise<void>>();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Exchanges without their last row. */
  get live(): number {
    return this.#live.size;
  }

  exchanges(): LiveExchange[] {
    return this.#live.entries().map(([, live]) => live);
  }

  receive({ buffer, rows }: SlabMessage): void {
    const table = new Float64Array(buffer, 0, rows * ROW_WIDTH);
    const row = this.#current;
    for (let index = 0; index < table.length; index += ROW_WIDTH) {
      readRow(table, index, row);
      try {
        this.#row(row, buffer);
      } catch (error) {
        this.#fail(row.exchange, error);
      }
    }
    this.#options.reply({ buffer }, [buffer]);
  }

  /** Ends what is live as `shutdown` and waits for what drains. */
  async close(): Promise<void> {
    for (const [exchange, live] of this.#live.entries()) {
      try {
        this.#end(exchange, live, SHUTDOWN, live.facts.endedAt);
      } catch (error) {
        this.#fail(exchange, error);
      }
    }
    await this.drained();
  }

  /** Resolves when all exchanges that have had their last row are recorded. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining);
  }

  #row(row: Row, buffer: ArrayBuffer): void {
    switch (row.kind) {
      case ROW.connection:
        this.#connections.set(row.exchange, decodeConnection(bytesOf(buffer, row)));
        return;
      case ROW.forget:
        this.#connections.delete(row.exchange);
        return;
      case ROW.open:
        this.#open(row.exchange, row.offset, row.length, row.at);
        return;
      case ROW.fence:
        this.#fence(row.exchange);
        return;
      default: {
        const live = this.#live.get(row.exchange);
        if (live === undefined) this.#rowOfNothing(row);
        else if (row.kind === ROW.end || row.kind === ROW.awaitedEnd) this.#lastRow(live, row, buffer);
        else part(live, row, buffer);
      }
    }
  }

  /** Its exchange has failed. */
  #rowOfNothing({ kind, exchange }: Row): void {
    if (kind === ROW.awaitedEnd) this.#options.onSettled(exchange, false);
  }

  #lastRow(live: LiveExchange, { kind, exchange, at, extra }: Row, buffer: ArrayBuffer): void {
    const end = decodeEnd(extra, bytesOf(buffer, this.#current));
    const settled: Settled | undefined =
      kind === ROW.awaitedEnd ? (stored) => this.#options.onSettled(exchange, stored) : undefined;
    try {
      this.#end(exchange, live, end, at, settled);
    } catch (error) {
      settled?.(false);
      throw error;
    }
  }

  #open(exchange: number, connection: number, wall: number, at: number): void {
    const info = this.#connections.get(connection);
    if (info === undefined) throw new Error('exchange of an unknown connection');
    const meter = this.#options.createMeter(info);
    const onCall = (finished: FinishedExchange): void => this.#call(finished);
    this.#live.set(exchange, new LiveExchange(info, wall, at, meter, this.#options.memory, onCall));
  }

  /** An answer on a WebSocket that goes on. */
  #call(finished: FinishedExchange): void {
    try {
      this.#options.onFinished(finished);
    } catch (error) {
      this.#lost(error);
    }
  }

  #end(exchange: number, live: LiveExchange, end: ExchangeEnd, at: number, settled?: Settled): void {
    const finished = live.end(end, at);
    this.#live.delete(exchange);
    if (live.unread !== null) this.#options.counters.add('unparsed', `reason="websocket_${live.unread}"`);
    if (!(finished instanceof Promise)) {
      this.#options.onFinished(finished, settled);
      return;
    }
    const draining = finished
      .then((value) => this.#options.onFinished(value, settled))
      .catch((error: unknown) => {
        this.#fail(exchange, error);
        settled?.(false);
      })
      .finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
  }

  #fence(fence: number): void {
    if (this.#draining.size === 0) this.#options.reply({ fence }, []);
    else void this.drained().then(() => this.#options.reply({ fence }, []));
  }

  #fail(exchange: number, error: unknown): void {
    this.#live.get(exchange)?.release();
    this.#live.delete(exchange);
    this.#lost(error);
  }

  #lost(error: unknown): void {
    this.#options.counters.add('internal_errors', 'part="recorder"');
    this.#options.counters.add('dropped', 'reason="recorder_error"');
    this.#options.log.warn({ error: messageOf(error) }, 'an exchange could not be recorded');
  }
}

function part(live: LiveExchange, row: Row, buffer: ArrayBuffer): void {
  switch (row.kind) {
    case ROW.requestHead:
      live.head('request', bytesOf(buffer, row), row.at);
      return;
    case ROW.responseHead:
      live.head('response', bytesOf(buffer, row), row.at);
      return;
    case ROW.requestBody:
      live.requestBody(bytesOf(buffer, row), row.at);
      return;
    case ROW.responseBody:
      live.responseBody(bytesOf(buffer, row), row.at);
      return;
    case ROW.requestGap:
      live.gap('request', row.length);
      return;
    case ROW.responseGap:
      live.gap('response', row.length);
      return;
    default:
      throw new Error(`unknown row kind ${row.kind}`);
  }
}

function bytesOf(buffer: ArrayBuffer, row: Row): Uint8Array {
  return new Uint8Array(buffer, ROW_REGION_BYTES + row.offset, row.length);
}
