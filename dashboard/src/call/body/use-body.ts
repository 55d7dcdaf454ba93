import { useQuery } from '@tanstack/react-query';
import { get, request } from '../../api/client.ts';

export type Side = 'request' | 'response';

export interface Body {
  bytes: Uint8Array;
  /** UTF-8; `null` = it is none. */
  text: string | null;
  /** Of the whole as it is stored; `bytes` may be its beginning. */
  total: number;
  isWhole: boolean;
  /** Secrets in it are masked. */
  masked: boolean;
  /** Not all of what was on the wire is stored. */
  truncated: boolean;
  /** Content coding that was taken off; `null` = there was none. */
  coding: string | null;
  /** As the message said; `null` = it did not. */
  type: string | null;
}

/** A chunk of an answer that streamed: `GET ...?part=events`. */
export interface Chunk {
  offset_ms: number;
  start: number;
  bytes: number;
}

/** Bytes that are loaded unasked, and of a larger body. */
const AT_ONCE = 4 * 1024 * 1024;
const BEGINNING = 256 * 1024;

export function bodyPath(call: string, side: Side): string {
  return `/api/calls/${encodeURIComponent(call)}/${side}`;
}

/** @param all the whole of it, however large */
export function useBody(call: string, side: Side, all: boolean) {
  return useQuery({
    queryKey: ['body', call, side, all],
    queryFn: ({ signal }) => loadBody(call, side, all ? Infinity : AT_ONCE, signal),
    // What was said does not change; it is large.
    staleTime: Infinity,
    gcTime: 30_000,
  });
}

/** @param isStream others have none */
export function useChunks(call: string, isStream: boolean) {
  return useQuery({
    queryKey: ['chunks', call],
    queryFn: ({ signal }) => get<Chunk[]>(bodyPath(call, 'response'), { part: 'events' }, signal),
    enabled: isStream,
    staleTime: Infinity,
    gcTime: 30_000,
  });
}

/** @throws ApiError */
export async function loadBody(call: string, side: Side, atOnce = Infinity, signal?: AbortSignal): Promise<Body> {
  const answer = await request(bodyPath(call, side), { signal: signal ?? null });
  const total = Number(answer.headers.get('content-length') ?? 0);
  const bytes = total > atOnce ? await beginningOf(answer, BEGINNING) : new Uint8Array(await answer.arrayBuffer());
  const isWhole = total <= atOnce;
  const type = answer.headers.get('content-type');
  return {
    bytes,
    text: textOf(bytes, isWhole),
    total: isWhole ? bytes.length : total,
    isWhole,
    masked: answer.headers.get('x-llm-proxy-masked') === 'true',
    truncated: answer.headers.get('x-llm-proxy-truncated') === 'true',
    coding: answer.headers.get('x-llm-proxy-content-encoding'),
    type,
  };
}

async function beginningOf(answer: Response, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  const reader = answer.body?.getReader();
  if (reader === undefined) return bytes.subarray(0, 0);
  let length = 0;
  while (length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    const part = value.subarray(0, most - length);
    bytes.set(part, length);
    length += part.length;
  }
  await reader.cancel();
  return bytes.subarray(0, length);
}

/** A beginning may end within a character. */
function textOf(bytes: Uint8Array, isWhole: boolean): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isWhole });
    // A text with a NUL in it is none.
    return text.includes('\u0000') ? null : text;
  } catch {
    return null;
  }
}
