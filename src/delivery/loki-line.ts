/** An entry as a line that Loki takes: JSON, also where it has to be cut. */
import type { Chunk, SessionEntry } from '../core/session-entries.ts';

/** Bytes. Loki refuses lines of more than 256 KiB (`max_line_size`) with all that it is sent beside them. */
const MAX_LINE = 256 * 1000;
/** For the names of what is put back in, and the notes of what is missing. */
const MARGIN = 200;
/** Bytes of one chunk of a stream that is cut: the others say something, too. */
const MAX_CHUNK = 32 * 1000;
/** Characters of a text that is neither body nor chunk, where these texts alone are too long. */
const MAX_TEXT = 500;

/** Of a body or a stream that is too long, the beginning and the end are kept: parameters, and what is new. */
export function lineOf(entry: SessionEntry, limit: number = MAX_LINE): string {
  const { body, chunks, ...rest } = entry;
  const isLong = typeof body === 'string' && body.length > limit;
  const whole = isLong ? '' : JSON.stringify(entry);
  if (!isLong && Buffer.byteLength(whole) <= limit) return whole;
  const frame: SessionEntry = { ...rest, type: entry.type, _meta: entry._meta, truncated: true };
  const room = limit - jsonBytes(frame) - MARGIN;
  if (room <= 0) return JSON.stringify({ ...frame, headers: undefined }, withoutLong);
  if (Array.isArray(chunks)) return JSON.stringify({ ...frame, chunks: cutChunks(chunks as Chunk[], room) });
  return JSON.stringify({ ...frame, body: typeof body === 'string' ? cutText(body, room) : null });
}

function withoutLong(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}...` : value;
}

function cutChunks(chunks: readonly Chunk[], room: number): Chunk[] {
  const most = Math.min(MAX_CHUNK, room / 2);
  const short = chunks.map((chunk) =>
    jsonBytes(chunk) <= most ? chunk : { ...chunk, raw: cutText(chunk.raw, most - MARGIN) },
  );
  const half = room / 2;
  const first = countUpTo(short, half);
  const last = countUpTo(short.slice(first).reverse(), half);
  const missing = short.length - first - last;
  if (missing === 0) return short;
  // A comment to who reads it as a stream of events.
  const note = { ts: null, delta_ms: null, raw: `: ${missing} lines cut\n` };
  return [...short.slice(0, first), note, ...short.slice(short.length - last)];
}

/** How many of the first ones fit. */
function countUpTo(chunks: readonly Chunk[], room: number): number {
  let used = 0;
  const end = chunks.findIndex((chunk) => {
    used += jsonBytes(chunk) + 1;
    return used > room;
  });
  return end < 0 ? chunks.length : end;
}

/** @param room bytes of it as JSON: never less than it has characters, so that of a huge text only the ends are looked at */
function cutText(text: string, room: number): string {
  if (text.length <= room && jsonBytes(text) <= room) return text;
  for (let kept = Math.min(text.length, Math.floor(room - MARGIN)); kept > 1;) {
    const cut = endsOf(text, kept);
    const size = jsonBytes(cut);
    if (size <= room) return cut;
    kept = Math.floor(kept * Math.min(0.95, (room - MARGIN) / size));
  }
  return '';
}

/** So many characters of its beginning and its end; no pair of surrogates is parted. */
function endsOf(text: string, kept: number): string {
  const half = Math.floor(kept / 2);
  const head = isHigh(text.charCodeAt(half - 1)) ? half - 1 : half;
  const end = text.length - half;
  const tail = isHigh(text.charCodeAt(end - 1)) ? end + 1 : end;
  return `${text.slice(0, head)} ...[${tail - head} characters cut]... ${text.slice(tail)}`;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
