import type { LiveCalls, LiveChange, LiveFacts, LivePart } from '../core/live-call.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { maskHeaders, maskText } from '../core/redact.ts';
import type { MeterView } from '../usage/metered.ts';
import { cleanFrames, isFramed } from '../decoders/frame-texts.ts';
import type { LiveExchange } from './live-exchange.ts';
import { maskedBytes } from './masked-body.ts';
import { maskStartLine } from './record-exchange.ts';

export interface LiveJournalOptions {
  calls: LiveCalls;
  live(): Iterable<LiveExchange>;
  keepsBodies(provider: string): boolean;
  onError(error: unknown): void;
}

/** What the journal has of an exchange. */
export interface JournalMark {
  /** Null = nothing yet. */
  id: string | null;
  /** Looks at it so far. */
  looks: number;
  hasRequest: boolean;
  hasResponseHead: boolean;
  /** At the look before. */
  requestBytes: number;
  /** Decoded bytes of the answer that are kept. */
  responseLength: number;
  responseParts: number;
}

export const JOURNAL_TICK_MS = 250;
/** Looks from one refresh to the next: a second. */
const REFRESH = 4;
/** So often the store is told that this recorder lives, even if nothing is new. */
const QUIET_LOOKS = 20;
/** Masked and written at each look, of all calls: 4 MiB a second cost some percent of a core. */
const BYTES_PER_LOOK = 1024 * 1024;
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Of an answer that comes line by line, and of one that is written anew each time. */
const MAX_LINES_BYTES = 4 * 1024 * 1024;
const MAX_DOCUMENT_BYTES = 256 * 1024;
const LF = 0x0a;

/**
 * Keeps what has come of calls that live longer than a moment, so that they are on record even if this process is
 * killed. Bounded: the bodies of many calls are kept one after the other, heads and numbers at once.
 */
export class LiveJournal {
  readonly #options: LiveJournalOptions;
  #left = 0;
  #quiet = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LiveJournalOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      try {
        this.look();
      } catch (error) {
        this.#options.onError(error);
      }
    }, JOURNAL_TICK_MS).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Every 250 ms: a call that is here for the second time has lived long enough. */
  look(): void {
    this.#left = BYTES_PER_LOOK;
    const changes: LiveChange[] = [];
    const marks: [LiveExchange, JournalMark][] = [];
    for (const live of this.#options.live()) {
      const mark = { ...(live.mark ?? NEW) };
      const change = this.#changeOf(live, mark);
      mark.looks += 1;
      mark.requestBytes = live.facts.requestBytes;
      if (change === null) live.mark = mark;
      else {
        changes.push(change);
        marks.push([live, mark]);
      }
    }
    this.#quiet = changes.length === 0 ? this.#quiet + 1 : 0;
    if (changes.length === 0 && this.#quiet % QUIET_LOOKS !== 0) return;
    // What could not be written is as new at the next look.
    if (!this.#options.calls.keep(changes)) return;
    for (const [live, mark] of marks) live.mark = mark;
  }

  /** Null where nothing is due. A call that cannot be looked at costs only itself. */
  #changeOf(live: LiveExchange, mark: JournalMark): LiveChange | null {
    const before = { ...mark };
    if (mark.looks === 0 || (mark.id !== null && mark.looks % REFRESH !== 0)) return null;
    try {
      return this.#next(live, mark);
    } catch (error) {
      Object.assign(mark, before);
      this.#options.onError(error);
      return null;
    }
  }

  /** Moves the mark to where the journal will be. */
  #next(live: LiveExchange, mark: JournalMark): LiveChange | null {
    const view = live.view();
    if (view === null) return null;
    const parts: LivePart[] = [];
    if (this.#options.keepsBodies(live.facts.connection.provider ?? 'unknown')) {
      this.#request(live, view, mark, parts);
      this.#response(live, view, mark, parts);
    }
    const isNew = mark.id === null || (live.facts.responseHeadAt !== null && !mark.hasResponseHead);
    mark.id ??= live.id;
    mark.hasResponseHead = live.facts.responseHeadAt !== null;
    if (!isNew && parts.length === 0) return null;
    return { id: mark.id, facts: isNew ? factsOf(live, view) : null, parts };
  }

  /** Once, when it is whole: it has an answer, or has not grown since the last look. */
  #request({ facts }: LiveExchange, view: MeterView, mark: JournalMark, parts: LivePart[]): void {
    const isWhole = facts.responseHeadAt !== null || facts.requestBytes === mark.requestBytes;
    if (mark.hasRequest || !isWhole) return;
    const bytes = wholeWords(view.request, MAX_REQUEST_BYTES);
    if (!this.#spend(bytes.length)) return;
    mark.hasRequest = true;
    if (bytes.length === 0) return;
    const after = facts.endedAt - facts.openedAt;
    parts.push({ side: 'request', part: 0, bytes: clean(bytes, view.requestHeaders), after, seen: facts.requestBytes });
  }

  #response({ facts }: LiveExchange, view: MeterView, mark: JournalMark, parts: LivePart[]): void {
    const { response, isLines } = view;
    const bytes = isLines
      ? response.subarray(mark.responseLength, Math.min(response.lastIndexOf(LF) + 1, MAX_LINES_BYTES))
      : wholeWords(response, MAX_DOCUMENT_BYTES);
    const isNew = isLines ? bytes.length > 0 : bytes.length !== mark.responseLength;
    if (!isNew || !this.#spend(bytes.length)) return;
    mark.responseLength = isLines ? mark.responseLength + bytes.length : bytes.length;
    const part = isLines ? mark.responseParts++ : 0;
    const after = facts.endedAt - facts.openedAt;
    const masked = clean(bytes, view.responseHeaders);
    parts.push({ side: 'response', part, bytes: masked, after, seen: facts.responseBytes });
  }

  /** False = at a later look. */
  #spend(bytes: number): boolean {
    if (bytes > this.#left && this.#left < BYTES_PER_LOOK) return false;
    this.#left -= bytes;
    return true;
  }
}

const NEW: JournalMark = {
  id: null,
  looks: 0,
  hasRequest: false,
  hasResponseHead: false,
  requestBytes: -1,
  responseLength: 0,
  responseParts: 0,
};

function factsOf(live: LiveExchange, view: MeterView): LiveFacts {
  const { connection, wall, openedAt, responseHeadAt, endedAt, requestBytes, responseBytes, dropped } = live.facts;
  const { requestStartLine, requestHeaders, responseStartLine, responseHeaders } = view;
  return {
    connection,
    wall,
    requestHead: headOf(maskStartLine(requestStartLine), requestHeaders),
    responseHead: responseStartLine === null ? null : headOf(maskText(responseStartLine), responseHeaders),
    responseHeadAfter: responseHeadAt === null ? null : responseHeadAt - openedAt,
    after: endedAt - openedAt,
    requestBytes,
    responseBytes,
    dropped,
  };
}

/** Bodies are kept without their content coding. */
function headOf(startLine: string, headers: HeaderPairs): string {
  const kept = maskHeaders(headers).filter(([name]) => name.toLowerCase() !== 'content-encoding');
  return [startLine, ...kept.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

function clean(bytes: Uint8Array, headers: HeaderPairs): Uint8Array {
  const type = headerValue(headers, 'content-type') ?? undefined;
  return maskedBytes(isFramed(type) ? cleanFrames(bytes) : bytes, type);
}

const SPACE = 0x20;
const QUOTE = 0x22;

/** Up to the last blank or quote: half a secret would not be known for one. */
function wholeWords(bytes: Uint8Array, most: number): Uint8Array {
  for (let end = Math.min(bytes.length, most); end > 0; end -= 1) {
    const byte = bytes[end - 1] ?? 0;
    if (byte <= SPACE || byte === QUOTE || (end === bytes.length && (byte === 0x7d || byte === 0x5d))) {
      return bytes.subarray(0, end);
    }
  }
  return bytes.subarray(0, 0);
}
