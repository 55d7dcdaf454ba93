import { maskTarget, maskText } from '../core/redact.ts';
import type { RunningCall, RunningNews } from '../core/running-call.ts';
import { identify } from '../session/identify.ts';
import type { MeterProgress } from '../usage/metered.ts';
import type { LiveExchange } from './live-exchange.ts';
import { hostOf, originForm } from './record-exchange.ts';

export interface RunningCallsOptions {
  live(): Iterable<LiveExchange>;
  keepsBodies(provider: string): boolean;
  /** Told every 250 ms at most, and only while somebody watches. */
  tell(news: RunningNews): void;
  onError(error: unknown): void;
}

export const RUNNING_TICK_MS = 250;
/** Calls that are followed at once; more are nothing that anybody looks at. */
const MOST = 500;
/** Calls of which something is told at each look, in turn: 100 us each. */
const MOST_NEWS = 50;
const MOST_STARTED = 50;
/** Characters of a text that are shown, and that are searched for secrets: a key may begin before what is shown. */
const SHOWN = 4096;
const SEARCHED = 4 * SHOWN;

const SILENT: MeterProgress = {
  requestHeaders: [],
  method: '',
  path: '',
  model: null,
  status: null,
  inputTokens: null,
  outputTokens: null,
  thinkingLength: 0,
  tool: null,
  text: '',
};

interface Followed {
  live: LiveExchange;
  /** At the last news. */
  requestBytes: number;
  bytes: number;
}

/**
 * Looks at the calls under way while somebody watches. A call that is here for the second time has lived long enough to
 * be told of; shorter ones are told by their records alone.
 */
export class RunningCalls {
  readonly #options: RunningCallsOptions;
  /** By id; the one that was told of longest ago comes first. */
  readonly #followed = new Map<string, Followed>();
  #seen = new WeakSet<LiveExchange>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RunningCallsOptions) {
    this.#options = options;
  }

  /** Turns it on or off. Whoever begins to watch is told of all that run. */
  watch(on: boolean): void {
    this.#followed.clear();
    if (on) {
      this.#timer ??= setInterval(() => this.#tick(), RUNNING_TICK_MS).unref();
      return;
    }
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#seen = new WeakSet();
  }

  /** All that run at this moment, the oldest first. */
  list(): RunningCall[] {
    return [...this.#options.live()]
      .toSorted((one, other) => one.facts.wall - other.facts.wall)
      .slice(0, MOST)
      .flatMap((live) => this.#told(live));
  }

  /** Once every 250 ms. */
  look(): void {
    const now = new Set(this.#options.live());
    const news: RunningNews = { started: [], progress: this.#progress(now), gone: this.#gone(now) };
    for (const live of now) {
      if (!this.#seen.has(live)) this.#seen.add(live);
      else if (this.#mayBegin(live, news.started.length)) news.started.push(...this.#follow(live));
    }
    if (news.started.length + news.progress.length + news.gone.length > 0) this.#options.tell(news);
  }

  #tick(): void {
    try {
      this.look();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** The others begin at a later look. */
  #mayBegin(live: LiveExchange, begun: number): boolean {
    return begun < MOST_STARTED && this.#followed.size < MOST && !this.#followed.has(live.id);
  }

  #gone(now: ReadonlySet<LiveExchange>): string[] {
    const gone = [...this.#followed].filter(([, { live }]) => !now.has(live)).map(([id]) => id);
    for (const id of gone) this.#followed.delete(id);
    return gone;
  }

  #progress(now: ReadonlySet<LiveExchange>): RunningCall[] {
    const due = [...this.#followed.values()].filter(({ live, requestBytes, bytes }) => {
      const { facts } = live;
      return now.has(live) && (facts.responseBytes !== bytes || facts.requestBytes !== requestBytes);
    });
    return due.slice(0, MOST_NEWS).flatMap(({ live }) => {
      this.#followed.delete(live.id);
      return this.#follow(live);
    });
  }

  #follow(live: LiveExchange): RunningCall[] {
    const { requestBytes, responseBytes: bytes } = live.facts;
    this.#followed.set(live.id, { live, requestBytes, bytes });
    return this.#told(live);
  }

  /** None where it cannot be told of: that costs no other call. */
  #told(live: LiveExchange): RunningCall[] {
    try {
      return [this.#describe(live)];
    } catch (error) {
      this.#options.onError(error);
      return [];
    }
  }

  #describe(live: LiveExchange): RunningCall {
    const { connection, wall, requestBytes, responseBytes } = live.facts;
    const said = live.progress(SEARCHED) ?? SILENT;
    const { requestHeaders, method, path, model, status } = said;
    const provider = connection.provider ?? 'unknown';
    const identity = identify({ requestHeaders, requestBody: null, runId: connection.runId });
    return {
      id: live.id,
      started_at: new Date(wall).toISOString(),
      provider,
      host: hostOf(connection),
      method: maskText(method),
      path: maskTarget(originForm(path)),
      model: masked(model),
      session_id: masked(identity.session_id),
      run_id: masked(identity.run_id),
      client: masked(identity.client),
      status,
      request_bytes: requestBytes,
      bytes: responseBytes,
      input_tokens: said.inputTokens,
      output_tokens: said.outputTokens,
      thinking_chars: said.thinkingLength,
      tool: masked(said.tool),
      text: this.#options.keepsBodies(provider) ? shownText(said.text) : null,
    };
  }
}

function masked(text: string | null): string | null {
  return text === null ? null : maskText(text);
}

/**
 * What may be shown of the end of a text that goes on: half a secret would not be known for one, so that the last word
 * waits until it is whole, and the first one is left out where the text was cut. @param tail at most SEARCHED characters
 */
function shownText(tail: string): string | null {
  let end = tail.length;
  while (end > 0 && isOfWord(tail.charCodeAt(end - 1))) end -= 1;
  let start = 0;
  if (tail.length >= SEARCHED) while (start < end && isOfWord(tail.charCodeAt(start))) start += 1;
  const clean = maskText(tail.slice(start, end));
  if (clean === '') return null;
  // Not between the halves of a character.
  const first = Math.max(0, clean.length - SHOWN);
  const code = clean.charCodeAt(first);
  return clean.slice(code >= 0xdc_00 && code < 0xe0_00 ? first + 1 : first);
}

/** Characters of which secrets are made: visible ASCII. */
function isOfWord(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}
