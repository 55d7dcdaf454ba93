import { ObjectScanner, type ScannedObject } from './object-scanner.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

/** A longer event is no usage chunk: it is passed on as it comes. */
const MAX_EVENT_BYTES = 256 * 1024;
const USAGE = Buffer.from('"usage"');
const WANTED: ReadonlySet<string> = new Set(['choices', 'usage', 'error', 'prompt_filter_results']);
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
    if (!event.includes(USAGE)) return event;
    const data = onlyDataLine(event);
    if (data === null) return event;
    const scanner = new ObjectScanner(WANTED);
    scanner.push(event.subarray(data.start, data.end));
    const members = scanner.result()?.members;
    const usage = members?.get('usage') ?? [];
    const [only] = usage;
    if (members === undefined || only === undefined || usage.length > 1) return event;
    if (only.text === 'null') return this.#withoutNulls ? without(event, data.start, only) : event;
    if (!isExtraChunk(members)) return event;
    this.#removed += 1;
    return NOTHING;
  }
}

/** No choice, no error, nothing but a usage. */
function isExtraChunk(members: ScannedObject['members']): boolean {
  const value = (name: string): string | null => members.get(name)?.at(-1)?.text ?? null;
  if (value('usage')?.startsWith('{') !== true || !isEmptyList(value('choices'))) return false;
  if ((value('error') ?? 'null') !== 'null') return false;
  // Azure opens its streams with one of these; with something in it, it is no mere usage chunk.
  return !members.has('prompt_filter_results') || isEmptyList(value('prompt_filter_results'));
}

interface Span {
  start: number;
  end: number;
}

/** The JSON of an event; null = it has no data line, or several (no provider writes a chunk so). */
function onlyDataLine(event: Buffer): Span | null {
  let found: Span | null = null;
  for (let start = 0; start < event.length;) {
    const end = lineEndFrom(event, start);
    const name = event.toString('latin1', start, Math.min(end, start + 8)).replace(/^\xEF\xBB\xBF/, '');
    if (name.startsWith('data:')) {
      if (found !== null) return null;
      found = { start: event.indexOf(COLON, start) + 1, end };
    }
    start = end + 1;
  }
  return found;
}

function lineEndFrom(event: Buffer, start: number): number {
  for (let index = start; index < event.length; index += 1)
    if (event[index] === LF || event[index] === CR) return index;
  return event.length;
}

/** @param base where the JSON begins in the event. */
function without(
  event: Buffer,
  base: number,
  { nameAt, end, commaBefore }: { nameAt: number; end: number; commaBefore: number | null },
): Buffer {
  if (commaBefore !== null) return join([event.subarray(0, base + commaBefore), event.subarray(base + end)]);
  const after = /^\s*,\s*/.exec(event.toString('latin1', base + end, base + end + 16))?.[0].length ?? 0;
  return join([event.subarray(0, base + nameAt), event.subarray(base + end + after)]);
}

function isEmptyList(text: string | null): boolean {
  return text !== null && /^\[\s*\]$/.test(text);
}

function join(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  if (only === undefined) return NOTHING;
  return parts.length === 1 ? only : Buffer.concat(parts);
}
