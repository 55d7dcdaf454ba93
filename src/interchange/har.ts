/** HTTP Archive 1.2. What HAR has no word for stands under `_llm`: the call record. */
import { isUtf8 } from 'node:buffer';
import type { CallRecord } from '../core/capture.ts';
import { type HeaderPairs, headerValue } from '../core/headers.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import type { Formatter } from './formats.ts';
import { contentTypeOf } from './heads.ts';

/** @param version of this program. */
export function createHar(version: string): Formatter {
  const creator = JSON.stringify({ name: 'llm-proxy', version });
  let separator = '\n';
  return {
    start: () => `{"log":{"version":"1.2","creator":${creator},"pages":[],"entries":[`,
    call: (exchange) => {
      const line = `${separator}${JSON.stringify(entryOf(exchange))}`;
      separator = ',\n';
      return line;
    },
    end: () => '\n]}}\n',
  };
}

function entryOf({ record, request, response }: StoredExchange): object {
  return {
    startedDateTime: record.started_at,
    time: record.duration_ms,
    request: requestOf(record, request),
    response: responseOf(record, response),
    cache: {},
    timings: timingsOf(record),
    comment: record.error === null ? '' : `${record.error.type}: ${record.error.message}`,
    _llm: record,
  };
}

/** Before the head of the answer nothing tells sending from waiting. */
function timingsOf({ duration_ms: total, ttfb_ms: head }: CallRecord): object {
  const wait = Math.min(head ?? total, total);
  return { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 0, wait, receive: total - wait };
}

function requestOf(record: CallRecord, message: StoredMessage | null): object {
  const headers = message?.headers ?? [];
  const scheme = record.transport === 'http' ? 'http' : 'https';
  const mimeType = contentTypeOf(headers);
  const body = message?.body ?? null;
  return {
    method: record.method,
    url: `${scheme}://${record.host}${record.path}`,
    httpVersion: versionIn(message?.startLine.split(' ').at(-1)),
    cookies: [],
    headers: named(headers),
    queryString: queryOf(record.path),
    ...(body === null || body.length === 0 ? {} : { postData: { mimeType, ...postText(body) } }),
    headersSize: -1,
    bodySize: record.request_bytes,
  };
}

/** HAR has no base64 here; `encoding` is read back by `import`, and by browsers. */
function postText(body: Uint8Array): object {
  const { text, encoding } = textOf(body);
  return { text, ...(encoding === undefined ? {} : { encoding }) };
}

/** Without an answer the status is 0, as browsers write it. */
function responseOf(record: CallRecord, message: StoredMessage | null): object {
  const { startLine, headers } = message ?? NO_MESSAGE;
  const [version, status, ...reason] = startLine.split(' ');
  return {
    status: record.status ?? 0,
    statusText: Number(status) === record.status ? reason.join(' ') : '',
    httpVersion: versionIn(version),
    cookies: [],
    headers: named(headers),
    content: contentOf(headers, message?.body ?? null),
    redirectURL: headerValue(headers, 'location') ?? '',
    headersSize: -1,
    bodySize: record.response_bytes,
  };
}

const NO_MESSAGE: Pick<StoredMessage, 'startLine' | 'headers'> = { startLine: '', headers: [] };

function contentOf(headers: HeaderPairs, body: Uint8Array | null): object {
  const mimeType = contentTypeOf(headers);
  return body === null ? { size: 0, mimeType } : { size: body.length, mimeType, ...textOf(body) };
}

function textOf(body: Uint8Array): { text: string; encoding?: 'base64' } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { text: bytes.toString('base64'), encoding: 'base64' };
}

function named(headers: HeaderPairs): { name: string; value: string }[] {
  return headers.map(([name, value]) => ({ name, value }));
}

function versionIn(text: string | undefined): string {
  return text !== undefined && /^HTTP\/\d/.test(text) ? text : 'HTTP/1.1';
}

function queryOf(path: string): { name: string; value: string }[] {
  const question = path.indexOf('?');
  if (question < 0) return [];
  return [...new URLSearchParams(path.slice(question + 1))].map(([name, value]) => ({ name, value }));
}
