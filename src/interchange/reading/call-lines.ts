/** Our own jsonl: what `export --format jsonl` wrote. */
import type { Arrival } from '../../core/capture.ts';
import type { HeaderPairs } from '../../core/headers.ts';
import type { StoredExchange, StoredMessage } from '../../core/transfer.ts';
import { objectAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { callRecordOf } from './call-record.ts';

/** @throws Error that says what is wrong with the line */
export function exchangeOfLine(line: JsonObject): StoredExchange {
  return { record: callRecordOf(line), request: messageOf(line, 'request'), response: messageOf(line, 'response') };
}

function messageOf(line: JsonObject, side: 'request' | 'response'): StoredMessage | null {
  const message = objectAt(line, side);
  if (message === null) return null;
  return {
    startLine: stringAt(message, 'line') ?? '',
    headers: headersOf(valueAt(message, 'headers')),
    body: bodyOf(message, side),
    truncated: valueAt(message, 'truncated') === true,
    masked: valueAt(message, 'masked') === true,
    arrivals: arrivalsOf(message),
  };
}

/** @throws Error */
export function headersOf(value: unknown): HeaderPairs {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isPair)) throw new Error('headers must be pairs of texts');
  return value;
}

function isPair(pair: unknown): pair is [string, string] {
  return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
}

/** Null = not told. @throws Error */
export function arrivalsOf(message: JsonObject): Arrival[] | null {
  const arrivals = valueAt(message, 'arrivals') ?? null;
  if (arrivals === null) return null;
  if (!Array.isArray(arrivals) || !arrivals.every(isArrival)) throw new Error('arrivals must be pairs of numbers');
  return arrivals.map(([offset, at]) => ({ offset, at }));
}

function isArrival(pair: unknown): pair is [number, number] {
  return Array.isArray(pair) && pair.length === 2 && Number.isSafeInteger(pair[0]) && Number.isFinite(pair[1]);
}

/** Null = not kept. @throws Error */
export function bodyOf(message: JsonObject, side: string): Uint8Array | null {
  const text = valueAt(message, 'body') ?? null;
  const base64 = valueAt(message, 'body_base64') ?? null;
  if (text === null && base64 === null) return null;
  if (typeof text === 'string') return Buffer.from(text, 'utf8');
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  throw new Error(`the body of the ${side} must be a text`);
}
