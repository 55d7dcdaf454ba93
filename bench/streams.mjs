// Exchanges to play through the pure path: recorded ones where there are, and those of test/providers/cases.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ExchangeMeter } from '../dist/usage/meter.js';
import { DEFAULT_LIMITS } from '../dist/usage/metered.js';
import { loadRegistry } from '../dist/providers/registry.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const recordings = process.env.LLM_PROXY_CASSETTES ?? resolve(root, '../shared/cassettes');
const directory = await loadRegistry();
const PER_HOP = new Set(['content-encoding', 'content-length', 'transfer-encoding', 'connection']);

/** `{name, requestHead, requestBody, responseHead, body, host, provider}`; `body` as it was on the wire. */
export function allStreams() {
  return [...recordedStreams(), ...ownStreams(), ...grpcStreams()];
}

function recordedStreams() {
  if (!existsSync(join(recordings, 'INDEX.md'))) return [];
  return readdirSync(recordings)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(recordings, file), 'utf8').split('\n').filter(Boolean))
    .map((line) => {
      const { id, request, response, replay_content_type: type } = JSON.parse(line);
      const url = request.url.replace(/^<\w+>/, 'http://localhost:11434').replaceAll(/<\w+>/g, 'us-east-1');
      const [, host = '', target = '/'] = /^https?:\/\/([^/:?]+)(?::\d+)?(.*)$/s.exec(url) ?? [];
      const headers = { 'content-type': type ?? 'application/json', ...response.headers };
      return stream(
        id,
        host,
        request.method,
        target,
        request.headers,
        bytes(request.body),
        response.status,
        headers,
        bytes(response.body),
      );
    });
}

function ownStreams() {
  const folder = join(root, 'test', 'providers', 'cases');
  return readdirSync(folder).map((file) => {
    const { request, response, host, provider } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const isStream = response.events !== undefined;
    const body = isStream
      ? response.events
          .map(([event, data]) => `${event === null ? '' : `event: ${event}\n`}data: ${text(data)}\n\n`)
          .join('')
      : bytes(typeof response.body === 'object' && response.body?.base64 ? response.body : text(response.body ?? ''));
    const headers = { 'content-type': isStream ? 'text/event-stream' : 'application/json', ...response.headers };
    const at = host ?? directory.get(provider ?? '')?.hosts.find((name) => !name.includes('*')) ?? 'host.example';
    return stream(
      file,
      at,
      request.method ?? 'POST',
      request.target,
      { 'content-type': 'application/json', ...request.headers },
      Buffer.from(text(request.body ?? '')),
      response.status ?? 200,
      headers,
      Buffer.from(body),
      provider,
    );
  });
}

function varint(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

function number(field, value) {
  return Buffer.from([...varint(field * 8), ...varint(value)]);
}

function nested(field, ...parts) {
  const inner = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(inner.length)]), inner]);
}

function framed(message) {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(message.length, 1);
  return Buffer.concat([length, message]);
}

function geminiMessage(words, output, finish) {
  const content = nested(1, nested(1, nested(2, Buffer.from(words))));
  const counts = [number(1, 321), number(2, output), number(3, 321 + output), nested(5, number(1, 1), number(2, 321))];
  return framed(Buffer.concat([nested(1, content, ...(finish ? [number(2, 1)] : [])), nested(3, ...counts)]));
}

/** Gemini over gRPC, of which there are no recordings: length-prefixed messages in protobuf, unary and streamed. */
function grpcStreams() {
  const headers = { 'content-type': 'application/grpc' };
  const at = (name, body) =>
    stream(
      `grpc ${name}`,
      'generativelanguage.googleapis.com',
      'POST',
      `/google.ai.generativelanguage.v1beta.GenerativeService/${name}`,
      headers,
      Buffer.alloc(0),
      200,
      headers,
      body,
    );
  return [
    at('GenerateContent', geminiMessage('It is a quiet day. '.repeat(20), 90, true)),
    at(
      'StreamGenerateContent',
      Buffer.concat([5, 17, 300].map((output, index) => geminiMessage('words ', output, index === 2))),
    ),
  ];
}

function text(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function stream(name, host, method, target, requestHeaders, requestBody, status, responseHeaders, body, provider) {
  const type = String(responseHeaders['content-type'] ?? '');
  return {
    name,
    host,
    provider: provider ?? directory.lookup(host, 443)?.provider ?? null,
    requestHead: head(`${method.toUpperCase()} ${target} HTTP/1.1`, requestHeaders),
    requestBody,
    responseHead: head(`HTTP/1.1 ${status} X`, responseHeaders),
    gzipHead: head(`HTTP/1.1 ${status} X`, { ...responseHeaders, 'Content-Encoding': 'gzip' }),
    body,
    gzipBody: gzipSync(body),
    framing: framingOf(type, body),
  };
}

function framingOf(type, body) {
  if (type.includes('eventstream')) return 'eventstream';
  if (type.includes('grpc')) return 'grpc';
  const text = body.subarray(0, 64).toString('latin1').trimStart();
  if (/ndjson|stream\+json|jsonl/.test(type)) return 'ndjson';
  if (type.startsWith('text/event-stream') || /^(?:data|event|id|:)/.test(text)) return 'sse';
  if (text.startsWith('[')) return 'json-array';
  return text.startsWith('{') ? 'document' : 'other';
}

/** Meters one exchange. @param pieces of the body. */
export function meter(each, pieces, { gzip = false, outcome = 'complete', limits = DEFAULT_LIMITS } = {}) {
  const exchange = new ExchangeMeter({ directory, host: each.host, port: 443, provider: each.provider, limits });
  exchange.requestHead(each.requestHead);
  exchange.requestBody(each.requestBody);
  exchange.responseHead(gzip ? each.gzipHead : each.responseHead, 1);
  for (const piece of pieces) exchange.responseBody(piece, 2);
  return exchange.end(outcome, 3);
}

function head(start, headers) {
  const lines = Object.entries(headers ?? {})
    .filter(([name]) => !PER_HOP.has(name.toLowerCase()) || name === 'Content-Encoding')
    .map(([name, value]) => `${name}: ${String(value).replaceAll(/[\r\n\0]/g, ' ')}\r\n`);
  return Buffer.from(`${start}\r\n${lines.join('')}\r\n`, 'latin1');
}

function bytes(body) {
  if (body === null || body === undefined) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
}

/** Frames of one WebSocket through the meter. @param frames `[side, bytes]` in order */
export function socketMeter(frames, isPacked) {
  const exchange = new ExchangeMeter({
    directory,
    host: 'api.openai.com',
    port: 443,
    provider: 'openai',
    limits: DEFAULT_LIMITS,
  });
  const packed = isPacked ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
  exchange.requestHead(Buffer.from('GET /v1/realtime?model=m HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'));
  exchange.responseHead(Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n${packed}\r\n`), 0);
  const socket = exchange.socket({ onCall: () => {}, mayHold: () => true });
  for (const [side, bytes] of frames) socket.push(side, bytes, 1);
  return socket.end('upgraded', false, 2);
}
