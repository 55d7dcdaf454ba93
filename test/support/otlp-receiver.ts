/** A receiver of OTLP traces that takes nothing which the specification or a strict receiver would not. */
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttp2, type Http2Server, type IncomingHttpHeaders } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { OtlpSpan, OtlpTraces } from '../../src/interchange/otlp.ts';
import { encodeMessage } from './protobuf.ts';

/** From opentelemetry-proto 1.x, what of it is used: numbers and types are those of the published files. */
const PROTO = `syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; Status status = 15; fixed32 flags = 16;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value {
  string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5;
} }
message ArrayValue { repeated AnyValue values = 1; }`;

interface Schema {
  lookupType(name: string): {
    decode(bytes: Uint8Array): unknown;
    toObject(message: unknown, options: object): unknown;
  };
}

let schema: Schema | null = null;

/** By a library of its own: it comes with the SDK of Gemini. */
function schemaOf(): Schema {
  const load = createRequire(import.meta.resolve('@google/genai'));
  const { parse } = load('protobufjs') as { parse: (text: string) => { root: Schema } };
  schema ??= parse(PROTO).root;
  return schema;
}

/** `ExportTraceServiceRequest` as OTLP/JSON has it. */
export function decodedTraces(bytes: Uint8Array): OtlpTraces {
  const type = schemaOf().lookupType('ExportTraceServiceRequest');
  const plain = type.toObject(type.decode(bytes), { longs: String, arrays: false });
  return JSON.parse(JSON.stringify(plain, (_, value: unknown) => hexOf(value))) as OtlpTraces;
}

function hexOf(value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer ? Buffer.from((value as unknown as { data: number[] }).data).toString('hex') : value;
}

export function spansIn(traces: OtlpTraces): OtlpSpan[] {
  return traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

export function attributeIn({ attributes }: OtlpSpan, key: string): unknown {
  return Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];
}

const SPAN_KEYS = [
  'traceId',
  'spanId',
  'parentSpanId',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'droppedAttributesCount',
  'status',
];

/** Empty = a receiver would take it. */
export function faultsOf(traces: OtlpTraces): string[] {
  const spans = spansIn(traces);
  const names = traces.resourceSpans.flatMap(({ resource }) => resource.attributes.map(({ key }) => key));
  return [
    ...(spans.length === 0 ? ['an empty envelope'] : []),
    ...(names.includes('service.name') ? [] : ['no service.name']),
    ...spans.flatMap(faultsOfSpan),
  ];
}

function faultsOfSpan(span: OtlpSpan): string[] {
  const { traceId, spanId, parentSpanId, attributes, startTimeUnixNano: start, endTimeUnixNano: end } = span;
  const keys = attributes.map(({ key }) => key);
  const rules: [boolean, string][] = [
    [/^(?!0+$)[0-9a-f]{32}$/.test(traceId), 'trace id'],
    [/^(?!0+$)[0-9a-f]{16}$/.test(spanId), 'span id'],
    [parentSpanId === undefined || /^(?!0+$)[0-9a-f]{16}$/.test(parentSpanId), 'parent'],
    [span.kind === 3, 'kind'],
    [/^\d{19}$/.test(start) && /^\d{19}$/.test(end) && BigInt(end) >= BigInt(start), 'times'],
    [Object.keys(span).every((key) => SPAN_KEYS.includes(key)), 'unknown members'],
    [new Set(keys).size === keys.length, `keys twice: ${keys.find((key, at) => keys.indexOf(key) !== at)}`],
    [keys.length <= 1024, 'too many attributes'],
    [attributes.every(({ value }) => isValue(value)), 'a value'],
    [!/\p{Surrogate}/u.test(JSON.stringify(span)) && !/\\ud[89a-f]/.test(JSON.stringify(span)), 'half a character'],
  ];
  return rules.filter(([isKept]) => !isKept).map(([, rule]) => rule);
}

function isValue(value: object): boolean {
  const [[name, held], ...more] = Object.entries(value) as [[string, unknown], ...unknown[]];
  if (more.length > 0) return false;
  switch (name) {
    case 'stringValue':
      return typeof held === 'string';
    case 'boolValue':
      return typeof held === 'boolean';
    case 'doubleValue':
      return typeof held === 'number';
    case 'intValue':
      return typeof held === 'string' && /^-?\d{1,19}$/.test(held);
    default:
      return name === 'arrayValue' && (held as { values: object[] }).values.every(isValue);
  }
}

export interface Received {
  headers: IncomingHttpHeaders;
  traces: OtlpTraces;
  /** As they came, less their compression. */
  bytes: Buffer;
}

/** What is said instead of "taken". */
export interface HttpReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Receiver<Reply> {
  url: string;
  received: Received[];
  /** In turn; when there are none left, all is taken. */
  replies: Reply[];
  close(): Promise<void>;
}

/** @param maxBytes of a request, less its compression */
export async function httpReceiver(maxBytes = 4 * 1024 * 1024): Promise<Receiver<HttpReply>> {
  const received: Received[] = [];
  const replies: HttpReply[] = [];
  const server = createHttp((request, response) => {
    void bytesOf(request).then((body) => {
      const { status, headers, body: said } = replies.shift() ?? judged(request, body, maxBytes, received);
      response.writeHead(status, headers).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    replies,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function judged(request: IncomingMessage, body: Buffer, maxBytes: number, received: Received[]): HttpReply {
  const { headers, method, url } = request;
  const coding = headers['content-encoding'];
  const type = headers['content-type'];
  if (method !== 'POST' || url !== '/v1/traces') return { status: 404 };
  if (type !== 'application/x-protobuf' && type !== 'application/json') return { status: 415 };
  if (coding !== undefined && coding !== 'gzip') return { status: 415 };
  const bytes = coding === 'gzip' ? gunzipSync(body) : body;
  if (bytes.length > maxBytes) return { status: 413 };
  const isJson = type === 'application/json';
  const traces = isJson ? (JSON.parse(bytes.toString()) as OtlpTraces) : decodedTraces(bytes);
  const faults = faultsOf(traces);
  if (faults.length > 0) return { status: 400, body: encodeMessage([2, faults.join(', ')]) };
  received.push({ headers, traces, bytes });
  return { status: 200, headers: { 'content-type': type }, body: isJson ? '{}' : '' };
}

export interface GrpcReply {
  /** Of HTTP; 200 unless said otherwise. */
  http?: number;
  status?: number;
  message?: string;
  trailers?: Record<string, string>;
  /** A message in front of the status; without it the answer is headers only. */
  body?: Buffer;
  /** Instead of an answer. */
  reset?: number;
  /** Never an answer; called when the request is there. */
  hang?: () => void;
  /** The connection is told to go away behind it. */
  goaway?: true;
}

export async function grpcReceiver(
  maxBytes = 4 * 1024 * 1024,
  open: () => Http2Server = createHttp2,
): Promise<Receiver<GrpcReply> & { sessions: () => number }> {
  const received: Received[] = [];
  const replies: GrpcReply[] = [];
  let sessions = 0;
  const live = new Set<{ destroy(): void }>();
  const server = open();
  server.on('session', (session) => {
    sessions += 1;
    live.add(session);
    session.on('close', () => live.delete(session));
  });
  server.on('stream', (stream, headers) => {
    void bytesOf(stream).then((frame) => {
      const reply = replies.shift() ?? judgedCall(headers, frame, maxBytes, received);
      if (reply.goaway === true) stream.session?.goaway(0);
      if (reply.hang !== undefined) return reply.hang();
      if (reply.reset !== undefined) return stream.close(reply.reset);
      const status = {
        ...(reply.status === undefined ? {} : { 'grpc-status': String(reply.status) }),
        ...(reply.message === undefined ? {} : { 'grpc-message': encodeURIComponent(reply.message) }),
        ...reply.trailers,
      };
      const head = { ':status': reply.http ?? 200, 'content-type': 'application/grpc' };
      if (reply.body === undefined) return stream.respond({ ...head, ...status }, { endStream: true });
      stream.on('wantTrailers', () => stream.sendTrailers(status));
      stream.respond(head, { waitForTrailers: true });
      stream.end(framed(reply.body));
    }, ignored);
    stream.on('error', ignored);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    replies,
    sessions: () => sessions,
    close: async () => {
      for (const session of live) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client that went away is no fault of the receiver. */
function ignored(): void {}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

function judgedCall(headers: IncomingHttpHeaders, frame: Buffer, maxBytes: number, received: Received[]): GrpcReply {
  if (headers[':method'] !== 'POST' || headers[':path'] !== METHOD) return { status: 12 };
  if (headers['content-type'] !== 'application/grpc' || headers['te'] !== 'trailers') return { http: 415 };
  if (!/^\d{1,8}[HMSmun]$/.test(String(headers['grpc-timeout']))) return { status: 13, message: 'timeout' };
  const isPacked = frame[0] === 1;
  if (isPacked !== (headers['grpc-encoding'] === 'gzip')) return { status: 13, message: 'encoding' };
  if (frame.length !== 5 + frame.readUInt32BE(1)) return { status: 13, message: 'length' };
  const bytes = isPacked ? gunzipSync(frame.subarray(5)) : frame.subarray(5);
  if (bytes.length > maxBytes) {
    return { status: 8, message: `grpc: received message larger than max (${bytes.length} vs. ${maxBytes})` };
  }
  const traces = decodedTraces(bytes);
  const faults = faultsOf(traces);
  if (faults.length > 0) return { status: 3, message: faults.join(', ') };
  received.push({ headers, traces, bytes });
  return { status: 0, body: Buffer.alloc(0) };
}
