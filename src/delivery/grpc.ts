/**
 * Unary calls of gRPC over HTTP/2, as github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has them: one message
 * there, one message back, and a status behind it. No library: gRPC for Node costs 130 ms at start.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { messageOf } from '../core/errors.ts';
import { DeliveryError } from './destination.ts';
import { type GrpcAnswer, grpcFailure } from './grpc-status.ts';

const TIMEOUT_MS = 30_000;
/** More of an answer is not read. */
const MAX_ANSWER = 64 * 1024;

export interface GrpcOptions {
  /** `http://` = HTTP/2 without TLS, known to be spoken there. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Messages go compressed. */
  gzip: boolean;
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
}

/** One connection, made when it is needed, and anew when the other side has ended it. */
export class GrpcSender {
  readonly #options: GrpcOptions;
  #session: ClientHttp2Session | null = null;

  constructor(options: GrpcOptions) {
    this.#options = options;
  }

  /**
   * @param method `/package.Service/Method`
   * @returns the message of the answer
   * @throws DeliveryError for everything but the status OK
   */
  async call(method: string, message: Uint8Array, signal: AbortSignal): Promise<Buffer> {
    const frame = await framed(message, this.#options.gzip);
    const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let answer: GrpcAnswer;
    try {
      const stream = this.#connected().request(this.#headers(method), { signal: until });
      answer = await answerOf(stream, frame);
    } catch (error) {
      // Whatever it was: the next call begins with a connection of its own.
      this.#drop();
      throw lost(error, until);
    }
    const failure = grpcFailure(answer);
    if (failure !== null) throw failure;
    return unframed(answer.body);
  }

  async close(): Promise<void> {
    this.#drop();
  }

  #drop(): void {
    this.#session?.destroy();
    this.#session = null;
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== null && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { url, ca } = this.#options;
    const session = connect(url, ca === null ? {} : { ca: [...ca] });
    const forget = (): void => {
      if (this.#session === session) this.#session = null;
    };
    // Its streams tell what became of them.
    session.on('error', forget).on('close', forget);
    session.on('goaway', () => {
      forget();
      session.close();
    });
    this.#session = session;
    return session;
  }

  #headers(method: string): OutgoingHttpHeaders {
    const coding = this.#options.gzip ? { 'grpc-encoding': 'gzip' } : {};
    return {
      ...this.#options.headers,
      ':method': 'POST',
      ':path': method,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-timeout': `${TIMEOUT_MS}m`,
      'grpc-accept-encoding': 'identity,gzip',
      ...coding,
    };
  }
}

const compress = promisify(gzip);

/** Five bytes in front: compressed or not, and the length. */
async function framed(message: Uint8Array, gzip: boolean): Promise<Buffer> {
  const packed = gzip ? await compress(message) : message;
  const prefix = Buffer.alloc(5);
  prefix[0] = gzip ? 1 : 0;
  prefix.writeUInt32BE(packed.length, 1);
  return Buffer.concat([prefix, packed]);
}

/** Empty where it is cut or unreadable: the call was taken all the same. */
function unframed(body: Buffer): Buffer {
  if (body.length < 5) return Buffer.alloc(0);
  const message = body.subarray(5, 5 + body.readUInt32BE(1));
  if (body[0] !== 1) return message;
  try {
    return gunzipSync(message, { maxOutputLength: MAX_ANSWER });
  } catch {
    return Buffer.alloc(0);
  }
}

function answerOf(stream: ClientHttp2Stream, frame: Buffer): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let headers: IncomingHttpHeaders | null = null;
    let trailers: IncomingHttpHeaders | null = null;
    stream.on('response', (told) => {
      headers = told;
    });
    stream.on('trailers', (told) => {
      trailers = told;
    });
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece.subarray(0, MAX_ANSWER - size));
      size = Math.min(size + piece.length, MAX_ANSWER);
    });
    let failure: unknown = null;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.on('close', () => {
      // A status that came counts, also where the other side then wanted no more of what was sent.
      const status = (trailers ?? headers)?.['grpc-status'];
      if (headers !== null && (failure === null || status !== undefined)) {
        resolve({ headers, trailers: trailers ?? headers, body: Buffer.concat(pieces) });
      } else reject(failure instanceof Error ? failure : new Error('the connection was closed before the answer'));
    });
    stream.end(frame);
  });
}

function lost(error: unknown, until: AbortSignal): DeliveryError {
  const isLate = until.reason instanceof Error && until.reason.name === 'TimeoutError';
  if (isLate) return new DeliveryError('retry', `no answer within ${TIMEOUT_MS / 1000} s`, { cause: error });
  // What the connection says is told by the stream as its cause.
  const words = messageOf(error instanceof Error ? (error.cause ?? error) : error);
  // HTTP/1.1 was answered, or nothing that anybody knows.
  if (NOT_HTTP2.test(words)) {
    const hint = 'no gRPC is spoken there; OTLP over HTTP (protocol "http/protobuf") has another port, often 4318';
    return new DeliveryError('settings', hint, { cause: error });
  }
  return new DeliveryError('retry', `cannot be reached: ${words}`, { cause: error });
}

const NOT_HTTP2 = /protocol error|bad client magic|http_1_1_required/i;
