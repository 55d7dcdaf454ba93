import { ObjectScanner } from './object-scanner.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

/** A longer event is no usage chunk: it is passed on as it comes. */
const MAX_EVENT_BYTES = 256 * 1024;
const WANTED: ReadonlySet<string> = new Set(['usage']);
const NAME = '"usage"';
const NULL_USAGE = /^"usage"\s*:\s*null/;
const BYTE_ORDER_MARK = '\xEF\xBB\xBF';
const NOTHING = Buffer.alloc(0);

export interface UsageChunkFilterOptions {
  /** Takes `"usage":null` out of the other chunks as well: the provider wrote it because it was asked. */
  withoutNulls: boolean;
}

/**
 * Takes the extra chunk (`choices: []` with a usage object) out of an OpenAI-style event stream. Right for any split
 * and any line end; everything else passes byte for byte, an event at the latest when its last byte is here.
 */
export class UsageChunkFilter {
  readonly #withoutNulls: boolean;
  /** The event that is not whole yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #mode: 'between' | 'holding' | 'passing' = 'between';
  /** Bytes of the current line so far are none. */
  #lineEmpty = true;
  #afterCarriageReturn = false;
  /** The last event was taken out, and the line feed behind its last carriage return goes with it. */
  #dropped = false;
  #removed = 0;

  constructor({ withoutNulls }: UsageChunkFilterOptions) {
    this.#withoutNulls = withoutNulls;
  }

  /** Usage chunks taken out so far. */
  get removed(): number {
    return this.#removed;
  }

  /** What the client gets now; may be empty. */
  push(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    let from = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      const isLineFeedOfPair = this.#afterCarriageReturn && byte === LF;
      this.#afterCarriageReturn = byte === CR;
      if (isLineFeedOfPair) {
        if (this.#dropped) from = index + 1;
        this.#dropped = false;
      } else if (byte === LF || byte === CR) {
        from = this.#lineEnd(chunk, from, index + 1, byte === CR, out);
      } else if (this.#lineEmpty) {
        from = this.#lineStart(chunk, from, index, byte, out);
      }
    }
    this.#take(chunk.subarray(from), out);
    return join(out);
  }

  /** The stream is over, well or not: an event without its empty line counts. */
  end(): Buffer {
    return this.#mode === 'holding' ? this.#decide() : NOTHING;
  }

  /** @returns where the bytes begin that nothing was done with. */
  #lineStart(chunk: Buffer, from: number, index: number, byte: number, out: Buffer[]): number {
    this.#lineEmpty = false;
    this.#dropped = false;
    // A comment between two events is nobody's: it passes at once.
    if (this.#mode !== 'between' || byte === COLON) return from;
    this.#take(chunk.subarray(from, index), out);
    this.#mode = 'holding';
    return index;
  }

  #lineEnd(chunk: Buffer, from: number, to: number, isCarriageReturn: boolean, out: Buffer[]): number {
    const isBoundary = this.#lineEmpty;
    this.#lineEmpty = true;
    this.#dropped = false;
    if (!isBoundary || this.#mode === 'between') return from;
    this.#take(chunk.subarray(from, to), out);
    if (this.#mode === 'holding') {
      const passed = this.#decide();
      if (passed.length > 0) out.push(passed);
      this.#dropped = passed.length === 0 && isCarriageReturn;
    }
    this.#mode = 'between';
    return to;
  }

  #take(bytes: Buffer, out: Buffer[]): void {
    if (bytes.length === 0) return;
    if (this.#mode !== 'holding') {
      out.push(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= MAX_EVENT_BYTES) return;
    out.push(...this.#release());
    this.#mode = 'passing';
  }

  #release(): Buffer[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  /** The held event as the client gets it; empty = not at all. */
  #decide(): Buffer {
    const event = join(this.#release());
    // One character a byte: structure is ASCII, and places in the text are places in the event.
    const text = event.toString('latin1');
    if (!text.includes('usage')) return event;
    const data = onlyDataLine(text);
    if (data === null) return event;
    const usage = usageOf(text.slice(data.start, data.end));
    if (usage === null) return event;
    if (usage === 'extra') {
      this.#removed += 1;
      return NOTHING;
    }
    if (!this.#withoutNulls) return event;
    return join([event.subarray(0, data.start + usage.start), event.subarray(data.start + usage.end)]);
  }
}

interface Span {
  start: number;
  end: number;
}

/** The JSON of an event; null = it has no data line, or several (no provider writes a chunk so). */
function onlyDataLine(event: string): Span | null {
  let found: Span | null = null;
  for (let start = 0; start < event.length;) {
    const end = lineEndFrom(event, start);
    const from = start === 0 && event.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : start;
    if (event.startsWith('data:', from)) {
      if (found !== null) return null;
      found = { start: from + 'data:'.length, end };
    }
    start = end + 1;
  }
  return found;
}

function lineEndFrom(event: string, start: number): number {
  const lineFeed = event.indexOf('\n', start);
  const end = lineFeed < 0 ? event.length : lineFeed;
  const carriageReturn = event.indexOf('\r', start);
  return carriageReturn < 0 || carriageReturn > end ? end : carriageReturn;
}

/** The extra chunk, or where the null that stands for a usage is, comma and all; null = neither. */
function usageOf(json: string): 'extra' | Span | null {
  let chunk: unknown;
  try {
    chunk = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof chunk !== 'object' || chunk === null || Array.isArray(chunk)) return null;
  const members = chunk as Record<string, unknown>;
  const { usage } = members;
  if (usage === undefined || (usage !== null && !isExtraChunk(members))) return null;
  const place = placeOfUsage(json);
  return place !== null && usage !== null ? 'extra' : place;
}

/** No choice, no error, nothing but a usage. */
function isExtraChunk({ choices, usage, error, prompt_filter_results: filtered }: Record<string, unknown>): boolean {
  if (typeof usage !== 'object' || Array.isArray(usage)) return false;
  // Azure opens its streams with filter results; with something in them, it is no mere usage chunk.
  return isEmptyList(choices) && (error ?? null) === null && (filtered === undefined || isEmptyList(filtered));
}

/** Where the one member `usage` of the top level stands, which is there; null = it is there twice. */
function placeOfUsage(json: string): Span | null {
  const first = json.indexOf(NAME);
  // Spelled just once: it is that one. A scan costs ten times as much.
  const isOnly = first >= 0 && !json.includes(NAME, first + 1) && !json.includes('\\u');
  const length = isOnly ? (NULL_USAGE.exec(json.slice(first, first + 64))?.[0].length ?? null) : null;
  if (length === null) return scannedPlace(json);
  const comma = json.slice(0, first).trimEnd().length - 1;
  if (json[comma] === ',') return { start: comma, end: first + length };
  return withCommaBehind(json, first, first + length);
}

function scannedPlace(json: string): Span | null {
  const scanner = new ObjectScanner(WANTED);
  scanner.push(Buffer.from(json, 'latin1'));
  const [only, second] = scanner.result()?.members.get('usage') ?? [];
  if (only === undefined || second !== undefined) return null;
  const { nameAt, commaBefore, end } = only;
  return commaBefore === null ? withCommaBehind(json, nameAt, end) : { start: commaBefore, end };
}

function withCommaBehind(json: string, start: number, end: number): Span {
  return { start, end: end + (/^\s*,\s*/.exec(json.slice(end, end + 64))?.[0].length ?? 0) };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function join(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  if (only === undefined) return NOTHING;
  return parts.length === 1 ? only : Buffer.concat(parts);
}
