/** Grafana Loki, by its push API (`POST /loki/api/v1/push`): lines of JSON in streams of equal labels. */
import { messageOf } from '../core/errors.ts';
import type { StoredExchange } from '../core/transfer.ts';
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
  /** Label and `_meta.machine`: `user@host`; empty = that of the machine. */
  machine: string;
  gzip: boolean;
  /** Calls. */
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
  readonly #history: SessionHistory | null;
  readonly #sender: HttpSender;

  constructor(options: LokiOptions, deps: LokiDeps) {
    const { url, authorization } = targetOf(options.url);
    this.address = `${url.origin}${url.pathname}`;
    this.wantsBodies = options.bodies;
    this.batchSize = options.batchSize;
    this.#place = { machine: options.machine || deps.machine, environment: options.environment };
    this.#history = deps.history ?? null;
    const token = options.authToken === null || options.authToken === '' ? null : `Bearer ${options.authToken}`;
    this.#sender = new HttpSender({
      url: url.href,
      headers: headersOf(
        { 'user-agent': `llm-proxy/${deps.version}`, authorization: token ?? authorization },
        options.headers,
      ),
      gzip: options.gzip,
      ca: deps.ca,
    });
  }

  async send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    let entries: LokiEntry[] = [];
    let bytes = 0;
    let refused = 0;
    let reason: string | null = null;
    for (const call of calls) {
      let made: LokiEntry[];
      try {
        made = this.#entriesOf(call);
      } catch (error) {
        // Longer than a string may be, a date that is none: it may not hold up all others for ever.
        if (!(error instanceof RangeError)) throw error;
        refused += 1;
        reason = `${call.record.id} cannot be written as lines: ${messageOf(error)}`;
        continue;
      }
      for (const entry of made) {
        const size = Buffer.byteLength(entry.line);
        if (bytes + size > MAX_PAYLOAD && entries.length > 0) {
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

  #entriesOf(call: StoredExchange): LokiEntry[] {
    const exchange = this.wantsBodies ? call : { record: call.record, request: null, response: null };
    return lokiEntries(exchange, this.#place, this.#history);
  }

  async #push(entries: readonly LokiEntry[], signal: AbortSignal): Promise<void> {
    await this.#sender.post(payloadOf(entries), 'application/json', signal);
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

function targetOf(text: string): { url: URL; authorization: string | null } {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) {
    throw new DeliveryError('settings', 'the url of loki is no http or https address');
  }
  const url = new URL(text);
  const user = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = '';
  url.password = '';
  if (!url.pathname.endsWith(PATH)) url.pathname = `${url.pathname.replace(/\/+$/, '')}${PATH}`;
  return { url, authorization: user === ':' ? null : `Basic ${Buffer.from(user).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Those of the user win, in whatever case they are written. */
function headersOf(ours: Record<string, string | null>, theirs: Record<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(ours), ...Object.entries(theirs)])
    if (value !== null) headers[name.toLowerCase()] = value;
  return headers;
}
