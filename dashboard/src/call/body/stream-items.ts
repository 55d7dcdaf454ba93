/** The messages of which a streamed body is made: where each begins and ends, and what it says. */
import type { Chunk } from './use-body.ts';

export type StreamKind = 'sse' | 'ndjson' | 'frames';

/** Bytes of the body. */
export interface Item {
  start: number;
  end: number;
}

export interface ItemText {
  /** Of the event; `null` = it has none. */
  name: string | null;
  data: string;
}

/** By what the message says of itself, else by how it looks; `null` = it is one document. */
export function streamKind(type: string | null, bytes: Uint8Array): StreamKind | null {
  const said = type?.toLowerCase() ?? '';
  if (said.includes('vnd.amazon.eventstream')) return 'frames';
  if (said.includes('event-stream')) return 'sse';
  if (/ndjson|jsonl|json-seq/.test(said)) return 'ndjson';
  const beginning = new TextDecoder().decode(bytes.subarray(0, 200));
  return /^(?:event|data|id|retry|):/.test(beginning) && !said.includes('json') ? 'sse' : null;
}

export function itemsOf(kind: StreamKind, bytes: Uint8Array): Item[] {
  if (kind === 'frames') return framesOf(bytes);
  return kind === 'sse' ? eventsOf(bytes) : linesOf(bytes);
}

const LF = 0x0a;
const CR = 0x0d;

/** Events end with an empty line; what is left at the end of a cut stream is one, too. */
function eventsOf(bytes: Uint8Array): Item[] {
  const items: Item[] = [];
  let start = 0;
  let line = 0;
  while (line < bytes.length) {
    const end = lineEnd(bytes, line);
    const next = behindLine(bytes, end);
    if (end === line) {
      if (end > start) items.push({ start, end: next });
      start = next;
    }
    line = next;
  }
  if (start < bytes.length) items.push({ start, end: bytes.length });
  return items;
}

function linesOf(bytes: Uint8Array): Item[] {
  const items: Item[] = [];
  for (let line = 0; line < bytes.length;) {
    const end = lineEnd(bytes, line);
    if (end > line) items.push({ start: line, end });
    line = behindLine(bytes, end);
  }
  return items;
}

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] === LF || bytes[at] === CR) return at;
  return bytes.length;
}

function behindLine(bytes: Uint8Array, end: number): number {
  return end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
}

/** Lengths of a frame of an AWS event stream, in bytes: prelude with its checksum, and the checksum at the end. */
const PRELUDE = 12;
const CHECKSUM = 4;

function framesOf(bytes: Uint8Array): Item[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Item[] = [];
  let start = 0;
  while (start + PRELUDE <= bytes.length) {
    const length = view.getUint32(start);
    if (length < PRELUDE + CHECKSUM || start + length > bytes.length) break;
    items.push({ start, end: start + length });
    start += length;
  }
  if (start < bytes.length) items.push({ start, end: bytes.length });
  return items;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function itemText(kind: StreamKind, bytes: Uint8Array, { start, end }: Item): ItemText {
  const own = bytes.subarray(start, end);
  if (kind === 'ndjson') return { name: null, data: decode(own) };
  return kind === 'sse' ? eventText(decode(own)) : frameText(own);
}

function eventText(text: string): ItemText {
  const fields = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .map((line) => ({ line, match: /^(data|event):? ?(.*)$/.exec(line) }));
  const named = fields.findLast(({ match }) => match?.[1] === 'event');
  const data = fields.filter(({ match }) => match?.[1] === 'data');
  if (data.length > 0) return { name: named?.match?.[2] ?? null, data: data.map(({ match }) => match?.[2]).join('\n') };
  const isComment = text.startsWith(':');
  const rest = fields.filter(({ match }) => match === null).map(({ line }) => line);
  return { name: named?.match?.[2] ?? (isComment ? 'comment' : null), data: rest.join('\n') };
}

function frameText(bytes: Uint8Array): ItemText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PRELUDE + CHECKSUM || view.getUint32(0) !== bytes.length) {
    return { name: 'cut', data: `${bytes.length} bytes of a frame that did not come whole` };
  }
  const behind = PRELUDE + view.getUint32(4);
  const payload = decode(bytes.subarray(behind, bytes.length - CHECKSUM));
  return { name: frameName(bytes.subarray(PRELUDE, behind)), data: innerOf(payload) };
}

/** Headers of a frame are a length of a name, the name, a type (7 = text), a length and the value. */
function frameName(headers: Uint8Array): string | null {
  const text = new TextDecoder('latin1').decode(headers);
  const at = Math.max(text.indexOf(':event-type'), text.indexOf(':exception-type'));
  if (at < 1) return null;
  const name = at + (headers[at - 1] ?? 0);
  if (headers[name] !== 7) return null;
  const length = ((headers[name + 1] ?? 0) << 8) | (headers[name + 2] ?? 0);
  return text.slice(name + 3, name + 3 + length);
}

/** `{"bytes": "base64 of the event"}`: what the model's own API would have said stands in it. */
function innerOf(payload: string): string {
  const packed = /^\{"bytes":"([A-Za-z0-9+/=]+)"/.exec(payload)?.[1];
  if (packed === undefined) return payload;
  try {
    return decode(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)));
  } catch {
    return payload;
  }
}

/** When each came: with the chunk that brought its last byte. Milliseconds after the request began; `null` = not known. */
export function timesOf(items: readonly Item[], chunks: readonly Chunk[]): (number | null)[] {
  let chunk = 0;
  return items.map(({ end }) => {
    while (chunk < chunks.length && (chunks[chunk]?.start ?? 0) + (chunks[chunk]?.bytes ?? 0) < end) chunk += 1;
    return chunks[Math.min(chunk, chunks.length - 1)]?.offset_ms ?? null;
  });
}
