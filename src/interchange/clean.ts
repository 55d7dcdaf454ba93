/** Secrets are taken out again on the way out: what was stored before a pattern was known does not leave. */
import { isUtf8 } from 'node:buffer';
import type { CallRecord } from '../core/capture.ts';
import { maskBody, maskHeaders, maskTarget, maskText } from '../core/redact.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { contentTypeOf } from './heads.ts';

export function clean({ record, request, response }: StoredExchange): StoredExchange {
  return {
    record: cleanRecord(record),
    request: request === null ? null : cleanMessage(request, cleanRequestLine(request.startLine)),
    response: response === null ? null : cleanMessage(response, maskText(response.startLine)),
  };
}

/** As JSON, where names stand beside their values. */
export function cleanRecord(record: CallRecord): CallRecord {
  const path = maskTarget(record.path);
  const text = JSON.stringify({ ...record, path });
  const masked = maskBody(text);
  if (masked === text) return path === record.path ? record : { ...record, path };
  try {
    return JSON.parse(masked) as CallRecord;
  } catch {
    // A pattern went across a quote: each text by itself.
    return maskTexts(record) as CallRecord;
  }
}

function maskTexts(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskTexts(member)]));
}

function cleanRequestLine(line: string): string {
  const [method = '', target, ...rest] = line.split(' ');
  return target === undefined ? maskText(line) : [maskText(method), maskTarget(target), ...rest].join(' ');
}

function cleanMessage(message: StoredMessage, startLine: string): StoredMessage {
  const { headers } = message;
  const body = message.body === null ? null : cleanBody(message.body, contentTypeOf(headers));
  return {
    ...message,
    startLine,
    headers: maskHeaders(headers),
    body,
    masked: message.masked || body !== message.body,
  };
}

function cleanBody(body: Uint8Array, contentType: string): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // What is no text may hold a key all the same: in an upload, in a protobuf message.
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
  const text = bytes.toString(encoding);
  const masked = maskBody(text, contentType);
  return masked === text ? body : Buffer.from(masked, encoding);
}
