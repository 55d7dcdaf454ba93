/**
 * Messages of protobuf, written from their end to their front: so the length of what is inside is known when it is to
 * be written in front of it, and nothing is copied once for each message around it. Fields are told last first.
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(4096);
  /** Where what is written begins. */
  #at = this.#bytes.length;

  text(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#reserve(length);
    this.#bytes.write(value, this.#at, length, 'utf8');
    this.#head(field, length);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#head(field, value.length);
  }

  message(field: number, write: () => void): void {
    const before = this.#length;
    write();
    this.#head(field, this.#length - before);
  }

  /** int32, int64, uint32, bool, enum. */
  integer(field: number, value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.#varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
    this.#varint(field * 8 + VARINT);
  }

  fixed64(field: number, value: bigint): void {
    this.#reserve(8);
    this.#bytes.writeBigUInt64LE(value, this.#at);
    this.#varint(field * 8 + FIXED64);
  }

  double(field: number, value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#at);
    this.#varint(field * 8 + FIXED64);
  }

  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#at));
  }

  get #length(): number {
    return this.#bytes.length - this.#at;
  }

  #head(field: number, length: number): void {
    this.#varint(length);
    this.#varint(field * 8 + BYTES);
  }

  #reserve(length: number): void {
    if (this.#at < length) {
      const written = this.#bytes.subarray(this.#at);
      const larger = Buffer.allocUnsafe(2 * this.#bytes.length + length);
      this.#at = larger.length - written.length;
      larger.set(written, this.#at);
      this.#bytes = larger;
    }
    this.#at -= length;
  }

  #varint(value: number): void {
    if (value >= 128) return this.#varint64(BigInt(value));
    this.#reserve(1);
    this.#bytes[this.#at] = value;
  }

  #varint64(value: bigint): void {
    const groups: number[] = [];
    let rest = value;
    for (; rest > 127n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
    groups.push(Number(rest));
    this.#reserve(groups.length);
    this.#bytes.set(groups, this.#at);
  }
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
