/** One request to which `stream_options.include_usage` is added, when it turns out to be one. */
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Counters } from '../core/counters.ts';
import type { HeaderPairs } from '../core/headers.ts';
import type { ExchangeMark } from '../core/recorder-port.ts';
import {
  addsNullUsage,
  headersForPlainAnswer,
  mayIncludeUsage,
  refusesUsageQuestion,
  spliced,
  UsageQuestion,
} from '../gateway/include-usage.ts';
import { UsageChunkFilter } from '../gateway/usage-chunk-filter.ts';
import type { BodyEdit, EditedRequest, ExchangeEdit } from './edit.ts';
import { pairsOf, rawValue } from './end-to-end.ts';
import { type HeldBody, HeldBytes, type HeldLimits } from './held-bytes.ts';

/** Servers get updates: one that did not know the question is asked again after a while. */
const REFUSED_TTL_MS = 60 * 60_000;
const MAX_REFUSING = 1000;

export interface UsageInclusionsOptions {
  /** Provider ids. */
  providers: ReadonlySet<string>;
  counters: Counters;
  /** Longer bodies stream through unchanged. */
  limits?: Partial<HeldLimits>;
}

export interface UsageRequest {
  provider: string;
  /** Of the upstream, `host:port`. */
  authority: string;
  method: string;
  /** Origin form. */
  path: string;
  /** Raw, as they would go upstream. */
  headers: readonly string[];
}

/** Which requests are changed, and what was learnt from their answers. */
export class UsageInclusions {
  readonly #options: UsageInclusionsOptions;
  /** Where the question was not understood: `host:port/path`. */
  readonly #refusing = new LRUCache<string, true>({ max: MAX_REFUSING, ttl: REFUSED_TTL_MS });
  readonly #held: HeldBytes;

  constructor(options: UsageInclusionsOptions) {
    this.#options = options;
    this.#held = new HeldBytes(options.limits);
  }

  concerns(provider: string | null): provider is string {
    return provider !== null && this.#options.providers.has(provider);
  }

  /** Null = this request is none of those. */
  editOf(request: UsageRequest): ExchangeEdit | null {
    if (!this.concerns(request.provider)) return null;
    const headers = pairsOf(request.headers);
    if (!mayIncludeUsage({ method: request.method, target: request.path, headers })) return null;
    const key = `${request.authority}${request.path}`;
    if (this.#refusing.has(key)) return null;
    const { counters } = this.#options;
    return new UsageInclusion(request, this.#held.open(), {
      refused: () => this.#refusing.set(key, true),
      count: (result) => counters.add('include_usage', `result="${result}"`),
    });
  }
}

interface InclusionDeps {
  refused(): void;
  /** @param result one of a fixed set of literals. */
  count(result: 'added' | 'unfiltered' | 'refused' | 'too_long'): void;
}

class UsageInclusion implements ExchangeEdit {
  readonly #request: UsageRequest;
  readonly #deps: InclusionDeps;
  readonly #question = new UsageQuestion();
  readonly #body: HeldBody;
  #mark: ExchangeMark | null = null;

  constructor(request: UsageRequest, body: HeldBody, deps: InclusionDeps) {
    this.#request = request;
    this.#body = body;
    this.#deps = deps;
  }

  get held(): readonly Buffer[] {
    return this.#body.parts;
  }

  get mark(): ExchangeMark | null {
    return this.#mark;
  }

  hold(chunk: Buffer): boolean {
    if (!this.#body.push(chunk)) {
      this.#deps.count('too_long');
      return false;
    }
    this.#question.push(chunk);
    return true;
  }

  decide(): EditedRequest | null {
    const splice = this.#question.splice();
    if (splice === null) return null;
    this.#mark = 'include_usage_added';
    this.#deps.count('added');
    const body = spliced(this.#body.parts, splice);
    const length = body.reduce((sum, part) => sum + part.length, 0);
    const headers = headersForPlainAnswer(pairsOf(this.#request.headers));
    return { headers: withLength(headers, length), body };
  }

  mayBeRefused(answer: IncomingMessage): boolean {
    return (answer.statusCode === 400 || answer.statusCode === 422) && isPlain(answer);
  }

  isRefused(status: number, body: string): boolean {
    if (!refusesUsageQuestion(status, body)) return false;
    this.#mark = 'include_usage_refused';
    this.#deps.count('refused');
    this.#deps.refused();
    return true;
  }

  answer(answer: IncomingMessage): BodyEdit | null {
    const status = answer.statusCode ?? 0;
    const type = rawValue(answer.rawHeaders, 'content-type') ?? '';
    if (status < 200 || status > 299 || !/^\s*text\/event-stream\b/i.test(type)) return null;
    if (isPlain(answer)) return new UsageChunkFilter({ withoutNulls: addsNullUsage(this.#request.provider) });
    this.#mark = 'include_usage_unfiltered';
    this.#deps.count('unfiltered');
    return null;
  }

  release(): void {
    this.#body.release();
  }
}

function isPlain(answer: IncomingMessage): boolean {
  const encoding = rawValue(answer.rawHeaders, 'content-encoding') ?? 'identity';
  return /^\s*(?:identity)?\s*$/i.test(encoding);
}

function withLength(headers: HeaderPairs, length: number): string[] {
  return headers.flatMap(([name, value]) => [name, /^content-length$/i.test(name) ? String(length) : value]);
}
