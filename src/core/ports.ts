/** What the three threads ask of each other (over core/rpc.ts). Types only. */
import type { CallRecord, Mode } from './capture.ts';
import type { ModelPrices } from './model-prices.ts';
import type { RunningCall, RunningNews } from './running-call.ts';
import type { ImportOutcome } from './transfer.ts';

/** Sums over finished primary calls. Tokens and cost are sums of what is known; `calls_without_usage` says the rest. */
export interface Totals {
  requests: number;
  errors: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
  tool_calls: number;
  /** USD, sum of the priced calls. */
  cost_usd: number;
  /** What the sums above do not hold: counts of ours, for what providers did not state. */
  estimated: EstimatedTotals;
  unpriced_calls: number;
  /** Inference calls whose usage is unknown. */
  calls_without_usage: number;
  /** Of these: sent as a whole and cut before any usage, so that the provider bills them and nobody knows how much. */
  billed_unknown_calls: number;
  /** Calls of which some number was read by regex (marked, kept in the sums) or estimated (apart). */
  inexact_calls: number;
  /** Of the requests: those that their client sent again. */
  retries: number;
  request_bytes: number;
  response_bytes: number;
}

/** Sums of estimates. A call that was cut may have a stated input and an estimated output. */
export interface EstimatedTotals {
  /** Calls of which some count is an estimate. */
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
}

/** `GET /api/stats`: totals since the store began. */
export interface Stats extends Omit<Totals, 'requests'> {
  total_requests: number;
  by_provider: Record<string, Totals>;
  /** Key `provider/model`. */
  by_model: Record<string, Totals>;
  since: string | null;
}

/** Milliseconds, to two digits, of requests that succeeded and came whole; null = there was none. */
export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** `GET /api/stats` with a question: totals of a period. */
export interface PeriodStats extends Stats {
  /** ISO 8601 UTC; `since` is included (null = from the first call), `until` is not (null = up to now). */
  until: string | null;
  /** Calls of the hours at the ends are no longer stored: the period was widened to whole hours. */
  whole_hours: boolean;
  /** Calls that may be missing: sums over two dimensions, and by minute, are of the calls that are still stored. */
  deleted_calls: number;
  duration_ms: Percentiles;
  ttft_ms: Percentiles;
  /** By what `groups` are; absent = not asked for. */
  group?: string;
  /** Time upwards; anything else by cost, dearest first. */
  groups?: PeriodGroup[];
  groups_left_out?: number;
}

export interface PeriodGroup extends Totals {
  /** Null = the calls did not say. */
  key: string | null;
  duration_ms: Percentiles;
  ttft_ms: Percentiles;
}

/** What `run` prints at its end. */
export interface RunSummary {
  run_id: string;
  /** That came in by its listener, whatever became of them; absent where they are not known. */
  connections?: number;
  totals: Totals;
  by_model: Record<string, Totals>;
}

export interface SinkHealth {
  name: string;
  state: 'opening' | 'open' | 'failing' | 'closed';
  /** Captures that wait for the sink to open. */
  queued: number;
  dropped: number;
  /** The last failure; `null` once the sink has opened again. */
  error: string | null;
  /** Of systems that calls are sent to. `queued` are calls in the database that are not sent yet, `dropped` the others. */
  delivery?: DeliveryHealth;
}

export interface DeliveryHealth {
  /** Without secrets; null = nothing was sent yet. */
  address: string | null;
  /** Calls, ever. */
  sent: number;
  /** Not wanted by the other side. */
  refused: number;
  /** Deleted from the database before they could be sent. */
  missed: number;
  /** ISO 8601 UTC; null = never. */
  sent_at: string | null;
  /** Since when nothing arrives; null = it does. */
  error_since: string | null;
  last_refusal: { call_id: string; message: string; at: string } | null;
}

export interface RecorderHealth {
  /** Exchanges under way. */
  live: number;
  sinks: SinkHealth[];
}

/** Which stored calls to price again. Times are ISO 8601 UTC; `since` is included, `until` is not. */
export interface RepriceQuery {
  since?: string;
  until?: string;
  provider?: string;
  /** Request or response model. */
  model?: string;
  /** Change nothing. */
  dryRun: boolean;
  /** Of the slice before; null = from the first call. */
  cursor: string | null;
}

export interface RepricedModel {
  provider: string;
  model: string | null;
  /** Calls that were looked at. */
  calls: number;
  changed: number;
  /** Nano-dollars, of the priced ones among them. */
  before_nanos: number;
  after_nanos: number;
  newly_priced: number;
  newly_unpriced: number;
}

/** A second of the work: whoever wants the rest asks again with the cursor. */
export interface RepriceSlice {
  models: RepricedModel[];
  /** Null = all is done. */
  next_cursor: string | null;
}

/** `[retention]`; 0 = no limit. */
export interface Retention {
  bodiesMaxAgeDays: number;
  bodiesMaxTotalBytes: number;
  recordsMaxAgeDays: number;
  recordsMaxTotalBytes: number;
}

export interface LifeSettings {
  retention: Retention;
  /** Of session files, also of those that were written when they were on. */
  sessionFolder: string;
}

/** What is too old or too much in the database; `null` = no limit. Pinned calls and sessions stay in any case. */
export interface KeepLimits {
  /** ISO 8601 UTC: bodies, and records with their bodies, of calls that started before go. */
  bodiesBefore: string | null;
  recordsBefore: string | null;
  /** What bodies alone may take; above, the oldest go. */
  bodiesBytes: number | null;
  /** What the database may have in use; above, the oldest bodies go, by the second one the oldest records with theirs. */
  usedBytes: number | null;
  recordsBytes: number | null;
}

/** A second of the work: whoever wants the rest asks again. */
export interface PruneSlice {
  /** Calls that are gone, and calls of which the bodies alone are. */
  records: number;
  bodies: number;
  done: boolean;
  /** Of the database, after it. */
  space: StoreSpace;
}

/** Bytes. */
export interface StoreSpace {
  /** Of the database, as far as it is in use. */
  used: number;
  /** In the file, to be used again. */
  free: number;
  /** Of the -wal file. */
  wal: number;
}

/** What is to be forgotten, with all that came from it. */
export interface PurgeTarget {
  kind: 'call' | 'session' | 'customer' | 'run';
  id: string;
}

/** A second of the work: whoever wants the rest asks again with the cursor. */
export interface PurgeSlice {
  calls: number;
  /** Sections of the text log and lines of session files that were overwritten; files of sessions that were deleted. */
  log_sections: number;
  session_entries: number;
  /** Sections that were not where the record said: somebody moved or cut the file. */
  log_sections_missing: number;
  /** Copies of the database from before an upgrade that were deleted, because they hold it too. */
  backups: number;
  /** Words on what this could not do; each with what to do about it. */
  left: string[];
  /** Null = all is done. */
  next_cursor: string | null;
}

/** `unknown` = there is no such call or session. */
export type PinResult = 'changed' | 'unchanged' | 'unknown';

/** Answered by the recorder thread. */
export interface RecorderQueries {
  stats(): Stats | Promise<Stats>;
  /** Prometheus text of all threads. */
  metrics(): string | Promise<string>;
  /** Exact once the net thread's `closeRun` has resolved. Asked at the end of a run: its trace ends with it. */
  runSummary(runId: string): RunSummary | Promise<RunSummary>;
  /** Everything received so far is in the store and in the log files. */
  flush(): void | Promise<void>;
  health(): RecorderHealth | Promise<RecorderHealth>;
}

/** What the reader thread is served: answers, and finished calls for as long as it watches. */
export interface RecorderService extends RecorderQueries {
  /** While on, every finished call is posted on the asker's port as a `LiveMessage`, and what is new of those under way. */
  watch(on: boolean): void | Promise<void>;
  /** Calls under way, the oldest first. */
  running(): RunningCall[] | Promise<RunningCall[]>;
  /** Whether bodies are recorded at all; with an argument, from now on. Usage is counted either way. */
  tracing(enabled?: boolean): boolean | Promise<boolean>;
  /** What models cost now. */
  prices(models: readonly { provider: string; model: string }[]): ModelPrices[] | Promise<ModelPrices[]>;
  /** What a call would cost; `null` = a price or a count is unknown. */
  costOf(
    question: CostQuestion,
  ): Pick<CallRecord, 'cost_usd' | 'cost'> | Promise<Pick<CallRecord, 'cost_usd' | 'cost'>>;
  /** Prices stored calls again; the totals follow. Rejects with what SQLite says. */
  reprice(query: RepriceQuery): Promise<RepriceSlice>;
  /**
   * Takes calls of elsewhere into the store; the totals follow.
   * @param lines of interchange/transfer-lines.ts. @param dryRun changes nothing, says what it would
   */
  import(lines: string, dryRun: boolean): Promise<ImportOutcome>;
  /** Deletes what is above the limits; `null` = those of the configuration. Rejects with what SQLite says. */
  prune(limits: KeepLimits | null): Promise<PruneSlice>;
  /** @param cursor of the slice before; null = the first. Rejects with what SQLite says. */
  purge(target: PurgeTarget, cursor: string | null): Promise<PurgeSlice>;
  pin(kind: 'call' | 'session', id: string, on: boolean): PinResult | Promise<PinResult>;
}

/** Comes on the port of the calls (core/rpc.ts passes over it). */
export type LiveMessage = { live: CallRecord } | { running: RunningNews };

/** `local_servers`: model servers that the configuration names. */
export interface OpenRun {
  run_id: string;
  proxy_url: string;
  local_servers: { provider: string; host: string; port: number }[];
}

/** A call that nobody has made. */
export interface CostQuestion {
  provider: string;
  model: string | null;
  operation: string | null;
  host: string;
  input_tokens: number | null;
  output_tokens: number | null;
}

/** What would happen to a call. */
export interface PolicyAnswer {
  scheme: 'https' | 'http';
  host: string;
  port: number;
  path: string;
  verdict: 'intercept' | 'tunnel' | 'refuse';
  /** Stable name; `null` where it is intercepted. */
  reason: string | null;
  /** The same in words. */
  message: string;
  /** Who serves the host, intercepted or not. */
  provider: string | null;
}

/** Clients with which TLS failed, for one host and one cause. */
export interface TlsTrouble {
  host: string;
  /** As it names itself in its CONNECT; `null` = it does not. */
  client: string | null;
  /** `cert-rejected`, `closed-unused` ...: net/handshake-cause.ts. */
  cause: string;
  /** What to do about it. */
  hint: string;
  count: number;
  /** ISO 8601 UTC. */
  first_at: string;
  last_at: string;
}

/** Where clients are to be pointed, and who could not be served. */
export interface ClientSetup {
  proxy_url: string;
  ca_file: string;
  bundle_file: string;
  /** The latest first. */
  tls_troubles: TlsTrouble[];
}

/** `GET /api/mode`. */
export interface ModeState {
  mode: Mode;
  target_url: string | null;
  /** What the target is asked for, whatever the client names; `null` = what that names. */
  model: string | null;
  /** True: no switch to the providers is allowed (`--allow-anthropic-only`). */
  guarded: boolean;
}

/** An error of its own, for messages lose their codes between threads. */
export type ModeAnswer = { state: ModeState } | { refused: { status: 400 | 403; type: string; message: string } };

/** Answered by the net thread. */
export interface NetControl {
  /** A loopback listener of its own for one `run`; closed when the process `pid` is gone. */
  openRun(pid: number): Promise<OpenRun>;
  /** Resolves when the run's connections have ended and the recorder has seen their last row. */
  /** @returns how many connections had come in by it */
  closeRun(runId: string): Promise<number>;
  status():
    | { connections: number; in_flight: number; uptime_ms: number }
    | Promise<{ connections: number; in_flight: number; uptime_ms: number }>;
  /** Rejects with AppError `config_invalid` for what is no http(s) address. */
  explain(url: string): PolicyAnswer | Promise<PolicyAnswer>;
  setup(): ClientSetup | Promise<ClientSetup>;
  /** @param change body of `PUT /api/mode`; `null` = none, just tell. */
  mode(change: unknown): ModeAnswer | Promise<ModeAnswer>;
  /** Graceful stop, as SIGTERM. */
  stop(): void | Promise<void>;
}
