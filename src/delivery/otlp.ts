/** Spans to an OpenTelemetry collector, or whoever else speaks OTLP: Phoenix, Langfuse, Tempo, SigNoz, Honeycomb. */
import type { StoredExchange } from '../core/transfer.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import { resourceOf } from '../interchange/otlp.ts';
import { addressOf } from './address.ts';
import { DeliveryError, type Destination, type Receipt, TAKEN } from './destination.ts';
import { GrpcSender } from './grpc.ts';
import { HttpSender, wordsOf } from './http.ts';
import { otlpVerdict, partialSuccessOf, statusOf } from './otlp-answers.ts';
import {
  bareSpan,
  encodedCall,
  type EncodedCall,
  JSON_CODING,
  MAX_REQUEST,
  type OtlpCoding,
  PROTOBUF,
} from './otlp-spans.ts';

export interface OtlpOptions {
  /** `http://host:4318`, of `grpc` `http://host:4317`. */
  url: string;
  protocol: 'http/protobuf' | 'http/json' | 'grpc';
  headers: Record<string, string>;
  /** Spans hold what was said as well. */
  bodies: boolean;
  serviceName: string;
  gzip: boolean;
}

export interface OtlpDeps {
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  version: string;
  /** `user@host`. */
  machine: string;
  /** To read conversations by. */
  directory: MeterDirectory;
}

/** Calls of one batch, with and without what was said. */
const BATCH = { talking: 32, bare: 256 } as const;
/** Bytes about a span: its tag and length, or a comma. */
const AROUND = 8;
const PATH = '/v1/traces';
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** @throws TypeError when the address is no URL */
export function createOtlp(options: OtlpOptions, deps: OtlpDeps): Destination {
  const coding = options.protocol === 'http/json' ? JSON_CODING : PROTOBUF;
  const line = openLine(options, deps, coding);
  const exporter = new OtlpExporter(options, deps, coding, line);
  return {
    name: 'otlp',
    address: line.address,
    wantsBodies: options.bodies,
    batchSize: options.bodies ? BATCH.talking : BATCH.bare,
    send: (calls, signal) => exporter.send(calls, signal),
    close: () => line.close(),
  };
}

/** What takes a request and gives the answer to it. */
interface Line {
  address: string;
  ask(request: Buffer, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

function openLine({ url, protocol, gzip, headers }: OtlpOptions, { ca, version }: OtlpDeps, coding: OtlpCoding): Line {
  const address = addressOf(url, protocol === 'grpc' ? null : PATH);
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const sent = { 'user-agent': `llm-proxy/${version}`, ...address.headers, ...Object.fromEntries(given) };
  if (protocol === 'grpc') {
    const sender = new GrpcSender({ url: address.url, headers: sent, gzip, ca });
    return {
      address: address.shown,
      ask: (request, signal) => sender.call(METHOD, request, signal),
      close: () => sender.close(),
    };
  }
  const sender = new HttpSender({
    url: address.url,
    headers: sent,
    gzip,
    ca,
    verdictOf: otlpVerdict,
    messageOf: (body) => statusOf(body).message ?? String(body),
  });
  return {
    address: address.shown,
    ask: async (request, signal) => (await sender.post(request, coding.contentType, signal)).body,
    close: () => sender.close(),
  };
}

class OtlpExporter {
  readonly #resource: ReturnType<typeof resourceOf>;
  readonly #directory: MeterDirectory | null;
  readonly #coding: OtlpCoding;
  readonly #line: Line;

  constructor({ bodies, serviceName }: OtlpOptions, deps: OtlpDeps, coding: OtlpCoding, line: Line) {
    this.#resource = resourceOf(serviceName, deps.version, deps.machine);
    this.#directory = bodies ? deps.directory : null;
    this.#coding = coding;
    this.#line = line;
  }

  async send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt> {
    if (calls.length === 0) return TAKEN;
    const receipts: Receipt[] = [];
    let request: EncodedCall[] = [];
    let size = 0;
    // One request in memory, not all of a batch.
    for (const call of calls) {
      const encoded = await encodedCall(call, this.#coding, this.#directory);
      const length = encoded.span.length + AROUND;
      if (size + length > MAX_REQUEST && request.length > 0) {
        receipts.push(await this.#request(request, signal));
        request = [];
        size = 0;
      }
      request.push(encoded);
      size += length;
    }
    receipts.push(await this.#request(request, signal));
    const refused = receipts.reduce((sum, receipt) => sum + receipt.refused, 0);
    return { refused, reason: receipts.find(({ reason }) => reason !== null)?.reason ?? null };
  }

  async #request(calls: readonly EncodedCall[], signal: AbortSignal): Promise<Receipt> {
    try {
      return await this.#ask(
        calls.map(({ span }) => span),
        signal,
      );
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.verdict !== 'too_large') throw error;
      return this.#smaller(calls, error, signal);
    }
  }

  /** Halves, here and not by whoever called: what other requests of the batch held is not sent again. */
  async #smaller(calls: readonly EncodedCall[], error: DeliveryError, signal: AbortSignal): Promise<Receipt> {
    const [only] = calls;
    if (only === undefined) throw error;
    if (calls.length === 1) {
      if (this.#directory === null) throw error;
      // Its numbers arrive all the same.
      return this.#ask([bareSpan(only.exchange, this.#coding, true)], signal);
    }
    const middle = calls.length >> 1;
    const first = await this.#request(calls.slice(0, middle), signal);
    const rest = await this.#request(calls.slice(middle), signal);
    return { refused: first.refused + rest.refused, reason: first.reason ?? rest.reason };
  }

  async #ask(spans: readonly Buffer[], signal: AbortSignal): Promise<Receipt> {
    const answer = await this.#line.ask(this.#coding.request(this.#resource, spans), signal);
    const { rejected, message } = partialSuccessOf(answer);
    // With nothing rejected the message is advice.
    if (rejected === 0) return { refused: 0, reason: null };
    return { refused: Math.min(rejected, spans.length), reason: wordsOf(message) || 'no reason given' };
  }
}
