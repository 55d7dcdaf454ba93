/** Grafana Loki, by its push API (`POST /loki/api/v1/push`): lines of JSON in streams of equal labels. */
import { createHash } from 'node:crypto';
import type { StoredExchange } from '../core/transfer.ts';
import { addressOf } from './address.ts';
import { type Destination, DeliveryError, type Receipt } from './destination.ts';
import { HttpSender } from './http.ts';
import { type LokiEntry, lokiEntries } from './loki-entries.ts';
import type { LokiPlace } from './loki-labels.ts';
import type { SessionHistory } from './session-history.ts';

export interface LokiOptions {
  /** With or without `/loki/api/v1/push`. `user:password@` in it is sent as Basic authentication. */
  url: string;
  /** Sent as `Authorization: Bearer`; null = none. */
  authToken: string | null;
  /** More headers, e.g. `X-Scope-OrgID`. */
  headers: Record<string, string>;
  /** Label; empty = none. */
  environment: string;
  gzip: boolean;
  /** Lines of one request, at most. */
  batchSize: number;
  /** Headers and bodies as well. */
  bodies: boolean;
}

export interface LokiDeps {
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  version: string;
  /** `user@host`. */
  machine: string;
  /** Absent or null: entries have no `seq`, and sessions no `session_start`. */
  history?: SessionHistory | null;
}

const PATH = '/loki/api/v1/push';
/**
 * Bytes of lines in one request, as promtail and Alloy send. Beyond 4 MB Loki's distributor cannot hand it on to its
 * ingesters, and says 500; beyond 6 MB (`ingestion_burst_size_mb`) it says 429 for ever.
 */
const MAX_PAYLOAD = 1_000_000;
/** Of one batch, which is in memory as a whole: bodies are megabytes. */
const MAX_CALLS = { withBodies: 25, without: 250 };
/** A call has four at the least. */
const LINES_OF_CALL = 4;

/** @throws DeliveryError `settings` for an address that is none */
export function createLoki(options: LokiOptions, deps: LokiDeps): Destination {
  return new Loki(options, deps);
}

class Loki implements Destination {
  readonly name = 'loki';
  readonly address: string;
  readonly wantsBodies: boolean;
  readonly batchSize: number;
  readonly #place: LokiPlace;
  /** Of one request, at most. */
  readonly #lines: number;
  readonly #history: SessionHistory | null;
  readonly #sender: HttpSender;
  /**
   * Digests of what Loki took of calls of which it has not taken all yet. They come again as a whole: sent from the
   * beginning each time, more than its burst (6 MB) would never get to the end of it.
   */
  readonly #taken = new Set<string>();

  constructor(options: LokiOptions, deps: LokiDeps) {
    if (!URL.canParse(options.url) || !/^https?:/i.test(options.url)) {
      throw new DeliveryError('settings', 'the url of loki is no http or https address');
    }
    const { url, shown, headers } = addressOf(options.url, PATH);
    this.address = shown;
    this.wantsBodies = options.bodies;
    this.#lines = Math.max(1, options.batchSize);
    const most = options.bodies ? MAX_CALLS.withBodies : MAX_CALLS.without;
    this.batchSize = Math.min(Math.max(1, Math.floor(options.batchSize / LINES_OF_CALL)), most);
    this.#place = { machine: deps.machine, environment: options.environment };
    this.#history = deps.history ?? null;
    const token =
      options.authToken === null || options.authToken === '' ? {} : { authorization: `Bearer ${options.authToken}` };
    this.#sender = new HttpSender({
      url,
      headers: headersOf({ 'user-agent': `llm-proxy/${deps.version}`, ...headers, ...token }, options.headers),
      gzip: options.gzip,
      ca: deps.ca,
    });
  }

  async send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    const receipt = await this.#sendAll(calls, signal);
    this.#taken.clear();
    return receipt;
  }

  async #sendAll(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    let entries: LokiEntry[] = [];
    let bytes = 0;
    let refused = 0;
    let reason: string | null = null;
    for (const call of calls) {
      const made = this.#entriesOf(call);
      if (made instanceof RangeError) {
        refused += 1;
        reason = `${call.record.id} cannot be written as lines: ${made.message}`;
        continue;
      }
      for (const entry of made) {
        const size = Buffer.byteLength(entry.line);
        if (entries.length === this.#lines || (bytes + size > MAX_PAYLOAD && entries.length > 0)) {
          await this.#push(entries, signal);
          entries = [];
          bytes = 0;
        }
        entries.push(entry);
        bytes += size;
      }
    }
    if (entries.length > 0) await this.#push(entries, signal);
    return { refused, reason };
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  /** @returns an error for a date that is none, or more than a string can hold: it may not hold up all others for ever */
  #entriesOf(call: StoredExchange): LokiEntry[] | RangeError {
    const exchange = this.wantsBodies ? call : { record: call.record, request: null, response: null };
    try {
      return lokiEntries(exchange, this.#place, this.#history);
    } catch (error) {
      if (error instanceof RangeError) return error;
      throw error;
    }
  }

  async #push(entries: readonly LokiEntry[], signal: AbortSignal): Promise<void> {
    const payload = payloadOf(entries);
    const digest = createHash('sha256').update(payload).digest('base64');
    if (this.#taken.has(digest)) return;
    await this.#sender.post(payload, 'application/json', signal);
    this.#taken.add(digest);
  }
}

/** Entries of one set of labels are one stream, oldest first. */
export function payloadOf(entries: readonly LokiEntry[]): string {
  const streams = new Map<string, { stream: LokiEntry['labels']; entries: LokiEntry[] }>();
  for (const entry of entries) {
    const key = JSON.stringify(entry.labels);
    const stream = streams.get(key) ?? { stream: entry.labels, entries: [] };
    stream.entries.push(entry);
    streams.set(key, stream);
  }
  return JSON.stringify({
    streams: [...streams.values()].map(({ stream, entries: own }) => ({
      stream,
      values: own.toSorted(byTime).map(({ time, line }) => [String(time), line]),
    })),
  });
}

function byTime(one: LokiEntry, other: LokiEntry): number {
  return one.time < other.time ? -1 : one.time > other.time ? 1 : 0;
}

/** Those of the user win, in whatever case they are written. */
function headersOf(ours: Record<string, string>, theirs: Record<string, string>): Record<string, string> {
  const named = Object.entries(theirs).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...ours, ...Object.fromEntries(named) };
}
