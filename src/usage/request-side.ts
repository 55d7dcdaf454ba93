import { headerValue, parseRequestHead, type HeaderPairs, type RequestHead } from '../core/headers.ts';
import { ByteBuffer } from '../decoders/byte-buffer.ts';
import type { DecodeProblem } from '../decoders/content-encoding.ts';
import type { GrpcMethod } from '../decoders/protobuf.ts';
import { pathOf } from '../providers/path-pattern.ts';
import type { EndpointKind, EndpointMatch } from '../providers/provider.ts';
import { BodyTap } from './body-tap.ts';
import { binaryFraming } from './framing.ts';
import { grpcMethod, GrpcRequestReader } from './grpc-messages.ts';
import { capturedBody, type MeteredBody, type MeterLimits } from './metered.ts';
import { RequestView } from './request-evidence.ts';
import { RequestReader, type RequestFacts } from './request-facts.ts';
import { contentTypeOf, grpcEncodingOf, isTextType } from './verdicts.ts';

type FindEndpoint = (method: string, target: string, headers: HeaderPairs) => EndpointMatch | null;

/** The request of one exchange: what it asks for, and a bounded copy. */
export class RequestSide {
  readonly head: RequestHead;
  readonly match: EndpointMatch | null;
  /** The gRPC method, if it is one that can be read. */
  readonly grpc: GrpcMethod | null;
  /** Lower case. */
  readonly #contentType: string;
  readonly #tap: BodyTap;
  readonly #kept: ByteBuffer;
  readonly #reader: RequestReader;
  readonly #grpcReader: GrpcRequestReader | null;
  /** Content coding removed. */
  #length = 0;
  #hasGap = false;

  constructor(raw: Uint8Array, limits: MeterLimits, find: FindEndpoint) {
    this.head = parseRequestHead(raw);
    this.match = this.head.method === '' ? null : this.#matched(find);
    const contentType = contentTypeOf(this.head.headers);
    this.#contentType = contentType;
    const kept = new ByteBuffer(limits.bodyBytes);
    const reader = new RequestReader(contentType);
    this.grpc = binaryFraming(contentType) === 'grpc' ? grpcMethod(pathOf(this.head.target)) : null;
    const grpc = this.grpc === null ? null : new GrpcRequestReader(this.grpc, grpcEncodingOf(this.head.headers));
    this.#grpcReader = grpc;
    this.#kept = kept;
    this.#reader = reader;
    this.#tap = new BodyTap({
      encoding: headerValue(this.head.headers, 'content-encoding'),
      incremental: false,
      maxOutput: limits.decodedBytes,
      onBytes: (bytes) => {
        kept.push(bytes);
        if (grpc === null) reader.push(bytes);
        else grpc.push(bytes);
        this.#length += bytes.length;
      },
    });
  }

  /** Only a POST is taken for a call when nothing knows the path. */
  get kind(): EndpointKind {
    if (this.match !== null) return this.match.endpoint.kind ?? 'inference';
    return this.head.method === 'POST' ? 'inference' : 'control';
  }

  /** A view of what is kept so far. */
  get kept(): Uint8Array {
    return this.#kept.view();
  }

  push(chunk: Uint8Array): void {
    this.#tap.push(chunk, 0);
  }

  gap(bytes: number): void {
    this.#tap.gap(bytes);
    this.#kept.markTruncated();
    this.#hasGap = true;
  }

  end(): void | Promise<void> {
    return this.#tap.end();
  }

  /** To be asked after the end. */
  facts(): RequestFacts {
    const { model, stream } = this.#reader.facts();
    return { model: model ?? this.#grpcReader?.model ?? this.match?.model ?? null, stream };
  }

  /** What can be asked beside model and stream. To be made after the end. */
  evidence(): RequestView {
    const isWhole = !this.#hasGap && this.#problem === null;
    return new RequestView({
      head: this.head,
      match: this.match,
      contentType: this.#contentType,
      kept: this.#kept.view(),
      length: isWhole ? this.#length : null,
      form: isWhole ? this.#reader.form() : null,
    });
  }

  anomalies(): string[] {
    return this.#problem === null ? [] : [`request_encoding_${this.#problem}`];
  }

  get #problem(): DecodeProblem | 'cut' | null {
    return this.#tap.problem ?? (this.#tap.isCut ? 'cut' : null);
  }

  #matched(find: FindEndpoint): EndpointMatch | null {
    const { method, target, headers } = this.head;
    return (isWebSocket(this.head) ? find('WS', target, headers) : null) ?? find(method, target, headers);
  }

  capture(): MeteredBody {
    const isText = isTextType(this.#contentType) || startsAsJson(this.#kept.view());
    return capturedBody(this.#kept, { wireBytes: this.#tap.wireBytes, problem: this.#problem }, isText);
  }
}

function isWebSocket({ headers }: RequestHead): boolean {
  return headerValue(headers, 'upgrade')?.toLowerCase() === 'websocket';
}

function startsAsJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x5b;
}
