/** One call as entries of a session log, in the schema of docs/session-log.md. Pure: capture -> entries, or lines of JSON. */
import type { Arrival, CallRecord, Capture, CapturedBody, CapturedMessage } from './capture.ts';
import { headerValue } from './headers.ts';

export interface SessionPlace {
  /** `_meta.session`. */
  session: string;
  /** `_meta.machine`: `user@host`. */
  machine: string;
}

/** One frame of a binary stream, as text for people. Secrets masked. */
export interface FrameText {
  /** JSON. */
  text: string;
  /** Bytes of the body up to its end. */
  end: number;
}

/** What of a capture an entry tells. */
export interface LoggedCall extends Pick<Capture, 'record' | 'request' | 'response'> {
  /** `response`: the bytes of a binary stream, for its frames. */
  readonly parts: {
    readonly response: { readonly bytes: Uint8Array } | null;
    readonly arrivals: readonly Arrival[] | null;
  };
}

/** One line of a session log. */
export interface SessionEntry {
  readonly type: string;
  readonly _meta: EntryMeta;
  readonly [field: string]: unknown;
}

export interface EntryMeta {
  /** RFC 3339 in UTC, with milliseconds. */
  readonly ts: string;
  readonly machine: string;
  readonly host: string;
  readonly session: string;
  /** Id of the call: in what one call has of its own. */
  readonly request_id?: string;
}

/** One line of a stream, with its line feed, and when it came. */
export interface Chunk {
  ts: string | null;
  delta_ms: number | null;
  raw: string;
}

/** Calls without a session stand alone: a session of one call, named by its time and its id. */
export function sessionNameOf(session: string | null, startedAt: string, id: string): string {
  if (session !== null) return session;
  const time = startedAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${time}-${id.replace(/^call_/, '')}`;
}

/** Operations that are turns of a conversation; embeddings, images, files ... are in no session log. */
const CONVERSATIONS: ReadonlySet<string> = new Set([
  'chat',
  'text_completion',
  'responses',
  'responses_compact',
  'message',
  'conversation',
  'assistant_run',
  'agent_run',
  'invoke_agent',
  'generate_content',
  'generate',
  'generation',
  'interactions',
  'invoke_model',
  'inference',
  'code_assist',
  'realtime',
  'voice_agent',
]);

export function isConversation({
  inference,
  operation,
  session_id: session,
  path,
  leg,
}: Pick<CallRecord, 'inference' | 'operation' | 'session_id' | 'path' | 'leg'>): boolean {
  // What the client never saw is no part of what was said.
  if (leg === 'shadow') return false;
  if (inference) return operation === null ? session !== null : CONVERSATIONS.has(operation);
  // Assistants: what is said to a thread is no call of a model, but the run behind it answers that.
  return operation === 'threads' && THREAD_MESSAGES.test(path);
}

const THREAD_MESSAGES = /\/threads\/[^/?]+\/messages(?:[/?]|$)/;

/** The first line of a file. */
export function sessionStart(call: Pick<LoggedCall, 'record'>, place: SessionPlace): string {
  return line(sessionStartEntry(call, place));
}

export function sessionStartEntry({ record }: Pick<LoggedCall, 'record'>, place: SessionPlace): SessionEntry {
  return { type: 'session_start', _meta: metaOf(record, place), provider: record.provider, upstream: record.host };
}

/** What a session parted from, as a line. */
export function forkLine(...parts: Parameters<typeof forkEntry>): string {
  return line(forkEntry(...parts));
}

/** What a session parted from. @param fromSeq number of that call in its own session; `null` = not known any more */
export function forkEntry(
  { record }: Pick<LoggedCall, 'record'>,
  place: SessionPlace,
  parent: string,
  fromSeq: number | null,
): SessionEntry {
  return {
    type: 'fork',
    _meta: metaOf(record, place),
    from_seq: fromSeq,
    parent_session: parent,
    reason: 'message_history_diverged',
  };
}

function metaOf({ started_at: ts, host }: CallRecord, { machine, session }: SessionPlace): EntryMeta {
  return { ts, machine, host, session };
}

/** The lines of a call: see `requestEntry` and `responseEntry`. */
export function callEntries(
  call: LoggedCall,
  place: SessionPlace,
  seq: number,
  framesOf: FramesOf = () => [],
): string[] {
  return [line(requestEntry(call, place, seq)), line(responseEntry(call, place, seq, framesOf))];
}

/** @param seq number of the call in its session, from 1; `null` = it is none of a conversation, or unknown */
export function requestEntry({ record, request }: LoggedCall, place: SessionPlace, seq: number | null): SessionEntry {
  return {
    type: 'request',
    seq,
    _meta: { ...metaOf(record, place), request_id: record.id },
    method: record.method,
    path: record.path.split('?', 1)[0],
    headers: headersOf(request),
    ...bodyOf(request.body),
    size: request.body.wireBytes,
  };
}

/**
 * What came back, also when that is nothing: no request stands alone.
 * @param framesOf reads AWS's event streams.
 */
export function responseEntry(
  call: LoggedCall,
  place: SessionPlace,
  seq: number | null,
  framesOf: FramesOf = () => [],
): SessionEntry {
  const { record, response } = call;
  return {
    type: 'response',
    seq,
    _meta: { ...metaOf(record, place), ts: endOf(record), request_id: record.id },
    status: record.status,
    headers: response === null ? {} : headersOf(response),
    timing: { ttfb_ms: rounded(record.ttfb_ms), total_ms: rounded(record.duration_ms) },
    size: record.response_bytes,
    ...(response === null ? { body: null } : answerOf(call, response, framesOf)),
    ...(record.outcome === 'complete' ? {} : { outcome: record.outcome }),
    ...(record.error === null ? {} : { error: record.error }),
  };
}

/** When the call had ended, as `_meta.ts` says it. */
export function endOf({ started_at: startedAt, duration_ms: duration }: CallRecord): string {
  return at(Date.parse(startedAt) + duration);
}

type FramesOf = (body: Uint8Array) => readonly FrameText[];

function answerOf(capture: LoggedCall, response: CapturedMessage, framesOf: FramesOf): object {
  const { record, parts } = capture;
  const pieces = record.stream ? piecesOf(capture, response, framesOf) : null;
  if (pieces === null) return bodyOf(response.body);
  const chunks = chunksOf(pieces, record, parts.arrivals ?? []);
  return response.body.truncated ? { chunks, truncated: true } : { chunks };
}

function piecesOf({ parts }: LoggedCall, { body, headers }: CapturedMessage, framesOf: FramesOf): Piece[] | null {
  if (body.text !== null) return linesOf(body.text);
  if (parts.response === null || !isEventStream(headers)) return null;
  return framesOf(parts.response.bytes).map(({ text, end }) => ({ raw: `data: ${text}`, end }));
}

function isEventStream(headers: CapturedMessage['headers']): boolean {
  return headerValue(headers, 'content-type')?.startsWith('application/vnd.amazon.eventstream') ?? false;
}

interface Piece {
  raw: string;
  /** Bytes of the body up to its end. */
  end: number;
}

/** With their line feeds. */
function linesOf(text: string): Piece[] {
  const lines: Piece[] = [];
  let bytes = 0;
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start);
    const next = feed < 0 ? text.length : feed + 1;
    const raw = text.slice(start, next);
    bytes += Buffer.byteLength(raw);
    lines.push({ raw, end: bytes });
    start = next;
  }
  return lines;
}

/** Each with the time when its last byte came. */
function chunksOf(pieces: readonly Piece[], record: CallRecord, arrivals: readonly Arrival[]): Chunk[] {
  const started = Date.parse(record.started_at);
  const headAt = record.ttfb_ms ?? 0;
  let index = 0;
  return pieces.map(({ raw, end }) => {
    while ((arrivals[index + 1]?.offset ?? Infinity) < end) index += 1;
    const came = arrivals[index]?.at ?? null;
    return came === null
      ? { ts: null, delta_ms: null, raw }
      : { ts: at(started + came), delta_ms: Math.max(0, Math.round(came - headAt)), raw };
  });
}

function bodyOf({ text, truncated }: CapturedBody): object {
  return truncated ? { body: text, truncated } : { body: text };
}

/** Name -> values, names as Go's net/http writes them. */
function headersOf({ headers }: CapturedMessage): Record<string, string[]> {
  // Names are input: no prototype to spoil.
  const object: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) (object[canonical(name)] ??= []).push(value);
  return object;
}

function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

const at = (wall: number): string => new Date(wall).toISOString();
/** Whole milliseconds: readers of this schema take no fractions. */
const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
const line = (entry: object): string => `${JSON.stringify(entry)}\n`;
