/** Calls of elsewhere on their way into the store: metered, priced, masked and stored by what does so for live ones. */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { CallRecord, Capture, CapturedMessage } from '../core/capture.ts';
import { messageOf } from '../core/errors.ts';
import type { ConnectionInfo } from '../core/recorder-port.ts';
import type {
  ForeignExchange,
  ForeignMessage,
  ImportItem,
  ImportOutcome,
  StoredExchange,
  StoredMessage,
} from '../core/transfer.ts';
import { cleanRecord } from '../interchange/clean.ts';
import { formatHead } from '../interchange/heads.ts';
import { decodeItem } from '../interchange/transfer-lines.ts';
import type { MeteredBody } from '../usage/metered.ts';
import { BodyMemory } from './body-memory.ts';
import type { CleanSlices } from './clean-slices.ts';
import { type FinishedExchange, LiveExchange, type Meter } from './live-exchange.ts';
import { importedSession } from './imported-session.ts';
import { captureOf } from './record-exchange.ts';

/** Stands among the anomalies of every call that came in this way. */
export const IMPORTED = 'imported';

export interface ImportDeps {
  /** The provider that serves a host; null = none does. */
  providerOf(host: string, port: number): string | null;
  createMeter(connection: ConnectionInfo): Meter;
  /** As for a live exchange; ids as they are given. */
  record(finished: FinishedExchange, newId: () => string): Capture[];
  keepsBodies(provider: string): boolean;
  clean: CleanSlices;
  isStored(id: string): boolean;
  /** An answer with this id is stored and counts: the same call, seen live. */
  isCounted(provider: string, responseId: string): boolean;
  /** To the store alone: what is imported did not happen now. */
  store(capture: Capture): void;
  /** Resolves when what was stored is committed, or cannot be at the moment. */
  flush(): Promise<void>;
  /** It is in the store now. */
  onAdded(capture: Capture): void;
}

/**
 * Importing the same again adds nothing: ids are kept, or made from what was said.
 * @param lines of interchange/transfer-lines.ts
 */
export async function importLines(lines: string, dryRun: boolean, deps: ImportDeps): Promise<ImportOutcome> {
  const outcome: ImportOutcome = { added: 0, existing: 0, strange: 0, failed: [] };
  const pending: Pending[] = [];
  const seen = new Set<string>();
  for (const [index, line] of lines.split('\n').entries()) {
    if (line === '') continue;
    try {
      const candidate = await candidateOf(decodeItem(line), deps);
      if (candidate === 'strange') outcome.strange += 1;
      else if (candidate === 'known' || seen.has(candidate.id)) outcome.existing += 1;
      else {
        seen.add(candidate.id);
        if (dryRun) outcome.added += 1;
        else pending.push({ index, captures: candidate.captures() });
      }
    } catch (error) {
      outcome.failed.push({ index, message: messageOf(error) });
    }
  }
  await store(pending, outcome, deps);
  return outcome;
}

/** What one line became: a call, and those of other models inside its answer. */
interface Pending {
  index: number;
  captures: readonly Capture[];
}

/** Another program may hold the database: so often it is asked again, each time after a flush, which waits. */
const TRIES = 12;
const PAUSE_MS = 250;

/** Totals follow the store, never the intention: a call counts when it can be read back. */
async function store(pending: readonly Pending[], outcome: ImportOutcome, deps: ImportDeps): Promise<void> {
  for (const { captures } of pending) for (const capture of captures) deps.store(capture);
  let waiting = pending.flatMap(({ index, captures }) =>
    captures.map((capture, place) => ({ index, capture, isMain: place === 0 })),
  );
  for (let attempt = 0; waiting.length > 0 && attempt < TRIES; attempt += 1) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await deps.flush();
    waiting = waiting.filter(({ capture, isMain }) => {
      if (!deps.isStored(capture.record.id)) return true;
      deps.onAdded(capture);
      if (isMain) outcome.added += 1;
      return false;
    });
  }
  for (const { index } of waiting) outcome.failed.push({ index, message: 'the store did not take it' });
}

/** A call that the store does not have, as far as can be told. */
interface Candidate {
  id: string;
  /** To be asked for once, when it is to be stored: from then on its conversation is known. */
  captures(): Capture[];
}

async function candidateOf(item: ImportItem, deps: ImportDeps): Promise<Candidate | 'strange' | 'known'> {
  if (item.kind === 'call') {
    const { id } = item.record;
    return deps.isStored(id) ? 'known' : { id, captures: () => [storedCapture(item, deps)] };
  }
  const provider = deps.providerOf(item.host, item.port);
  if (provider === null) return 'strange';
  const id = contentId(item, 0);
  if (deps.isStored(id)) return 'known';
  const finished = await meter(item, provider, deps);
  const { response_id: responseId, isInference } = finished.metered;
  if (isInference && responseId !== null && deps.isCounted(provider, responseId)) return 'known';
  return { id, captures: () => foreignCaptures(item, finished, deps) };
}

function foreignCaptures(item: ForeignExchange, finished: FinishedExchange, deps: ImportDeps): Capture[] {
  let made = 0;
  const captures = deps.record({ ...finished, session: item.session }, () => contentId(item, made++));
  return captures.map((capture) => ({ ...capture, record: marked(asTold(capture.record, item)) }));
}

/** What the file did not tell was measured here, on nothing. */
function asTold(record: CallRecord, { headAt, response }: ForeignExchange): CallRecord {
  return {
    ...record,
    ttfb_ms: headAt === null ? null : record.ttfb_ms,
    ttft_ms: response === null || response.pieces.length === 0 ? null : record.ttft_ms,
  };
}

function marked(record: CallRecord): CallRecord {
  return record.anomalies.includes(IMPORTED) ? record : { ...record, anomalies: [...record.anomalies, IMPORTED] };
}

/**
 * Time first, as all ids, then what tells this exchange from others of the same moment.
 * @param part 0 = the call itself; then those of other models inside its answer
 */
function contentId({ host, startedAt, request, response }: ForeignExchange, part: number): string {
  const hash = createHash('sha256').update(`${host}\n${request.startLine}\n${part}\n`).update(request.body);
  if (response !== null) hash.update(`\n${response.startLine}\n`).update(response.body);
  return `call_${Math.floor(startedAt).toString(16).padStart(12, '0')}${hash.digest('hex').slice(0, 18)}`;
}

/** The exchange as its rows would have told it. */
async function meter(exchange: ForeignExchange, provider: string, deps: ImportDeps): Promise<FinishedExchange> {
  const { scheme, host, port, startedAt, headAt, endAt, request, response, outcome } = exchange;
  const connection: ConnectionInfo = { connection: 0, scheme, host, port, provider, runId: null, clientAddress: null };
  const live = new LiveExchange(
    connection,
    startedAt,
    startedAt,
    deps.createMeter(connection),
    new BodyMemory(Infinity),
  );
  // Of exchanges that were recorded together it can be told which were under way at one time.
  const clock = (at: number): number => startedAt + at;
  live.head('request', formatHead(request, request.body.length), startedAt);
  if (request.body.length > 0) live.requestBody(request.body, startedAt);
  if (response !== null) {
    live.head('response', formatHead(response), clock(headAt ?? endAt));
    for (const { bytes, at } of piecesOf(response, endAt)) live.responseBody(bytes, clock(at));
  }
  return live.end({ outcome, error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 }, clock(endAt));
}

function piecesOf({ body, pieces }: ForeignMessage, endAt: number): { bytes: Uint8Array; at: number }[] {
  if (body.length === 0) return [];
  if (pieces.length === 0) return [{ bytes: body, at: endAt }];
  return pieces.map(({ offset, at }, index) => ({ bytes: body.subarray(offset, pieces[index + 1]?.offset), at }));
}

/** A call of a store of ours, as it was; what has become known as a secret since is masked. */
function storedCapture({ record, request, response }: StoredExchange, deps: ImportDeps): Capture {
  const clean = marked(cleanRecord(record));
  const nanos = clean.cost_usd === null ? null : Math.round(clean.cost_usd * 1e9);
  const sent = request ?? { ...NOT_KEPT, startLine: `${record.method} ${record.path} HTTP/1.1` };
  const answered = response ?? NOT_KEPT;
  const keeps = deps.keepsBodies(record.provider);
  const capture = captureOf(
    clean,
    { nanos },
    {
      requestStartLine: sent.startLine,
      requestHeaders: sent.headers,
      requestBody: bodyOf(sent, keeps, record.request_bytes),
      responseStartLine: response === null ? null : response.startLine,
      responseHeaders: answered.headers,
      responseBody: bodyOf(answered, keeps, record.response_bytes),
      assembled: null,
      stream: record.stream,
    },
    deps.clean,
  );
  return {
    ...capture,
    request: asMasked(capture.request, sent),
    response: capture.response === null ? null : asMasked(capture.response, answered),
    parts: { ...capture.parts, arrivals: capture.parts.response === null ? null : answered.arrivals },
    session: importedSession(clean, capture.parts.request),
  };
}

const NOT_KEPT: StoredMessage = {
  startLine: '',
  headers: [],
  body: null,
  truncated: false,
  masked: false,
  arrivals: null,
};

/** What was masked before is not what was on the wire, although nothing was left to mask. */
function asMasked(message: CapturedMessage, { masked }: StoredMessage): CapturedMessage {
  return masked ? { ...message, body: { ...message.body, masked } } : message;
}

function bodyOf({ body, truncated }: StoredMessage, keeps: boolean, wireBytes: number): MeteredBody {
  if (body === null || !keeps) return { text: null, bytes: null, wireBytes, truncated };
  const text = isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : null;
  return { text, bytes: body, wireBytes, truncated };
}
