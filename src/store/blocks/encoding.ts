/** Bytes of a block <-> how they are stored. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BlockKind } from '../../core/blocks.ts';

/** `blocks.encoding`. */
export const ENCODING = { raw: 0, deflate: 1, base64: 2 } as const;

export interface Encoded {
  encoding: number;
  data: Uint8Array;
}

/** What is shorter costs more time (8 us, half of all that its storing takes) than room. */
const MIN_DEFLATE = 1024;
/** What a small block needs, zlib sets up in half the time with little memory. */
const SMALL = 4096;
const SMALL_DEFLATE = { level: 6, memLevel: 5, windowBits: 12 };
const LARGE_DEFLATE = { level: 5, memLevel: 8, windowBits: 15 };
/** Of a file: its form compresses already. */
const DECODED: ReadonlySet<BlockKind> = new Set(['image', 'audio', 'document', 'binary']);

export function encodeBlock(bytes: Buffer, kind: BlockKind): Encoded {
  if (DECODED.has(kind)) {
    const file = decodedBase64(bytes);
    if (file !== null) return { encoding: ENCODING.base64, data: file };
  }
  if (bytes.length < MIN_DEFLATE) return { encoding: ENCODING.raw, data: bytes };
  const small = deflateRawSync(bytes, bytes.length <= SMALL ? SMALL_DEFLATE : LARGE_DEFLATE);
  return small.length < bytes.length * 0.95
    ? { encoding: ENCODING.deflate, data: small }
    : { encoding: ENCODING.raw, data: bytes };
}

/** @throws for what no block was stored as */
export function decodeBlock(encoding: number, data: Uint8Array): Uint8Array {
  switch (encoding) {
    case ENCODING.raw:
      return data;
    case ENCODING.deflate:
      return inflateRawSync(data);
    case ENCODING.base64:
      return Buffer.from(Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'), 'latin1');
    default:
      throw new Error(`unknown encoding of a block: ${encoding}`);
  }
}

/** The file, if its base64 is the one that is written for it. */
function decodedBase64(bytes: Buffer): Buffer | null {
  const file = Buffer.from(bytes.toString('latin1'), 'base64');
  return Buffer.from(file.toString('base64'), 'latin1').equals(bytes) ? file : null;
}
