import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Usage } from '../../src/core/usage.ts';

/** Recorded traffic of real providers; it is not part of the repository. `null` when it is not here. */
export const CASSETTES = ((): string | null => {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = process.env['LLM_PROXY_CASSETTES'] ?? resolve(here, '../../../shared/cassettes');
  return existsSync(join(folder, 'INDEX.md')) ? folder : null;
})();

if (CASSETTES === null) console.warn('SKIPPED: no recorded traffic here (LLM_PROXY_CASSETTES names its folder)');

type Body = string | { base64: string } | null | undefined;

export interface Truth {
  rule: string;
  total_input?: number | null;
  total_output?: number | null;
  output_tokens_either?: number[] | null;
  billed_input_tokens?: number | null;
  billed_output_tokens?: number | null;
  model?: string | null;
  model_source?: string | null;
  side_usage?: { type: string; input_tokens?: number; output_tokens?: number }[] | null;
  [name: string]: unknown;
}

export interface Cassette {
  id: string;
  provider: string;
  operation: string;
  streaming: boolean;
  request: { method: string; url: string; headers: Record<string, string>; body: Body };
  response: { status: number; headers: Record<string, string> | null; body: Body };
  truth: Truth | null;
  truth_reason?: string;
  original_content_encoding?: string | null;
  replay_content_type?: string | null;
}

export function loadCassettes(provider: string): Cassette[] {
  if (CASSETTES === null) return [];
  return readFileSync(join(CASSETTES, `${provider}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Cassette);
}

/** A message as it would be on the wire. */
export interface WireMessage {
  head: Buffer;
  /** Framed: with chunk sizes where chunked. */
  body: Buffer;
}

const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'connection',
  'host',
  'keep-alive',
]);

/** @param path overrides the recorded path with query. */
export function wireRequest(cassette: Cassette, path?: string): WireMessage {
  const url = new URL(cassette.request.url);
  const body = bytesOf(cassette.request.body);
  const lines = [
    `${cassette.request.method.toUpperCase()} ${path ?? url.pathname + url.search} HTTP/1.1`,
    `Host: ${url.host}`,
  ];
  lines.push(...headerLines(cassette.request.headers));
  if (body.length > 0 || cassette.request.method !== 'GET') lines.push(`Content-Length: ${body.length}`);
  return { head: headBytes(lines), body };
}

/** The recorded answer with its content coding put back on; chunked (cut at `cut`-sized pieces) when it streamed. */
export function wireResponse(cassette: Cassette, cut: () => number): WireMessage {
  const plain = bytesOf(cassette.response.body);
  const encoded = encode(plain, cassette.original_content_encoding ?? null);
  const headers = { ...cassette.response.headers };
  headers['content-type'] ??= cassette.replay_content_type ?? 'application/json';
  const lines = [`HTTP/1.1 ${cassette.response.status} OK`, ...headerLines(headers)];
  if (encoded.coding !== null) lines.push(`Content-Encoding: ${encoded.coding}`);
  if (cassette.response.status === 204) return { head: headBytes(lines), body: Buffer.alloc(0) };
  if (!cassette.streaming) {
    lines.push(`Content-Length: ${encoded.bytes.length}`);
    return { head: headBytes(lines), body: encoded.bytes };
  }
  lines.push('Transfer-Encoding: chunked');
  return { head: headBytes(lines), body: chunked(encoded.bytes, cut) };
}

function chunked(bytes: Buffer, cut: () => number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + Math.max(1, cut()));
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
    at += piece.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function encode(bytes: Buffer, coding: string | null): { bytes: Buffer; coding: string | null } {
  if (coding === 'gzip') return { bytes: gzipSync(bytes), coding };
  if (coding === 'br') return { bytes: brotliCompressSync(bytes), coding };
  if (coding === 'deflate') return { bytes: deflateSync(bytes), coding };
  return { bytes, coding: null };
}

export function bytesOf(body: Body): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
}

function headerLines(headers: Record<string, string> | null): string[] {
  return Object.entries(headers ?? {})
    .filter(([name]) => !FRAMING.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n\0]/g, ' ')}`);
}

function headBytes(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8');
}

/** Truth -> our names (cassettes/INDEX.md, "Truth and our record"). */
const SAME: readonly (readonly [string, (usage: Usage) => number | null | undefined])[] = [
  ['cache_read_tokens', (usage) => usage.cache_read_tokens],
  ['cache_write_tokens', (usage) => usage.cache_write_tokens],
  ['cache_write_1h_tokens', (usage) => usage.cache_write_1h_tokens],
  ['reasoning_tokens', (usage) => usage.reasoning_tokens],
  ['audio_input_tokens', (usage) => usage.input_audio_tokens],
  ['audio_output_tokens', (usage) => usage.output_audio_tokens],
  ['tool_use_prompt_tokens', (usage) => usage.tool_prompt_tokens],
  ['seconds', (usage) => usage.units.audio_seconds],
  ['pages', (usage) => usage.units.pages],
  ['search_units', (usage) => usage.units.search_units],
  ['read_units', (usage) => usage.units.read_units],
  ['characters', (usage) => usage.units.characters],
];

interface Seen {
  usage: Usage;
  request_model: string | null;
  response_model: string | null;
}

/** What our record says otherwise than the provider did; empty = equal. */
export function truthMismatches(seen: Seen, truth: Truth): string[] {
  const wrong: string[] = [];
  const compare = (name: string, ours: unknown, theirs: unknown): void => {
    if (theirs === undefined || theirs === null) return;
    if ((ours ?? null) !== theirs) wrong.push(`${name}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`);
  };
  const compaction = (truth.side_usage ?? []).filter((side) => side.type === 'compaction');
  const plus = (base: unknown, field: 'input_tokens' | 'output_tokens'): unknown =>
    typeof base === 'number' ? compaction.reduce((sum, side) => sum + (side[field] ?? 0), base) : base;
  compare(
    'input_tokens',
    seen.usage.input_tokens,
    plus(truth.billed_input_tokens ?? truth.total_input, 'input_tokens'),
  );
  const either = truth.output_tokens_either ?? null;
  if (either === null) {
    compare(
      'output_tokens',
      seen.usage.output_tokens,
      plus(truth.billed_output_tokens ?? truth.total_output, 'output_tokens'),
    );
  } else if (!either.includes(seen.usage.output_tokens ?? -1)) {
    wrong.push(`output_tokens: ${seen.usage.output_tokens} instead of one of ${either.join(', ')}`);
  }
  for (const [name, ours] of SAME) compare(name, ours(seen.usage), truth[name]);
  const model = truth.model_source === 'response' ? seen.response_model : (seen.response_model ?? seen.request_model);
  compare('model', model, truth.model);
  return wrong;
}
