/** The stored bodies of one call, as the API and `show` give them. */
import type { Database } from '../store/driver.ts';
import type { Side } from '../store/blocks/call-bodies.ts';
import { bodyOf, headOf, type StoredBody } from '../store/blocks/read.ts';
import { headText } from '../store/blocks/heads.ts';
import { type Pruned, prunedPart } from '../store/pruned.ts';
import { getCall } from '../store/queries.ts';

export const PARTS = ['body', 'head', 'events'] as const;
export type Part = (typeof PARTS)[number];

export interface FoundPart {
  bytes: Uint8Array;
  /** Names in lower case. `content-type` is what the bytes are; what the message said of itself stands apart. */
  headers: Record<string, string>;
}

export type PartAnswer =
  | FoundPart
  | { pruned: Pruned }
  /** Which of the anomalies of the call it was. */
  | { undecodable: string }
  | 'no_call'
  | 'ambiguous'
  | 'not_stored';

export const NOT_STORED =
  'this part of the call is not stored: there was none, bodies were off (store.bodies), or are not kept of this provider (capture.bodies_of)';

export function prunedText({ at, reason }: Pruned): string {
  const why = reason === 'age' ? 'it was too old' : 'the database held too much';
  return `this part of the call was deleted at ${at}, because ${why} (docs/retention.md)`;
}

/** @param anomaly as of `CallRecord.anomalies` */
export function undecodableText(anomaly: string): string {
  const why = anomaly.endsWith('_unsupported')
    ? 'llm-proxy does not know its content-encoding'
    : 'its content-encoding could not be taken off';
  return `nothing of this body is stored: ${why} (${anomaly}). It was passed on as it was`;
}

/** @param id of a call, or how it begins */
export function findPart(database: Database, id: string, side: Side, part: Part): PartAnswer {
  const call = getCall(database, id);
  if (call === null) return 'no_call';
  if (call === 'ambiguous') return 'ambiguous';
  const seq = Number(database.prepare('SELECT seq FROM llm_calls WHERE id = ?').get(call.record.id)?.['seq']);
  const found = partOf(database, seq, side, part);
  if (found !== null) return found;
  const pruned = prunedPart(database, seq, side, part === 'head' ? 'head' : 'body');
  if (pruned !== null) return { pruned };
  const undecodable = call.record.anomalies.find((name) => name.startsWith(`${side}_encoding_`));
  return part === 'head' || undecodable === undefined ? 'not_stored' : { undecodable };
}

function partOf(database: Database, seq: number, side: Side, part: Part): FoundPart | null {
  const head = headOf(database, seq, side);
  if (part === 'head') {
    if (head === null) return null;
    return { bytes: Buffer.from(headText(head)), headers: { 'content-type': 'text/plain; charset=utf-8' } };
  }
  const body = bodyOf(database, seq, side);
  if (body === null) return null;
  if (part === 'events') {
    return { bytes: Buffer.from(JSON.stringify(eventsOf(body))), headers: { 'content-type': 'application/json' } };
  }
  const said = (name: string): string | null =>
    head?.headers.find(([written]) => written.toLowerCase() === name)?.[1] ?? null;
  return { bytes: body.bytes, headers: headersOf(body, said) };
}

/** What a browser might run is shown as text. */
const RUNNABLE = /html|xml|xsl|svg|script|pdf|multipart|shockwave/i;
/** What a header may hold; the rest comes from who knows where. */
const HEADER_VALUE = /^[\t\u0020-\u007e]{1,500}$/;

function headersOf(body: StoredBody, said: (name: string) => string | null): Record<string, string> {
  const type = said('content-type');
  const coding = said('content-encoding');
  const isSafe = type !== null && HEADER_VALUE.test(type) && !RUNNABLE.test(type);
  const headers: Record<string, string> = {
    'content-type': isSafe ? type : type === null ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    'x-llm-proxy-masked': String(body.masked),
    'x-llm-proxy-truncated': String(body.truncated),
  };
  if (coding !== null && HEADER_VALUE.test(coding)) headers['x-llm-proxy-content-encoding'] = coding;
  if (!body.truncated) headers['x-llm-proxy-sha256'] = body.sha;
  return headers;
}

interface BodyEvent {
  /** Milliseconds after the request's first byte. */
  offset_ms: number;
  /** Where in the body it begins, and how long it is. */
  start: number;
  bytes: number;
}

/** The chunks of a streamed answer; none of one that did not stream. */
function eventsOf({ arrivals, bytes }: StoredBody): BodyEvent[] {
  return (arrivals ?? []).map(({ offset, at }, index, all) => ({
    offset_ms: at,
    start: offset,
    bytes: (all[index + 1]?.offset ?? bytes.length) - offset,
  }));
}
