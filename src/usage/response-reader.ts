import { ByteBuffer, TailBuffer } from '../decoders/byte-buffer.ts';
import { isEventStream, PRELUDE } from '../decoders/eventstream.ts';
import { TopLevelScanner } from '../decoders/json-scan.ts';
import type { UsageSource } from '../core/usage.ts';
import { framedReader, type Framed, type GrpcCall } from './framed.ts';
import { binaryFraming, detectFraming, LEAD_LENGTH, type Framing } from './framing.ts';
import type { MeterLimits } from './metered.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { MessageReader } from './message-reader.ts';
import { mayCount } from './wanted-members.ts';
import { TAIL_WINDOW } from './regex.ts';

export interface ResponseReaderOptions {
  /** Lower case; empty when unknown. */
  contentType: string;
  /** JSON lines, whatever the content type says, unless the first line is no whole object. */
  lines: boolean;
  /** A JSON array is a stream of messages, not one document. */
  arrayStreams: boolean;
  /** Null where gRPC is not expected, or its method is not known. */
  grpc: GrpcCall | null;
  limits: MeterLimits;
  /** What is worth knowing of a document that is too large, or too broken, to be parsed. */
  members: ReadonlySet<string>;
}

/** Bytes for the last resort of a stream that is no longer kept. */
const STOPPED_TAIL = 4 * 1024;

/**
 * The body of one response, content coding removed: keeps a bounded copy, finds the messages in it and shows them to
 * the message reader. Never throws for what a body holds.
 */
export class ResponseReader {
  readonly kept: ByteBuffer;
  readonly #limits: MeterLimits;
  readonly #contentType: string;
  readonly #messages: MessageReader | null;
  readonly #lines: boolean;
  readonly #arrayStreams: boolean;
  readonly #grpc: GrpcCall | null;
  readonly #members: ReadonlySet<string>;
  readonly #lead: number[] = [];
  #framing: Framing | null = null;
  #framed: Framed | null = null;
  /** A body inside the frames. */
  #inner: ResponseReader | null = null;
  #scanner: TopLevelScanner | null = null;
  #tail: TailBuffer | null = null;
  #damaged = false;
  #hasGap = false;
  #notPrelude = false;
  #total = 0;

  /** @param messages null when nothing is to be read. */
  constructor(messages: MessageReader | null, options: ResponseReaderOptions) {
    this.#messages = messages;
    this.#limits = options.limits;
    this.#contentType = options.contentType;
    this.#lines = options.lines;
    this.#arrayStreams = options.arrayStreams;
    this.#grpc = options.grpc;
    this.#members = options.members;
    this.kept = new ByteBuffer(options.limits.bodyBytes);
  }

  get framing(): Framing | null {
    return this.#framing;
  }

  /** Messages were lost or unreadable: what is missing may be found by the last resort. */
  get damaged(): boolean {
    return this.#damaged;
  }

  /** Bytes of the body, content coding removed; null when some are missing. */
  get length(): number | null {
    return this.#hasGap ? null : this.#total;
  }

  /** The messages came one by one, not as one document. */
  get streamed(): boolean {
    if (this.#framing === 'json-array') return this.#arrayStreams;
    if (this.#framing === 'grpc') return this.#grpc?.method.streams === true;
    return this.#framing === 'sse' || this.#framing === 'ndjson' || this.#framing === 'eventstream';
  }

  get source(): UsageSource {
    const framing = this.#framing;
    return framing === null || framing === 'document' || framing === 'json-array' || framing === 'opaque'
      ? 'json'
      : framing;
  }

  /** It is text: for people, and to be searched for a usage object when its messages could not be read. */
  get textual(): boolean {
    return this.#framing !== null && !BINARY.has(this.#framing);
  }

  push(chunk: Uint8Array, at: number): void {
    if (chunk.length === 0) return;
    this.#total += chunk.length;
    if (this.#messages !== null) this.#messages.at = at;
    this.#keep(chunk);
    if (this.#framing !== null) this.#framed?.push(chunk);
    else if (!this.#start(chunk)) return;
    this.#scan(chunk);
  }

  /** The framing is not known yet; false while it cannot be told. */
  #start(chunk: Uint8Array): boolean {
    const known = binaryFraming(this.#contentType);
    if (known !== null) {
      this.#begin(known);
      this.#framed?.push(chunk);
      return true;
    }
    const unread = this.#withoutPrelude(chunk);
    const from = unread === null ? -1 : this.#detect(unread);
    if (unread === null || from < 0) return this.#framing !== null;
    // The blanks before the first byte mean nothing to any framing; the lead itself goes in again.
    this.#framed?.push(Uint8Array.from(this.#lead));
    this.#framed?.push(unread.subarray(from));
    return true;
  }

  /**
   * An event stream whose content type was lost is known by its prelude: no text begins with these bytes.
   * Null while they come, and when they were a prelude; else what is to be looked at.
   */
  #withoutPrelude(chunk: Uint8Array): Uint8Array | null {
    const start = this.kept.view();
    if (this.#lead.length > 0 || (start[0] ?? 0xff) > 1 || this.#damaged || this.#notPrelude) return chunk;
    if (start.length < PRELUDE) return null;
    const before = this.#total - chunk.length;
    if (isEventStream(start)) {
      this.#begin('eventstream');
      this.#framed?.push(Uint8Array.from(start.subarray(0, before)));
      this.#framed?.push(chunk);
      return null;
    }
    this.#notPrelude = true;
    return before === 0 ? chunk : Buffer.concat([start.subarray(0, before), chunk]);
  }

  /** Bytes of the body are missing here. */
  gap(): void {
    this.#damaged = true;
    this.#hasGap = true;
    this.kept.markTruncated();
    this.#tail ??= new TailBuffer(TAIL_WINDOW);
    // What a scanner or an array decoder thinks of the structure is wrong from here on.
    if (this.#framed?.gap() === false) this.#framed = null;
    this.#scanner = null;
  }

  /** Keeps no more of a stream; a document must be kept to be read. */
  stopKeeping(): void {
    const needed = this.#framing === null || (this.#framing === 'document' && this.#messages !== null);
    if (needed || this.#tail !== null) return;
    this.kept.markTruncated();
    // A thousand streams are stopped at once: whole windows would hold more than what is saved (measured 64 MB).
    this.#tail = new TailBuffer(STOPPED_TAIL);
  }

  /** @param whole the body came to its proper end. */
  end(whole: boolean): void {
    if (this.#framing === null && this.#lead.length > 0) {
      this.#begin(this.#detected());
      this.#framed?.push(Uint8Array.from(this.#lead));
    }
    this.#framed?.end(whole);
    this.#inner?.end(whole);
    if (this.#framing === 'document') this.#readDocument(whole);
    if (!whole) this.#damaged = true;
  }

  /** The last characters of the body. */
  tail(): string {
    const kept = this.kept.view();
    const end = kept.subarray(Math.max(0, kept.length - TAIL_WINDOW));
    return this.#tail === null ? end.toString('utf8') : Buffer.concat([end, this.#tail.bytes()]).toString('utf8');
  }

  #keep(chunk: Uint8Array): void {
    // After a gap a copy would join what does not belong together.
    if (this.#tail === null) this.kept.push(chunk);
    if (!this.kept.truncated) return;
    this.#tail ??= new TailBuffer(TAIL_WINDOW);
    this.#tail.push(chunk);
  }

  /** Collects the lead; index of the first byte behind it, or -1 while it is not complete. */
  #detect(chunk: Uint8Array): number {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.#lead.length === 0 && (byte <= 0x20 || BYTE_ORDER_MARK.has(byte))) continue;
      this.#lead.push(byte);
      // A brace tells; of what may be lines the next byte tells whether they are.
      const tells = (byte === 0x7b && !this.#lines) || byte === 0x5b;
      if (this.#lead.length < LEAD_LENGTH && !tells) continue;
      this.#begin(this.#detected());
      return index + 1;
    }
    return -1;
  }

  #detected(): Framing {
    const detected = detectFraming(this.#contentType, Buffer.from(this.#lead).toString('latin1'));
    const isOneLine = this.#lead[1] !== 0x0a && this.#lead[1] !== 0x0d;
    return detected === 'document' && this.#lines && isOneLine ? 'ndjson' : detected;
  }

  #begin(detected: Framing): void {
    this.#framing = detected;
    if (this.#messages === null) return;
    this.#framed = framedReader(this.#framing, this.#messages, {
      limits: this.#limits,
      grpc: this.#grpc,
      onDamage: (anomaly) => {
        this.#damaged = true;
        this.#messages?.anomaly(anomaly);
      },
      innerBody: (bytes) => this.#innerBody().push(bytes, this.#messages?.at ?? 0),
    });
  }

  #innerBody(): ResponseReader {
    this.#inner ??= new ResponseReader(this.#messages, {
      contentType: '',
      lines: false,
      arrayStreams: false,
      grpc: null,
      limits: this.#limits,
      members: this.#members,
    });
    return this.#inner;
  }

  /** A document that outgrows its copy is scanned from its beginning, which is still there at that moment. */
  #scan(chunk: Uint8Array): void {
    if (this.#messages === null || this.#framing !== 'document' || this.#damaged) return;
    if (this.#scanner !== null) {
      this.#scanner.push(chunk);
      return;
    }
    if (this.kept.length <= this.#limits.documentBytes && !this.kept.truncated) return;
    this.#scanner = new TopLevelScanner(this.#members);
    const missing = this.#total - this.kept.length;
    this.#scanner.push(this.kept.view());
    if (missing > 0) this.#scanner.push(chunk.subarray(chunk.length - missing));
  }

  #readDocument(whole: boolean): void {
    const messages = this.#messages;
    if (messages === null) return;
    if (this.#scanner === null && !this.kept.truncated) {
      const text = this.kept.view().toString('utf8');
      if (messages.document(text)) return;
      if (whole && this.#readLines(text, messages)) return;
      this.#scanner = new TopLevelScanner(this.#members);
      this.#scanner.push(this.kept.view());
      messages.anomaly(whole ? 'malformed_json' : 'cut_json');
      this.#damaged = true;
    }
    if (this.#scanner === null) return;
    const facts = this.#scanner.result();
    if (Object.keys(facts).length > 0) messages.value(facts);
    if (!Object.keys(facts).some(mayCount)) this.#damaged = true;
  }

  /** JSON lines under a content type that does not say so (batch results as octet-stream, Ollama behind a proxy). */
  #readLines(text: string, messages: MessageReader): boolean {
    const end = text.indexOf('\n');
    if (end < 0 || parseJson(text.slice(0, end)) === undefined) return false;
    this.#framing = 'ndjson';
    for (const line of text.split('\n')) {
      if (line.trim() !== '') messages.message(line);
    }
    return true;
  }
}

const BINARY: ReadonlySet<Framing> = new Set(['eventstream', 'grpc', 'opaque']);
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);
