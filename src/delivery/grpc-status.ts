/** What the answer of a gRPC call means, by the table of the OTLP specification. */
import type { IncomingHttpHeaders } from 'node:http2';
import { DeliveryError, type Verdict } from './destination.ts';
import { wordsOf } from './http.ts';
import { otlpVerdict, statusOf } from './otlp-answers.ts';

export interface GrpcAnswer {
  headers: IncomingHttpHeaders;
  /** The headers again where the answer was nothing but a status. */
  trailers: IncomingHttpHeaders;
  body: Buffer;
}

const RESOURCE_EXHAUSTED = 8;

const STATUSES: readonly (readonly [name: string, verdict: Verdict])[] = [
  ['OK', 'retry'],
  ['CANCELLED', 'retry'],
  ['UNKNOWN', 'refused'],
  ['INVALID_ARGUMENT', 'refused'],
  ['DEADLINE_EXCEEDED', 'retry'],
  ['NOT_FOUND', 'settings'],
  ['ALREADY_EXISTS', 'refused'],
  ['PERMISSION_DENIED', 'settings'],
  // The specification wants no second try without a word of when; that would lose calls at every full queue.
  ['RESOURCE_EXHAUSTED', 'retry'],
  ['FAILED_PRECONDITION', 'refused'],
  ['ABORTED', 'retry'],
  ['OUT_OF_RANGE', 'retry'],
  ['UNIMPLEMENTED', 'settings'],
  ['INTERNAL', 'refused'],
  ['UNAVAILABLE', 'retry'],
  ['DATA_LOSS', 'retry'],
  ['UNAUTHENTICATED', 'settings'],
];

/** Null = it was taken. */
export function grpcFailure({ headers, trailers }: GrpcAnswer): DeliveryError | null {
  const told = textOf(trailers['grpc-status']);
  if (told === null) return withoutStatus(Number(headers[':status']));
  const code = Number(told);
  if (code === 0) return null;
  const [name, verdict] = STATUSES[code] ?? [`status ${told}`, 'refused'];
  const details = statusOf(Buffer.from(textOf(trailers['grpc-status-details-bin']) ?? '', 'base64'));
  const words = wordsOf(percentDecoded(textOf(trailers['grpc-message']) ?? details.message ?? ''));
  const retryAfterMs = details.retryAfterMs ?? pushback(textOf(trailers['grpc-retry-pushback-ms']));
  const isTooLarge = code === RESOURCE_EXHAUSTED && retryAfterMs === null && TOO_LARGE.test(words);
  return new DeliveryError(isTooLarge ? 'too_large' : verdict, words === '' ? name : `${name}: ${words}`, {
    retryAfterMs,
  });
}

/** grpc-go, grpc-java, grpc (C) and Envoy each have their own words. */
const TOO_LARGE =
  /larger than|too large|exceeds? (?:the )?max|max(?:imum)? (?:message|size|length)|message.{0,20}size/i;

function withoutStatus(status: number): DeliveryError {
  const words = status === 200 ? 'an answer without a status' : `HTTP ${status}`;
  return new DeliveryError(status === 200 ? 'settings' : otlpVerdict(status), `${words}: is it gRPC?`);
}

function textOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Negative: not again; there is no such thing here. */
function pushback(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
