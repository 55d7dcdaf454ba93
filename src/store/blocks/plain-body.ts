/** Bodies that are no JSON document: streams and other texts by lines, the rest by size. */
import type { BlockKind } from '../../core/blocks.ts';
import { hashOf, type Piece } from './pieces.ts';

/** Streams shrink ten times and more: the longer the block, the better. */
const LINES = 32 * 1024;
const SIZE = 64 * 1024;
const FEED = 0x0a;

/** At the first end of a line behind 32 kB, of an event if one ends there; lines of 64 kB are cut anywhere. */
export function cutLines(bytes: Buffer, kind: BlockKind): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = lineEnd(bytes, start + LINES, start + SIZE);
    pieces.push(pieceOf(bytes, start, end, kind));
    start = end;
  }
  return pieces;
}

/** @param from where these bytes begin in the body */
export function cutBySize(bytes: Buffer, kind: BlockKind, from = 0): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < bytes.length; start += SIZE) {
    const piece = bytes.subarray(start, start + SIZE);
    pieces.push({
      start: from + start,
      end: from + start + piece.length,
      kind,
      message: -1,
      isMixed: false,
      hash: hashOf(piece),
    });
  }
  return pieces;
}

/** A form with files: each part's content by itself, so that a file that is sent again is known, whatever the boundary. */
export function cutForm(bytes: Buffer): Piece[] | null {
  const boundary = boundaryOf(bytes);
  if (boundary === null) return null;
  const pieces: Piece[] = [];
  let start = 0;
  for (let at = 0; at >= 0 && at < bytes.length;) {
    const head = bytes.indexOf('\r\n\r\n', at, 'latin1');
    const content = head < 0 ? bytes.length : head + 4;
    const end = bytes.indexOf(boundary, content);
    if (head < 0 || end < 0) break;
    // What is short is not worth a block.
    if (end - content >= PART) {
      pieces.push(...cutBySize(bytes.subarray(start, content), 'glue', start));
      pieces.push(...cutBySize(bytes.subarray(content, end), 'binary', content));
      start = end;
    }
    at = end + boundary.length;
  }
  return [...pieces, ...cutBySize(bytes.subarray(start), 'glue', start)];
}

/** With the line break before it, as it stands behind a part. */
function boundaryOf(bytes: Buffer): Buffer | null {
  if (bytes[0] !== DASH || bytes[1] !== DASH) return null;
  const end = bytes.subarray(0, MAX_BOUNDARY).indexOf('\r\n', 0, 'latin1');
  return end < 4 ? null : Buffer.concat([LINE_BREAK, bytes.subarray(0, end)]);
}

const DASH = 0x2d;
const LINE_BREAK = Buffer.from('\r\n');
/** RFC 2046: 70 characters, dashes before and a line break behind. */
const MAX_BOUNDARY = 76;
const PART = 1024;

function lineEnd(bytes: Buffer, from: number, to: number): number {
  if (from >= bytes.length) return bytes.length;
  const blank = bytes.subarray(from, Math.min(to, bytes.length)).indexOf('\n\n', 0, 'latin1');
  if (blank >= 0) return from + blank + 2;
  const feed = bytes.indexOf(FEED, from);
  return feed < 0 || feed >= to ? Math.min(to, bytes.length) : feed + 1;
}

function pieceOf(bytes: Buffer, start: number, end: number, kind: BlockKind): Piece {
  return { start, end, kind, message: -1, isMixed: false, hash: hashOf(bytes.subarray(start, end)) };
}
