/** What a TLS ClientHello says, as far as policy needs it. */
export interface ClientHello {
  /** As sent, not normalised; null when absent. */
  serverName: string | null;
  /** In the client's order; null when the extension is absent. */
  alpn: readonly string[] | null;
}

export type ClientHelloResult =
  /** Give it the same bytes again with more behind them. */
  | { state: 'incomplete' }
  /** Not a ClientHello, or one that is malformed or longer than `MAX_HELLO_BYTES`. */
  | { state: 'not-tls'; reason: string }
  | { state: 'hello'; hello: ClientHello };

/** Real hellos are 200 to 2,000 bytes, with post-quantum key shares and ECH; more than this is an attack. */
export const MAX_HELLO_BYTES = 64 * 1024;

const RECORD_HANDSHAKE = 0x16;
const MAX_RECORD_BYTES = 16_384;
const CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ALPN = 16;
const NAME_TYPE_HOST = 0;

/**
 * Reads the first bytes of a connection without consuming them. Stateless: call again with all bytes so far.
 * The hello may be cut over reads (Node 22's is 1,586 bytes) and over TLS records.
 */
export function parseClientHello(bytes: Uint8Array): ClientHelloResult {
  try {
    const handshake = joinRecords(bytes);
    return handshake === null ? { state: 'incomplete' } : { state: 'hello', hello: readHello(new Reader(handshake)) };
  } catch (error) {
    if (error instanceof Malformed) return { state: 'not-tls', reason: error.message };
    throw error;
  }
}

class Malformed extends Error {}

/** The body of the ClientHello message with the record layer taken off; null = more bytes needed. */
function joinRecords(bytes: Uint8Array): Uint8Array | null {
  const fragments: Uint8Array[] = [];
  let have = 0;
  let need = 4;
  for (let offset = 0; ;) {
    const record = readRecord(bytes, offset);
    if (record === null) return null;
    fragments.push(record);
    have += record.length;
    offset += 5 + record.length;
    if (have < need) continue;
    const joined = fragments.length === 1 ? record : Buffer.concat(fragments);
    if (joined[0] !== CLIENT_HELLO) throw new Malformed('not a ClientHello');
    need = 4 + uint24(joined, 1);
    if (need > MAX_HELLO_BYTES) throw new Malformed('ClientHello too long');
    if (have >= need) return joined.subarray(4, need);
  }
}

/** One record's payload; null = more bytes needed. */
function readRecord(bytes: Uint8Array, offset: number): Uint8Array | null {
  checkStart(bytes, offset);
  if (bytes.length < offset + 5) return null;
  const length = uint16(bytes, offset + 3);
  if (length === 0 || length > MAX_RECORD_BYTES) throw new Malformed('bad TLS record length');
  return bytes.length < offset + 5 + length ? null : bytes.subarray(offset + 5, offset + 5 + length);
}

/** Judges what is there even when it is not whole, so that other protocols are told at their first byte. */
function checkStart(bytes: Uint8Array, offset: number): void {
  if (offset > MAX_HELLO_BYTES) throw new Malformed('ClientHello too long');
  const expect = (at: number, byte: number, what: string): void => {
    if (bytes.length > at && bytes[at] !== byte) throw new Malformed(what);
  };
  expect(offset, RECORD_HANDSHAKE, 'not a TLS handshake record');
  expect(offset + 1, 3, 'not a TLS version');
  if (offset === 0) expect(5, CLIENT_HELLO, 'not a ClientHello');
}

function readHello(reader: Reader): ClientHello {
  reader.skip(2 + 32); // legacy_version, random
  reader.skip(reader.uint8()); // session id
  reader.skip(reader.uint16()); // cipher suites
  reader.skip(reader.uint8()); // compression methods
  const hello: { serverName: string | null; alpn: string[] | null } = { serverName: null, alpn: null };
  if (reader.left === 0) return hello; // TLS 1.0 without extensions
  const extensions = new Reader(reader.take(reader.uint16()));
  while (extensions.left > 0) {
    const type = extensions.uint16();
    const data = new Reader(extensions.take(extensions.uint16()));
    if (type === EXTENSION_SERVER_NAME) hello.serverName = readServerName(data);
    if (type === EXTENSION_ALPN) hello.alpn = readProtocols(data);
  }
  return hello;
}

function readServerName(data: Reader): string | null {
  const list = new Reader(data.take(data.uint16()));
  while (list.left > 0) {
    const type = list.uint8();
    const name = list.take(list.uint16());
    if (type === NAME_TYPE_HOST) return latin1(name);
  }
  return null;
}

function readProtocols(data: Reader): string[] {
  const list = new Reader(data.take(data.uint16()));
  const protocols: string[] = [];
  while (list.left > 0) protocols.push(latin1(list.take(list.uint8())));
  return protocols;
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new Malformed('ClientHello cut inside a field');
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  skip(length: number): void {
    this.take(length);
  }

  uint8(): number {
    return this.take(1)[0] ?? 0;
  }

  uint16(): number {
    return uint16(this.take(2), 0);
  }
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function uint24(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 16) | uint16(bytes, offset + 1);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
