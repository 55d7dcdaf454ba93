/** Entries of an HTTP Archive: our own as they were, those of browsers and of mitmproxy to be metered. */
import type { HeaderPairs } from '../../core/headers.ts';
import { normaliseHost } from '../../core/hosts.ts';
import type { ForeignExchange, ForeignMessage, ImportItem, StoredMessage } from '../../core/transfer.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { callRecordOf } from './call-record.ts';

/** @throws Error that says what is wrong with the entry */
export function itemOfEntry(entry: JsonObject): ImportItem {
  const own = objectAt(entry, '_llm');
  if (own === null) return { kind: 'exchange', ...exchangeOf(entry) };
  const record = callRecordOf(own);
  const { request, response } = exchangeOf(entry);
  return {
    kind: 'call',
    record,
    request: keptOf(request, record.capture.truncated),
    response: record.status === null ? null : keptOf(response, record.capture.truncated),
  };
}

function keptOf(message: ForeignMessage | null, truncated: boolean): StoredMessage | null {
  if (message === null) return null;
  const { startLine, headers, body } = message;
  return { startLine, headers, body: body.length === 0 ? null : body, truncated, masked: false, arrivals: null };
}

function exchangeOf(entry: JsonObject): ForeignExchange {
  const request = objectAt(entry, 'request');
  const url = urlOf(request);
  const startedAt = Date.parse(stringAt(entry, 'startedDateTime') ?? '');
  if (Number.isNaN(startedAt)) throw new Error('startedDateTime must be a time');
  const endAt = Math.max(0, numberAt(entry, 'time') ?? 0);
  const response = responseOf(objectAt(entry, 'response'));
  return {
    ...serverOf(url),
    startedAt,
    headAt: response === null ? null : headTime(entry, endAt),
    endAt,
    request: requestOf(request ?? {}, url),
    response,
    // A browser writes no answer where the page left, or an extension was in the way.
    outcome: response === null ? 'client_aborted' : 'complete',
    session: null,
  };
}

function serverOf(url: URL): Pick<ForeignExchange, 'scheme' | 'host' | 'port'> {
  const scheme = url.protocol === 'http:' || url.protocol === 'ws:' ? 'http' : 'https';
  const host = normaliseHost(url.hostname);
  if (host === null) throw new Error('url must name a host');
  return { scheme, host, port: url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port) };
}

/** All but receiving comes before the head of the answer. */
function headTime(entry: JsonObject, endAt: number): number | null {
  const receive = numberAt(objectAt(entry, 'timings'), 'receive');
  return receive === null ? null : Math.max(0, endAt - Math.max(0, receive));
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const SCHEMES = new Set(['http:', 'https:', 'ws:', 'wss:']);

function urlOf(request: JsonObject | null): URL {
  const text = stringAt(request, 'url') ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !SCHEMES.has(url.protocol)) throw new Error('url must be one of http or https');
  return url;
}

function requestOf(request: JsonObject, url: URL): ForeignMessage {
  const method = stringAt(request, 'method') ?? '';
  if (!/^[A-Z-]{1,32}$/.test(method)) throw new Error('method must be one of HTTP');
  const headers = headersOf(request);
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host');
  return {
    startLine: `${method} ${url.pathname}${url.search} HTTP/1.1`,
    headers: hasHost ? headers : [['Host', url.host], ...headers],
    body: postedBody(objectAt(request, 'postData')),
    pieces: [],
  };
}

/** Status 0 = there was no answer. */
function responseOf(response: JsonObject | null): ForeignMessage | null {
  const status = numberAt(response, 'status') ?? 0;
  if (response === null || !Number.isInteger(status) || status < 100 || status > 999) return null;
  const content = objectAt(response, 'content');
  const headers = headersOf(response);
  const type = stringAt(content, 'mimeType');
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    startLine: `HTTP/1.1 ${status} ${stringAt(response, 'statusText') ?? ''}`.trimEnd(),
    headers: hasType || type === null ? headers : [...headers, ['content-type', type]],
    body: bodyOf(content),
    pieces: [],
  };
}

/** HTTP/2 writes its pseudo headers among them. */
function headersOf(message: JsonObject): HeaderPairs {
  return objectsAt(message, 'headers').flatMap((header) => {
    const name = stringAt(header, 'name');
    const value = valueAt(header, 'value');
    return name === null || name.startsWith(':') || typeof value !== 'string' ? [] : [[name, value] as const];
  });
}

/** Our base64, and that of some browsers, is marked as it is in answers. */
function postedBody(post: JsonObject | null): Uint8Array {
  if (stringAt(post, 'text') !== null) return bodyOf(post);
  const params = objectsAt(post, 'params').map((param): [string, string] => [
    stringAt(param, 'name') ?? '',
    stringAt(param, 'value') ?? '',
  ]);
  return Buffer.from(new URLSearchParams(params).toString());
}

function bodyOf(content: JsonObject | null): Uint8Array {
  return Buffer.from(stringAt(content, 'text') ?? '', valueAt(content, 'encoding') === 'base64' ? 'base64' : 'utf8');
}
