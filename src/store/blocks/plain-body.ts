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

export function cutBySize(bytes: Buffer, kind: BlockKind): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < bytes.length; start += SIZE) {
    pieces.push(pieceOf(bytes, start, Math.min(start + SIZE, bytes.length), kind));
  }
  return pieces;
}

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
