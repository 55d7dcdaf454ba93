/** Writes protobuf messages and gRPC frames for cases of our own. */
import { gzipSync } from 'node:zlib';

/** A field: its number, and an integer, a text, a message (as bytes), or a double. */
export type Field = readonly [number: number, value: number | bigint | string | Uint8Array | { double: number }];

export function encodeMessage(...fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(encodeField));
}

function encodeField([number, value]: Field): Buffer {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt.asUintN(64, BigInt(value)))]);
  }
  if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value.double);
  return Buffer.concat([varint((BigInt(number) << 3n) | 1n), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) {
      bytes.push(Number(rest));
      return Buffer.from(bytes);
    }
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** A length-prefixed message. */
export function grpcFrame(message: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export function grpcGzipFrame(message: Uint8Array): Buffer {
  return grpcFrame(gzipSync(message), 1);
}
