/** Writes AWS event streams for cases of our own; its checksum is computed apart from the decoder's. */

export type HeaderValue =
  | { type: 'true' | 'false' }
  | { type: 'byte' | 'short' | 'integer' | 'long' | 'timestamp'; value: number | bigint }
  | { type: 'bytes' | 'uuid'; value: Buffer }
  | string;

export type Headers = Readonly<Record<string, HeaderValue>>;

export function encodeFrame(headers: Headers, payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(head.length + body.length + 16, 0);
  prelude.writeUInt32BE(head.length, 4);
  const unsigned = Buffer.concat([prelude, checksum(prelude), head, body]);
  return Buffer.concat([unsigned, checksum(unsigned)]);
}

/** A frame of an event, as Bedrock sends it. */
export function encodeEvent(event: string, data: unknown): Buffer {
  const headers = { ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' };
  return encodeFrame(headers, JSON.stringify(data));
}

/** A frame of InvokeModelWithResponseStream. */
export function encodeChunk(vendor: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(vendor)).toString('base64');
  return encodeEvent('chunk', { bytes, p: 'abcdefgh' });
}

export function encodeException(type: string, message: string): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return encodeFrame(headers, JSON.stringify({ message }));
}

function encodeHeader(name: string, value: HeaderValue): Buffer {
  return Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name), encodeValue(value)]);
}

function encodeValue(value: HeaderValue): Buffer {
  if (typeof value === 'string') return sized(7, Buffer.from(value));
  switch (value.type) {
    case 'true':
      return Buffer.of(0);
    case 'false':
      return Buffer.of(1);
    case 'byte':
      return integer(2, 1, value.value);
    case 'short':
      return integer(3, 2, value.value);
    case 'integer':
      return integer(4, 4, value.value);
    case 'long':
      return integer(5, 8, value.value);
    case 'bytes':
      return sized(6, value.value);
    case 'timestamp':
      return integer(8, 8, value.value);
    case 'uuid':
      return Buffer.concat([Buffer.of(9), value.value]);
  }
}

function integer(type: number, length: number, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return Buffer.concat([Buffer.of(type), bytes.subarray(8 - length)]);
}

function sized(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type, value.length >> 8, value.length & 0xff), value]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

/** The reflected polynomial of IEEE 802.3, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
