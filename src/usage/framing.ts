/** How the messages of a body are told apart. `opaque`: not ours to read (audio, images, plain text). */
export type Framing = 'document' | 'sse' | 'ndjson' | 'json-array' | 'eventstream' | 'grpc' | 'opaque';

/** Enough non-blank bytes to tell; see {@link detectFraming}. */
export const LEAD_LENGTH = 6;

const SSE_FIELD = /^(?::|data|event|id:|retry)/;
const LINES = /ndjson|jsonl|json-lines|stream\+json|json-seq/;
const BINARY = /^(?:audio|image|video|font)\/|protobuf|grpc|eventstream|zip/;
const EVENT_STREAM = /^application\/vnd\.amazon\.eventstream(?:;|$)/;
/** gRPC-Web as text is base64: not read. */
const GRPC = /^application\/grpc(?:-web)?(?:\+proto)?(?:;|$)/;

/** Framings that the content type alone tells, and whose first byte counts even if it is a blank elsewhere. */
export function binaryFraming(contentType: string): 'eventstream' | 'grpc' | null {
  if (EVENT_STREAM.test(contentType)) return 'eventstream';
  return GRPC.test(contentType) ? 'grpc' : null;
}

/**
 * By the content type and, where they disagree, by the first bytes: event streams come as application/json, JSON as
 * text/plain, and a JSON array under application/json is a stream at Google.
 * @param contentType lower case; empty when there is none.
 * @param lead the first bytes without leading blanks and byte order mark, at least LEAD_LENGTH if the body has them.
 */
export function detectFraming(contentType: string, lead: string): Framing {
  if (BINARY.test(contentType)) return 'opaque';
  const first = lead[0];
  if (first === '[') return 'json-array';
  if (first === '{') return LINES.test(contentType) ? 'ndjson' : 'document';
  if (contentType.startsWith('text/event-stream')) return 'sse';
  return SSE_FIELD.test(lead) && !isProse(contentType, lead) ? 'sse' : 'opaque';
}

/** A transcript as plain text may begin with `data` or `event`; a field name is followed by a colon. */
function isProse(contentType: string, lead: string): boolean {
  return contentType.startsWith('text/') && !/^(?::|data:|event:|id:|retry:)/.test(lead);
}
