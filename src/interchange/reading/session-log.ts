/**
 * The session logs of the llm-proxy of Prime Radiant: one file a session, a line for each request and each response, tied
 * by `request_id`; streams as the lines that came. Keys are obfuscated there already.
 */
import type { HeaderPairs } from '../../core/headers.ts';
import { authorityOf } from '../heads.ts';
import type { ForeignExchange, ForeignMessage } from '../../core/transfer.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, type JsonObject } from '../../providers/families/json.ts';

/** Requests that wait for their responses; more than a client ever has under way. */
const MAX_WAITING = 1000;

/** What one line leads to: nothing yet, or exchanges that are complete. */
export class SessionLog {
  readonly #waiting = new Map<string, JsonObject>();

  /** @throws Error that says what is wrong with the line */
  line(entry: JsonObject): ForeignExchange[] {
    const type = stringAt(entry, 'type');
    const id = stringAt(objectAt(entry, '_meta'), 'request_id');
    if (type === 'request' && id !== null) return this.#request(id, entry);
    if (type === 'response' && id !== null) return [this.#response(id, entry)];
    if (type === 'session_start' || type === 'fork') return [];
    throw new Error('neither a request nor a response with a request_id');
  }

  /** Requests whose answers were never written: the client left, or the recording ended. */
  end(): ForeignExchange[] {
    const left = [...this.#waiting.values()].flatMap((entry) => exchangeOf(entry, null));
    this.#waiting.clear();
    return left;
  }

  #request(id: string, entry: JsonObject): ForeignExchange[] {
    this.#waiting.set(id, entry);
    if (this.#waiting.size <= MAX_WAITING) return [];
    const [oldest] = this.#waiting;
    if (oldest === undefined) return [];
    this.#waiting.delete(oldest[0]);
    return [exchangeOf(oldest[1], null)];
  }

  #response(id: string, entry: JsonObject): ForeignExchange {
    const request = this.#waiting.get(id);
    if (request === undefined) throw new Error(`a response without its request (${id})`);
    this.#waiting.delete(id);
    return exchangeOf(request, entry);
  }
}

export function looksLikeSessionLog(line: unknown): boolean {
  return isObject(line) && objectAt(line, '_meta') !== null && stringAt(line, 'type') !== null;
}

function exchangeOf(request: JsonObject, response: JsonObject | null): ForeignExchange {
  const meta = objectAt(request, '_meta');
  const startedAt = Date.parse(stringAt(meta, 'ts') ?? '');
  if (Number.isNaN(startedAt)) throw new Error('_meta.ts must be a time');
  const authority = authorityOf(stringAt(meta, 'host') ?? '', 'https');
  if (authority === null) throw new Error('_meta.host must be a host');
  const timing = objectAt(response, 'timing');
  const endAt = Math.max(0, numberAt(timing, 'total_ms') ?? 0);
  const headAt = headTime(response, endAt);
  return {
    scheme: 'https',
    ...authority,
    startedAt,
    headAt: response === null ? null : headAt,
    endAt,
    request: {
      startLine: `${stringAt(request, 'method') ?? 'POST'} ${stringAt(request, 'path') ?? '/'} HTTP/1.1`,
      headers: headersOf(objectAt(request, 'headers')),
      body: Buffer.from(stringAt(request, 'body') ?? ''),
      pieces: [],
    },
    response: response === null ? null : answerOf(response, headAt),
    outcome: response === null ? 'shutdown' : 'complete',
    session: sessionOf(meta),
  };
}

/** Chunks count from the head on, and the last of them came at the end; `ttfb_ms` means the head only without them. */
function headTime(response: JsonObject | null, endAt: number): number {
  const last = objectsAt(response, 'chunks').at(-1);
  const after = last === undefined ? null : (numberAt(last, 'delta_ms') ?? 0);
  const head = after === null ? (numberAt(objectAt(response, 'timing'), 'ttfb_ms') ?? endAt) : endAt - after;
  return Math.min(Math.max(0, head), endAt);
}

function answerOf(response: JsonObject, headAt: number): ForeignMessage {
  const chunks = objectsAt(response, 'chunks');
  const headers = headersOf(objectAt(response, 'headers'));
  const startLine = `HTTP/1.1 ${numberAt(response, 'status') ?? 0}`;
  if (chunks.length === 0)
    return { startLine, headers, body: Buffer.from(stringAt(response, 'body') ?? ''), pieces: [] };
  const frames = isOfFrames(headers);
  const parts = chunks.map((chunk) => Buffer.from(lineOf(stringAt(chunk, 'raw') ?? '', frames)));
  let offset = 0;
  const pieces = chunks.map((chunk, index) => {
    const piece = { offset, at: headAt + Math.max(0, numberAt(chunk, 'delta_ms') ?? 0) };
    offset += parts[index]?.length ?? 0;
    return piece;
  });
  return { startLine, headers: frames ? asEvents(headers) : headers, body: Buffer.concat(parts), pieces };
}

const isType = (name: string): boolean => name.toLowerCase() === 'content-type';

function isOfFrames(headers: HeaderPairs): boolean {
  return headers.some(([name, value]) => isType(name) && value.includes('eventstream'));
}

/** Of Bedrock's frames the events in them were kept, one a chunk. */
function lineOf(raw: string, ofFrames: boolean): string {
  return ofFrames && !raw.endsWith('\n') ? `${raw}\n\n` : raw;
}

function asEvents(headers: HeaderPairs): HeaderPairs {
  return headers.map(([name, value]) => [name, isType(name) ? 'text/event-stream' : value]);
}

/** An object of lists there. */
function headersOf(headers: JsonObject | null): HeaderPairs {
  return Object.entries(headers ?? {}).flatMap(([name, values]) => {
    const list: unknown[] = Array.isArray(values) ? values : [values];
    return list.flatMap((value) => (typeof value === 'string' ? [[name, value] as const] : []));
  });
}

function sessionOf(meta: JsonObject | null): string | null {
  const session = stringAt(meta, 'session');
  return session !== null && /^[\w.:-]{1,255}$/.test(session) ? session : null;
}
