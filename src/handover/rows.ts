/**
 * What crosses from the net thread to the recorder thread, known to both and to nobody else.
 * One message is one slab: a region of numeric rows, then the bytes that they point into. Its buffer is transferred,
 * and comes back with the acknowledgement to be filled again.
 */
import type { ConnectionInfo, ExchangeEnd } from '../core/recorder-port.ts';
import { OUTCOMES } from '../core/capture.ts';

/** `[kind, exchange, at, offset, length, extra]`; offset and length in bytes of the slab unless said otherwise. */
export const ROW_WIDTH = 6;
export const ROWS_PER_SLAB = 512;
export const ROW_REGION_BYTES = ROWS_PER_SLAB * ROW_WIDTH * Float64Array.BYTES_PER_ELEMENT;
export const SLAB_BYTES = 64 * 1024;

export interface Row {
  kind: number;
  exchange: number;
  at: number;
  offset: number;
  length: number;
  extra: number;
}

/** Row kinds. */
export const ROW = {
  /** `exchange` = connection number; bytes = `ConnectionInfo` as JSON. */
  connection: 1,
  /** `exchange` = connection number: no exchange will name it again. */
  forget: 2,
  /** `offset` = connection number, `length` = wall clock in milliseconds. */
  open: 3,
  requestHead: 4,
  requestBody: 5,
  /** `length` = body bytes that were not kept at this place. */
  requestGap: 6,
  responseHead: 7,
  responseBody: 8,
  responseGap: 9,
  /** `extra` = index into `OUTCOMES`; bytes = `EndDetails` as JSON, or none. */
  end: 10,
  /** `exchange` = fence number: answered when all before it is recorded. */
  fence: 11,
  /** As `end`, and somebody waits until the call is on record: it is answered. */
  awaitedEnd: 12,
} as const;

export type EndDetails = Omit<ExchangeEnd, 'outcome'>;

/** Net -> recorder. */
export type NetMessage = SlabMessage | CountersMessage;

export interface SlabMessage {
  buffer: ArrayBuffer;
  rows: number;
}

/** Absolute values, see core/counters.ts. */
export interface CountersMessage {
  counters: Record<string, number>;
}

/** Recorder -> net. */
export type RecorderMessage = AckMessage | FenceMessage | SettledMessage;

/** One slab, the oldest that is out, was read; its buffer comes back. */
export interface AckMessage {
  buffer: ArrayBuffer;
}

export interface FenceMessage {
  fence: number;
}

/** Exchanges that were awaited, by their number. */
export interface SettledMessage {
  stored: readonly number[];
  /** Not stored in time, or for good. */
  lost: readonly number[];
}

/** Reads into `row`: one object serves a whole slab. */
export function readRow(table: Float64Array, index: number, row: Row): void {
  row.kind = table[index] ?? 0;
  row.exchange = table[index + 1] ?? 0;
  row.at = table[index + 2] ?? 0;
  row.offset = table[index + 3] ?? 0;
  row.length = table[index + 4] ?? 0;
  row.extra = table[index + 5] ?? 0;
}

const NOTHING: EndDetails = { error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 };
const NO_BYTES = new Uint8Array();

export function encodeConnection(info: ConnectionInfo): Uint8Array {
  return Buffer.from(JSON.stringify(info));
}

export function decodeConnection(bytes: Uint8Array): ConnectionInfo {
  return JSON.parse(asText(bytes)) as ConnectionInfo;
}

/** Nothing at all for an exchange that ended like most do. */
export function encodeEnd(end: ExchangeEnd): Uint8Array {
  const { error, opaqueRequestBytes, opaqueResponseBytes, marks, steer, upstreamLeft } = end;
  const isPlain = error === null && opaqueRequestBytes === 0 && opaqueResponseBytes === 0;
  if (isPlain && marks === undefined && steer === undefined && upstreamLeft === undefined) return NO_BYTES;
  const { outcome: _, ...details } = end;
  return Buffer.from(JSON.stringify(details satisfies EndDetails));
}

export function decodeEnd(outcome: number, bytes: Uint8Array): ExchangeEnd {
  const details = bytes.length === 0 ? NOTHING : (JSON.parse(asText(bytes)) as EndDetails);
  return { outcome: OUTCOMES[outcome] ?? 'unparsed', ...details };
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
