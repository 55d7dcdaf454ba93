import { headerValue, parseRequestHead, type RequestHead } from '../core/headers.ts';
import { ByteBuffer } from '../decoders/byte-buffer.ts';
import type { EndpointKind, EndpointMatch } from '../providers/provider.ts';
import { BodyTap } from './body-tap.ts';
import { capturedBody, type MeteredBody, type MeterLimits } from './metered.ts';
import { RequestReader, type RequestFacts } from './request-facts.ts';
import { contentTypeOf, isTextType } from './verdicts.ts';

type FindEndpoint = (method: string, target: string) => EndpointMatch | null;

/** The request of one exchange: what it asks for, and a bounded copy. */
export class RequestSide {
  readonly head: RequestHead;
  readonly match: EndpointMatch | null;
  readonly #tap: BodyTap;
  readonly #kept: ByteBuffer;
  readonly #reader: RequestReader;

  constructor(raw: Uint8Array, limits: MeterLimits, find: FindEndpoint) {
    this.head = parseRequestHead(raw);
    this.match = this.head.method === '' ? null : find(this.head.method, this.head.target);
    const kept = new ByteBuffer(limits.bodyBytes);
    const reader = new RequestReader(contentTypeOf(this.head.headers));
    this.#kept = kept;
    this.#reader = reader;
    this.#tap = new BodyTap({
      encoding: headerValue(this.head.headers, 'content-encoding'),
      incremental: false,
      maxOutput: limits.decodedBytes,
      onBytes: (bytes) => {
        kept.push(bytes);
        reader.push(bytes);
      },
    });
  }

  /** Only a POST is taken for a call when nothing knows the path. */
  get kind(): EndpointKind {
    if (this.match !== null) return this.match.endpoint.kind ?? 'inference';
    return this.head.method === 'POST' ? 'inference' : 'control';
  }

  push(chunk: Uint8Array): void {
    this.#tap.push(chunk, 0);
  }

  gap(bytes: number): void {
    this.#tap.gap(bytes);
    this.#kept.markTruncated();
  }

  end(): void | Promise<void> {
    return this.#tap.end();
  }

  /** To be asked after the end. */
  facts(): RequestFacts {
    const { model, stream } = this.#reader.facts();
    return { model: model ?? this.match?.model ?? null, stream };
  }

  anomalies(): string[] {
    return this.#tap.problem === null ? [] : [`request_encoding_${this.#tap.problem}`];
  }

  capture(): MeteredBody {
    const isText = isTextType(contentTypeOf(this.head.headers)) || startsAsJson(this.#kept.view());
    return capturedBody(this.#kept, this.#tap, isText);
  }
}

function startsAsJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x5b;
}
