/**
 * Asks OpenAI-style streams for their usage where the client did not: which requests may be changed, and how, byte for
 * byte. Whatever is in doubt stays as it is. Its counterpart, which takes the answer to the question out of the
 * client's stream again: usage-chunk-filter.ts.
 */
import type { HeaderPairs } from '../core/headers.ts';
import type { Provider } from '../providers/provider.ts';
import { type Member, ObjectScanner } from './object-scanner.ts';

export interface RequestShape {
  method: string;
  /** As on the wire, query and all. */
  target: string;
  headers: HeaderPairs;
}

/** Bytes [start, end) of the body give way to `insert`. */
export interface Splice {
  start: number;
  end: number;
  insert: Buffer;
}

/**
 * Providers that state the usage of a stream unasked (seen in recorded traffic): asking would change nothing but the
 * shape of their streams, in ways that cannot be taken back (llama.cpp moves its `timings` to the extra chunk).
 */
const STATE_USAGE_UNASKED: ReadonlySet<string> = new Set([
  'ai21',
  'deepseek',
  'fireworks',
  'groq',
  'huggingface',
  'llamacpp',
  'mistral',
  'openrouter',
  'perplexity',
  'together',
]);

export function statesUsageUnasked(provider: string | null): boolean {
  return provider !== null && STATE_USAGE_UNASKED.has(provider);
}

/** Why asking a provider would be of no use, in words; null = it may be. */
export function reasonNotToAsk({ id, endpoints }: Pick<Provider, 'id' | 'endpoints'>): string | null {
  if (statesUsageUnasked(id)) return 'it states the usage of every stream without being asked';
  // Without endpoints of its own, a provider has those of every dialect.
  const hasCompletions = endpoints.length === 0 || endpoints.some(({ path }) => isCompletions(path));
  return hasCompletions ? null : 'it has no chat completions in the way of OpenAI';
}

/** Providers that write `"usage":null` into every other chunk when they are asked, and only then. */
const NULL_WHEN_ASKED: ReadonlySet<string> = new Set(['openai', 'azure-openai']);

export function addsNullUsage(provider: string): boolean {
  return NULL_WHEN_ASKED.has(provider);
}

/** Request headers that vouch for the body, or for all headers. */
const SIGNATURE = /signature|digest|md5|sha256|hmac/i;
/** Schemes that carry a key or token; every other one may be computed from the request. */
const PLAIN_SCHEME = /^(?:bearer|basic|token|api-?key)?\s*[^\s,]+$/i;

/** True when a request may turn out to be one that is changed, as far as its head tells. */
export function mayIncludeUsage({ method, target, headers }: RequestShape): boolean {
  if (method !== 'POST' || !isCompletions(target) || /[?&]x-amz-/i.test(target)) return false;
  let isJson = false;
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (SIGNATURE.test(key) || !leavesBodyAlone(key, value)) return false;
    if (key === 'content-type') isJson = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(value);
  }
  return isJson;
}

/** Chat completions and the older completions, under any base. */
function isCompletions(target: string): boolean {
  return /^[^?#]*\/completions(?:\?|$)/.test(target);
}

function leavesBodyAlone(key: string, value: string): boolean {
  if (key === 'content-encoding') return value.trim().toLowerCase() === 'identity';
  // The body may never come, so there is nothing to decide on when the head must go.
  if (key === 'expect') return false;
  return key !== 'authorization' || PLAIN_SCHEME.test(value.trim());
}

/** What answers may still be read when the usage chunk is to be taken out of them. */
export function headersForPlainAnswer(headers: HeaderPairs): [name: string, value: string][] {
  let told = false;
  return headers.flatMap(([name, value]): [string, string][] => {
    if (name.toLowerCase() !== 'accept-encoding') return [[name, value]];
    if (told) return [];
    told = true;
    return [[name, 'identity']];
  });
}

const WANTED: ReadonlySet<string> = new Set(['stream', 'stream_options']);

/** Reads a request body as it streams by, right for any split, and says in the end what is to be changed in it. */
export class UsageQuestion {
  readonly #scanner = new ObjectScanner(WANTED);

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  /** Null = nothing: no stream, the client asks itself, or this cannot be told beyond doubt. */
  splice(): Splice | null {
    const scanned = this.#scanner.result();
    const stream = scanned?.members.get('stream') ?? [];
    if (scanned === null || stream.length !== 1 || stream[0]?.text !== 'true') return null;
    const options = scanned.members.get('stream_options') ?? [];
    const [only] = options;
    if (only === undefined) return insertion(scanned.closeAt, ',"stream_options":{"include_usage":true}');
    return options.length === 1 ? spliceOptions(only) : null;
  }
}

function spliceOptions(options: Member): Splice | null {
  if (options.text === null) return null;
  if (options.text === 'null') return replacement(options, '{"include_usage":true}');
  const scanner = new ObjectScanner(null);
  scanner.push(Buffer.from(options.text));
  const scanned = scanner.result();
  if (scanned === null) return null;
  const { members, empty, closeAt } = scanned;
  // vLLM's `continuous_usage_stats` would wake up beside it, and whatever else is told apart by that word.
  if ([...members.keys()].some((name) => name !== 'include_usage' && /usage/i.test(name))) return null;
  const include = members.get('include_usage') ?? [];
  const [only] = include;
  if (only === undefined) return insertion(options.start + closeAt, `${empty ? '' : ','}"include_usage":true`);
  if (include.length > 1 || (only.text !== 'false' && only.text !== 'null')) return null;
  return replacement({ start: options.start + only.start, end: options.start + only.end }, 'true');
}

function insertion(at: number, text: string): Splice {
  return { start: at, end: at, insert: Buffer.from(text) };
}

function replacement({ start, end }: { start: number; end: number }, text: string): Splice {
  return { start, end, insert: Buffer.from(text) };
}

/** The same bytes with the splice made; nothing is copied. */
export function spliced(chunks: readonly Buffer[], splice: Splice): Buffer[] {
  const parts: Buffer[] = [];
  let offset = 0;
  let inserted = false;
  for (const chunk of chunks) {
    const to = Math.min(Math.max(splice.start - offset, 0), chunk.length);
    const from = Math.min(Math.max(splice.end - offset, 0), chunk.length);
    if (to > 0) parts.push(chunk.subarray(0, to));
    if (!inserted && splice.start <= offset + chunk.length) {
      inserted = true;
      parts.push(splice.insert);
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    offset += chunk.length;
  }
  return parts;
}

/** True when an error answer may be about what was added: the request is sent once more, without it. */
export function refusesUsageQuestion(status: number, body: string): boolean {
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(body);
}
