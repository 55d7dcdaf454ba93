import { JsonArrayDecoder } from '../../decoders/json-array.ts';
import type { MessageSink } from '../../decoders/message-sink.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const KEY = Buffer.from('entries');

/** Gives the members of `log.entries` one by one: an archive may be larger than memory. Right for any split. */
export class HarEntriesDecoder {
  readonly #array: JsonArrayDecoder;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last string at the depth of the log's members. */
  #key: number[] = [];
  #isKey = false;
  #found = false;

  constructor(sink: MessageSink) {
    this.#array = new JsonArrayDecoder(sink);
  }

  /** The list has begun. */
  get found(): boolean {
    return this.#found;
  }

  /** The list has ended: what is missing behind it is no entry. */
  get closed(): boolean {
    return this.#array.closed;
  }

  push(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length && !this.#found; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.#inString) this.#string(byte);
      else if (this.#structure(byte)) {
        this.#found = true;
        this.#array.push(chunk.subarray(index));
        return;
      }
    }
    if (this.#found) this.#array.push(chunk);
  }

  #string(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    if (this.#inString && this.#key.length <= KEY.length) this.#key.push(byte);
  }

  /** True at the bracket that opens the list. */
  #structure(byte: number): boolean {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        this.#key = [];
        return false;
      case 0x3a: // colon
        this.#isKey = this.#depth === 2 && KEY.equals(Uint8Array.from(this.#key));
        return false;
      case 0x5b: // [
        if (this.#isKey) return true;
        this.#depth += 1;
        return false;
      case 0x7b: // {
        this.#depth += 1;
        this.#isKey = false;
        return false;
      case 0x7d: // }
      case 0x5d: // ]
        this.#depth -= 1;
        return false;
      case 0x2c: // comma
        this.#isKey = false;
        return false;
      default:
        return false;
    }
  }
}
