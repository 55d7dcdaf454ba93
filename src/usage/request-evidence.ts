import { headerValue, type RequestHead } from '../core/headers.ts';
import { audioSeconds, pcmSeconds } from '../decoders/audio-length.ts';
import { decodeSegment } from '../providers/path-pattern.ts';
import type { EndpointMatch } from '../providers/provider.ts';
import type { RequestEvidence } from './facts.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { RequestForm } from './request-facts.ts';

export interface RequestFound {
  head: RequestHead;
  match: EndpointMatch | null;
  /** Lower case. */
  contentType: string;
  /** The body, content coding removed. */
  kept: Uint8Array;
  /** Of the whole body, content coding removed; null when some of it was not captured. */
  length: number | null;
  form: RequestForm | null;
}

const MAX_MEMBERS = 1000;
const MAX_LINES = 100_000;
const BYTES_PER_SAMPLE: ReadonlyMap<string, number> = new Map([
  ['linear16', 2],
  ['linear32', 4],
  ['mulaw', 1],
  ['alaw', 1],
]);

/** What can be asked of a request. Bodies are parsed when a fact is wanted of them, which few endpoints do. */
export class RequestView implements RequestEvidence {
  readonly #found: RequestFound;
  #body: { value: unknown } | null = null;
  #query: URLSearchParams | null = null;

  constructor(found: RequestFound) {
    this.#found = found;
  }

  body(): unknown {
    this.#body ??= { value: this.#parse() };
    return this.#body.value;
  }

  query(name: string): string | null {
    const { target } = this.#found.head;
    const question = target.indexOf('?');
    this.#query ??= new URLSearchParams(question < 0 ? '' : target.slice(question + 1));
    return this.#query.get(name);
  }

  group(name: string): string | null {
    return decodeSegment(this.#found.match?.groups[name] ?? null);
  }

  header(name: string): string | null {
    return headerValue(this.#found.head.headers, name);
  }

  bytes(): number | null {
    return this.#found.length;
  }

  audioSeconds(): number | null {
    const { form, kept, length } = this.#found;
    if (form !== null) return form.file === null ? null : audioSeconds(form.file.head, form.file.length);
    return length === null || length === 0 ? null : (audioSeconds(kept, length) ?? this.#rawAudioSeconds(length));
  }

  /** Samples without a head: the query says what they are. */
  #rawAudioSeconds(length: number): number | null {
    const bytesPerSample = BYTES_PER_SAMPLE.get(this.query('encoding') ?? '');
    const rate = Number(this.query('sample_rate'));
    const channels = Number(this.query('channels') ?? 1);
    if (bytesPerSample === undefined || !(rate > 0) || !(channels > 0)) return null;
    return pcmSeconds(length, { rate, channels, bytesPerSample });
  }

  #parse(): unknown {
    const { contentType, form, kept, length } = this.#found;
    if (form !== null) return form.fields;
    // A part of a body says nothing of the whole.
    if (length === null || kept.length < length || length === 0) return undefined;
    return parseBody(Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength), contentType);
  }
}

function parseBody(bytes: Buffer, contentType: string): unknown {
  if (contentType.includes('x-www-form-urlencoded')) return formMembers(bytes.toString('utf8'));
  const isList = /ndjson|jsonl|json-lines/.test(contentType);
  const startsAsJson = bytes[0] === 0x7b || bytes[0] === 0x5b || contentType.includes('json');
  if (!isList && startsAsJson) {
    const text = bytes.toString('utf8');
    return parseJson(text) ?? lines(text);
  }
  if (isList) return lines(bytes.toString('utf8'));
  return /^text\/|xml/.test(contentType) ? bytes.toString('utf8') : undefined;
}

function formMembers(text: string): Record<string, string> {
  const members: Record<string, string> = Object.create(null);
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    members[name] ??= value;
    count += 1;
    if (count >= MAX_MEMBERS) break;
  }
  return members;
}

/** JSON lines; undefined when one of them is not JSON. */
function lines(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  for (const line of text.split('\n', MAX_LINES)) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
