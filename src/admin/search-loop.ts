import { AppError } from '../core/errors.ts';
import type { Search } from './search.ts';

export interface SearchLoopHealth {
  /** `waiting`: for the database, or for a disk or a lock. */
  state: 'starting' | 'working' | 'current' | 'waiting' | 'stopped';
  /** Texts that are not in the index yet, about. */
  behind: number;
  /** Since the start of the thread. */
  indexed: number;
  removed: number;
  failures: number;
  /** The last failure; null once it went on. */
  error: string | null;
}

/** Milliseconds. Questions wait for a slice. */
const SLICE_MS = 20;
const IDLE_MS = 500;
const RETRY_MS = 5000;
/** Beside traffic half of a core is enough; who is far behind takes more. */
const RESTS: readonly [behind: number, share: number][] = [
  [10_000, 1],
  [100_000, 0.5],
  [Infinity, 0.1],
];

/** Keeps the search index up with the database, for as long as the reader thread lives. Nothing that happens here stops it. */
export class SearchLoop {
  readonly #search: Pick<Search, 'index'>;
  #timer: NodeJS.Timeout | null = null;
  #health: SearchLoopHealth = { state: 'starting', behind: 0, indexed: 0, removed: 0, failures: 0, error: null };

  constructor(search: Pick<Search, 'index'>) {
    this.#search = search;
  }

  get health(): SearchLoopHealth {
    return { ...this.#health };
  }

  start(): void {
    this.#later(0);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#health.state = 'stopped';
  }

  /** Prometheus text. */
  metrics(): string {
    const { behind, indexed, removed, failures } = this.#health;
    return [
      ['llm_proxy_search_lag_blocks', 'gauge', 'Texts that the search index does not hold yet', behind],
      ['llm_proxy_search_indexed_total', 'counter', 'Texts that were put into the search index', indexed],
      ['llm_proxy_search_removed_total', 'counter', 'Texts that were taken out of the search index', removed],
      ['llm_proxy_search_failures_total', 'counter', 'Times that the index could not be written', failures],
    ]
      .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
      .join('');
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.#work(), ms).unref();
  }

  #work(): void {
    const health = this.#health;
    const start = performance.now();
    try {
      const { added, removed, done, behind } = this.#search.index(SLICE_MS);
      health.indexed += added;
      health.removed += removed;
      health.behind = behind;
      health.error = null;
      health.state = done ? 'current' : 'working';
      const share = RESTS.find(([below]) => behind < below)?.[1] ?? 0;
      this.#later(done ? IDLE_MS : Math.ceil((performance.now() - start) * share));
    } catch (error) {
      // At the start there is no database yet: the recorder makes it.
      const isEarly = health.state === 'starting';
      if (!isEarly) {
        health.failures += 1;
        health.state = 'waiting';
      }
      health.error = causeOf(error);
      this.#later(isEarly ? IDLE_MS : RETRY_MS);
    }
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
