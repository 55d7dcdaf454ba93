/** What the fake providers share. They speak the providers' formats well enough for the official SDKs. */
import type { TokenCounts } from '../../core/usage.ts';

/** What was really used, in our normalised words. */
export type TrueUsage = Pick<
  TokenCounts,
  'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'reasoning_tokens'
>;

export interface FakeRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON object; empty for other bodies. */
  body: Readonly<Record<string, unknown>>;
}

export interface FakeReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** One entry = one write of a stream; a JSON answer has one. */
  chunks: readonly string[];
  /** Null = this operation uses nothing (listings, errors, counting). */
  usage: TrueUsage | null;
  /** Response id that the provider gave. */
  id: string | null;
}

export function jsonReply(value: unknown, usage: TrueUsage | null, id: string | null, status = 200): FakeReply {
  return { status, headers: { 'content-type': 'application/json' }, chunks: [JSON.stringify(value)], usage, id };
}

export function sseReply(events: readonly string[], usage: TrueUsage, id: string): FakeReply {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
  return { status: 200, headers, chunks: events, usage, id };
}

/** A number that differs from request to request but is the same for the same one: [from, from + range). */
export function derived(request: FakeRequest, salt: string, from: number, range: number): number {
  let hash = 2166136261;
  for (const char of `${salt}${request.path}${JSON.stringify(request.body)}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return from + (hash % range);
}

/** Text in a few pieces, as models send it. */
export function pieces(text: string): string[] {
  return text.match(/.{1,12}/gsu) ?? [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function listOf(value: unknown): readonly Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}

/** Whether a request wants to be answered in parts. */
export function wantsStream(request: FakeRequest): boolean {
  return request.body['stream'] === true;
}
