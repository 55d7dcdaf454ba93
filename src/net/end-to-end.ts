/** Raw header lists (name, value, name, value, ...) on their way through the http-engine: order, case and duplicates stay. */
import { signedHeaderNames } from '../wire/head.ts';
import { CONTEXT_HEADERS, type ContextHeaders } from './context-headers.ts';

/** RFC 9110 7.6.1, and whatever was meant for a proxy. `Transfer-Encoding` stays: it tells node:http to keep the framing. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'upgrade']);
/** A client must not take these away from the upstream by naming them in `Connection`. */
const NEVER_NAMED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'expect',
  'trailer',
  'content-type',
]);

export interface EndToEndOptions {
  /** Replaces the value of `Host` (RFC 9112 3.2.2: the request target wins). */
  host?: string;
  /** Keeps `Upgrade`, and `Connection: Upgrade` with it. */
  upgrade?: boolean;
  /** Leaves `Transfer-Encoding` out, e.g. for a client of HTTP/1.0. */
  withoutTransferEncoding?: boolean;
  /** Leaves `Content-Length` out: the body may become shorter. */
  withoutContentLength?: boolean;
}

export function endToEndHeaders(raw: readonly string[], options: EndToEndOptions = {}): string[] {
  const pairs = pairsOf(raw);
  const named = new Set(pairs.filter(([name]) => lower(name) === 'connection').flatMap(([, value]) => tokens(value)));
  const passed = pairs.filter(([name]) => isEndToEnd(lower(name), named, options));
  // Without chunks there are no trailers: `Trailer` promises nothing there, and node:http throws.
  const isChunked = passed.some(([name]) => lower(name) === 'transfer-encoding');
  const kept = passed
    .filter(([name]) => isChunked || lower(name) !== 'trailer')
    .map(([name, value]) => [name, rewritten(lower(name), value, options)]);
  const hasHost = kept.some(([name = '']) => lower(name) === 'host');
  return hasHost || options.host === undefined ? kept.flat() : ['Host', options.host, ...kept.flat()];
}

function rewritten(key: string, value: string, options: EndToEndOptions): string {
  if (key === 'host') return options.host ?? value;
  return key === 'connection' ? 'Upgrade' : value;
}

function isEndToEnd(key: string, named: ReadonlySet<string>, options: EndToEndOptions): boolean {
  if (options.upgrade === true && (key === 'upgrade' || key === 'connection')) return true;
  if (HOP_BY_HOP.has(key) || key.startsWith('proxy-')) return false;
  if (named.has(key) && !NEVER_NAMED.has(key)) return false;
  if (options.withoutContentLength === true && key === 'content-length') return false;
  return !(options.withoutTransferEncoding === true && key === 'transfer-encoding');
}

/** Cuts the context headers, which are meant for us, but for those that a signature covers. */
export function withoutContextHeaders(
  raw: readonly string[],
  context: ContextHeaders = CONTEXT_HEADERS,
  isBaseUrl = false,
): string[] {
  const pairs = pairsOf(raw);
  const isCut = (name: string): boolean => context.isCut(lower(name), isBaseUrl);
  if (!pairs.some(([name]) => isCut(name))) return [...raw];
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`);
  const signed = signedHeaderNames(Buffer.from(lines.join(''), 'latin1'));
  return pairs.filter(([name]) => signed.has(lower(name)) || !isCut(name)).flat();
}

/**
 * Why a request cannot be forwarded beyond doubt, or null. llhttp refuses most of it by itself (both lengths, two
 * lengths, folded lines, bare LF); this is what it lets pass.
 */
export function framingProblem(raw: readonly string[], httpVersion: string): string | null {
  const pairs = pairsOf(raw).map(([name, value]) => [lower(name), value] as const);
  const values = (name: string): string[] => pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  const codings = values('transfer-encoding');
  if (codings.length > 0) {
    if (httpVersion !== '1.1') return 'Transfer-Encoding needs HTTP/1.1';
    if (codings.length > 1 || lower(codings[0] ?? '') !== 'chunked')
      return 'the only Transfer-Encoding that is forwarded is "chunked"';
    if (values('content-length').length > 0) return 'Transfer-Encoding and Content-Length exclude each other';
  }
  if (values('content-length').length > 1) return 'Content-Length is given twice';
  return values('host').length > 1 ? 'Host is given twice' : null;
}

/** First value of a header, or null. */
export function rawValue(raw: readonly string[], name: string): string | null {
  return pairsOf(raw).find(([key]) => lower(key) === name)?.[1] ?? null;
}

export function pairsOf(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}

function tokens(value: string): string[] {
  return value.split(',').map((token) => lower(token).trim());
}

function lower(text: string): string {
  return text.toLowerCase();
}
