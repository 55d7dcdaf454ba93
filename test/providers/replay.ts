/** Plays recorded exchanges through the meter, cut as the network might cut them. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { Outcome } from '../../src/core/capture.ts';
import { DEFAULT_LIMITS, type Metered, type MeterLimits } from '../../src/usage/metered.ts';
import { ExchangeMeter, type MeterDirectory } from '../../src/usage/meter.ts';
import { bytesOf, type Cassette } from '../support/cassettes.ts';

/** The default takes 30 times as long, for the same decoder. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

export function encode(bytes: Buffer, coding: string | null | undefined): Buffer {
  if (coding === 'gzip') return gzipSync(bytes);
  if (coding === 'br') return brotliCompressSync(bytes, BROTLI);
  if (coding === 'deflate') return deflateSync(bytes);
  return bytes;
}

/** Cuts bytes into pieces of the given length, or of random lengths with `seed`. */
export function cut(bytes: Buffer, length: number | { seed: number }): Buffer[] {
  const pieces: Buffer[] = [];
  let state = typeof length === 'number' ? 0 : length.seed;
  for (let start = 0; start < bytes.length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const size = typeof length === 'number' ? length : 1 + (state % (state % 3 === 0 ? 7 : 900));
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}

export interface Play {
  directory: MeterDirectory;
  provider: string | null;
  host?: string;
  port?: number;
  pieces?: Buffer[];
  outcome?: Outcome;
  limits?: Partial<MeterLimits>;
  contentEncoding?: string;
}

export function play(cassette: Cassette, options: Play): Metered | Promise<Metered> {
  const { request, response } = cassette;
  // Some recorders leave holes in host names that URL does not parse.
  const [, host = '', target = ''] = /^(?:https?:\/\/([^/]*))?(.*)$/s.exec(request.url) ?? [];
  const meter = new ExchangeMeter({
    directory: options.directory,
    host: options.host ?? host,
    port: options.port ?? 443,
    provider: options.provider,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  });
  const method = request.method.toUpperCase();
  meter.requestHead(head(`${method} ${target} HTTP/1.1`, request.headers ?? {}, []));
  // Recorders drop content-type of requests now and then; the body is what it is.
  meter.requestBody(bytesOf(request.body));
  const coding = options.contentEncoding ?? cassette.original_content_encoding ?? null;
  const extra: [string, string][] = [];
  if (coding !== null) extra.push(['content-encoding', coding]);
  const headers = { ...response.headers };
  headers['content-type'] ??= cassette.replay_content_type ?? '';
  meter.responseHead(head(`HTTP/1.1 ${response.status} X`, headers, extra), 10);
  const pieces = options.pieces ?? [encode(bytesOf(response.body), coding)];
  for (const piece of pieces) {
    // The relay reuses its buffers: whatever the meter keeps must be a copy.
    const lent = Buffer.from(piece);
    meter.responseBody(lent, 20);
    lent.fill(0x7e);
  }
  return meter.end(options.outcome ?? 'complete', 30);
}

const PER_HOP = new Set(['content-encoding', 'content-length', 'transfer-encoding']);

function head(start: string, headers: Record<string, string>, extra: [string, string][]): Buffer {
  const pairs = [...Object.entries(headers).filter(([name]) => !PER_HOP.has(name)), ...extra];
  return Buffer.from(`${start}\r\n${pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1');
}
