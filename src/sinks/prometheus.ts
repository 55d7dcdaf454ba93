/** Calls as Prometheus metrics, with the counters of the other threads. Names and labels for people: docs/metrics.md. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { CallRecord, Capture } from '../core/capture.ts';
import type { CounterName } from '../core/counters.ts';
import type { Sink } from '../core/sink.ts';
import { BILLED_UNKNOWN, estimatedNanos, isError, isUnpriced } from '../core/totals.ts';
import type { EstimatedField } from '../core/usage.ts';
import { isInexact } from './figures.ts';

export interface PrometheusSink extends Sink {
  /** @param counters absolute values by their keys in core/counters.ts */
  text(counters: Readonly<Record<string, number>>): Promise<string>;
}

/** Names are input: pairs of provider and model beyond this are `other`. */
const MAX_MODELS = 200;
/** Some providers' operations are read from a header of the request: of one model beyond this they are `other`. */
const MAX_OPERATIONS = 50;
const OTHER = 'other';
const NANOS_PER_USD = 1e9;
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320];
const TTFT_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 25, 60];

/** What of the usage is a `kind`; input and output are sums, the others are parts of them. */
const KINDS = {
  input: 'input_tokens',
  output: 'output_tokens',
  cache_read: 'cache_read_tokens',
  cache_write: 'cache_write_tokens',
  reasoning: 'reasoning_tokens',
  input_audio: 'input_audio_tokens',
  output_audio: 'output_audio_tokens',
} as const satisfies Record<string, keyof CallRecord['usage']>;
const KIND_ENTRIES = Object.entries(KINDS);
/** Kinds that can be estimates. */
const ESTIMATED_KINDS = { input_tokens: 'input', output_tokens: 'output' } as const satisfies Record<
  EstimatedField,
  string
>;

const HELP: Readonly<Record<CounterName, string>> = {
  connections: 'Connections and plain requests by what policy said of them',
  tunnel_bytes: 'Bytes of blind tunnels',
  handshake_failures: 'TLS handshakes that failed, by side and cause',
  unparsed: 'Connections on which a parser gave up while the bytes flowed on',
  dropped: 'What was lost of the records (never of the traffic), by reason',
  internal_errors: 'Failures of own parts that traffic did not notice',
  upgrades: 'Connections that switched protocols (101)',
  upstream_connects: 'Connections to upstreams by result',
  comparison_copies: 'Copies of calls that mode compare made for its target, by result',
  include_usage: 'Streams whose usage was asked for in place of the client, by result',
  durability_released: 'Answers that ended before their call was on record although durability is strict, by reason',
};

export function createPrometheusSink(): PrometheusSink {
  const metrics = createMetrics();
  return {
    name: 'prometheus',
    open() {},
    write: ({ record, costNanos }: Capture) => metrics.record(record, costNanos),
    flush() {},
    close() {},
    text: async (counters) => {
      metrics.settle();
      return `${await metrics.registry.metrics()}\n${counterText(counters)}`;
    },
  };
}

interface Labels {
  provider: string;
  model: string;
}

/**
 * A sum that prom-client learns of when it is asked for its text: `inc` hashes the labels into a new string each time,
 * bound or not, which was most of the cost of this sink (9 µs a call, 4 of them for the garbage collector).
 */
class Sum {
  readonly #counter: Counter;
  readonly #labels: Record<string, string>;
  #value = 0;

  constructor(counter: Counter, labels: Record<string, string>) {
    this.#counter = counter;
    this.#labels = labels;
  }

  add(amount: number): void {
    this.#value += amount;
  }

  /** @param scale of the counter's unit to that of what was added. */
  settle(scale = 1): void {
    this.#counter.inc(this.#labels, this.#value / scale);
    this.#value = 0;
  }
}

/** Metrics of one provider and model. */
interface Series {
  readonly labels: Labels;
  /** By operation and status. */
  readonly calls: Map<string, Map<string, Sum>>;
  /** By kind. */
  readonly tokens: Map<string, Sum>;
  /** By kind: counts of ours, which are in `tokens` under no label. */
  readonly estimatedTokens: Map<string, Sum>;
  /** Nano-dollars: exact. */
  cost: Sum | null;
  estimatedCost: Sum | null;
  readonly duration: Histogram.Internal<string>;
  readonly ttft: Histogram.Internal<string>;
  readonly request: Sum;
  readonly response: Sum;
}

interface Metrics {
  registry: Registry;
  record(record: CallRecord, costNanos: number | null): void;
  /** To be called before the registry is asked. */
  settle(): void;
}

function createMetrics(): Metrics {
  const registry = new Registry();
  const families = createFamilies(registry);
  const series = new Map<string, Map<string, Series>>();
  let count = 0;
  const known = (provider: string, model: string): Series | undefined => series.get(provider)?.get(model);
  const seriesOf = ({ provider, response_model, request_model }: CallRecord): Series => {
    const model = response_model ?? request_model ?? 'unknown';
    const found = known(provider, model) ?? (count < MAX_MODELS ? undefined : known(OTHER, OTHER));
    if (found !== undefined) return found;
    const labels = count < MAX_MODELS ? { provider, model } : { provider: OTHER, model: OTHER };
    const added = bind(families, labels);
    count += 1;
    const models = series.get(labels.provider) ?? new Map<string, Series>();
    series.set(labels.provider, models.set(labels.model, added));
    return added;
  };
  return {
    registry,
    record(record, costNanos) {
      if (record.leg === 'shadow') return;
      const metrics = seriesOf(record);
      if (record.inference) countCall(families, metrics, record);
      countUsage(families, metrics, record, costNanos);
      metrics.request.add(record.request_bytes);
      metrics.response.add(record.response_bytes);
      if (!record.inference) return;
      metrics.duration.observe(record.duration_ms / 1000);
      if (record.ttft_ms !== null) metrics.ttft.observe(record.ttft_ms / 1000);
    },
    settle() {
      for (const models of series.values()) for (const metrics of models.values()) settle(metrics);
    },
  };
}

function settle({ calls, tokens, estimatedTokens, cost, estimatedCost, request, response }: Series): void {
  for (const byStatus of calls.values()) for (const sum of byStatus.values()) sum.settle();
  for (const sum of tokens.values()) sum.settle();
  for (const sum of estimatedTokens.values()) sum.settle();
  cost?.settle(NANOS_PER_USD);
  estimatedCost?.settle(NANOS_PER_USD);
  request.settle();
  response.settle();
}

type Families = ReturnType<typeof createFamilies>;

function createFamilies(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `llm_proxy_${name}_total`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `llm_proxy_${name}_seconds`, help, labelNames: ['provider', 'model'], buckets, registers });
  const model = ['provider', 'model'];
  return {
    errorTypes: new Set<string>(),
    anomalyKinds: new Set<string>(),
    calls: counter('calls', 'Finished calls of models', [...model, 'operation', 'status']),
    tokens: counter(
      'tokens',
      'Tokens as the providers counted them; cache, reasoning and audio are parts of input or output',
      [...model, 'kind'],
    ),
    inexact: counter('inexact_calls', 'Calls whose tokens were read by regex, estimated or cut', model),
    estimatedCalls: counter('estimated_calls', 'Calls of which some count is an estimate', model),
    estimatedTokens: counter('estimated_tokens', 'Tokens that no provider stated; they are not in tokens', [
      ...model,
      'kind',
    ]),
    estimatedCost: counter('estimated_cost_usd', 'Cost of estimated tokens; it is not in cost_usd', model),
    billedUnknown: counter('billed_unknown_calls', 'Calls that are billed and of which no usage came', model),
    retries: counter('retries', 'Calls that their client sent again', model),
    anomalies: counter('anomalies', 'What was odd in the counts of calls', ['provider', 'kind']),
    unknown: counter('calls_without_usage', 'Calls whose provider said nothing of tokens', model),
    cost: counter('cost_usd', 'Cost of the priced calls', model),
    unpriced: counter('unpriced_calls', 'Calls with tokens but without a known price', model),
    bytes: counter('body_bytes', 'Body bytes on the wire', ['provider', 'direction']),
    errors: counter('call_errors', 'Calls that failed', ['provider', 'type']),
    toolCalls: counter('tool_calls', 'Tools that models asked for', model),
    duration: histogram('call_duration', "Request's first byte to response's last byte", DURATION_BUCKETS),
    ttft: histogram('ttft', "Request's first byte to the first generated content of a stream", TTFT_BUCKETS),
  };
}

function bind(families: Families, labels: Labels): Series {
  const { provider } = labels;
  return {
    labels,
    calls: new Map(),
    tokens: new Map(),
    estimatedTokens: new Map(),
    cost: null,
    estimatedCost: null,
    duration: families.duration.labels({ ...labels }),
    ttft: families.ttft.labels({ ...labels }),
    request: new Sum(families.bytes, { provider, direction: 'request' }),
    response: new Sum(families.bytes, { provider, direction: 'response' }),
  };
}

function countCall(families: Families, series: Series, record: CallRecord): void {
  callsOf(families, series, record).add(1);
  const { labels } = series;
  if (record.usage.state === 'none') families.unknown.inc({ ...labels });
  if (record.anomalies.includes(BILLED_UNKNOWN)) families.billedUnknown.inc({ ...labels });
  if ((record.retry_count ?? 0) > 0) families.retries.inc({ ...labels });
  if (isError(record))
    families.errors.inc({ provider: labels.provider, type: errorLabel(record, families.errorTypes) });
}

function callsOf(families: Families, { calls, labels }: Series, record: CallRecord): Sum {
  const name = record.operation ?? 'unknown';
  const operation = calls.has(name) || calls.size < MAX_OPERATIONS ? name : OTHER;
  const status = statusLabel(record);
  const known = calls.get(operation)?.get(status);
  if (known !== undefined) return known;
  const sum = new Sum(families.calls, { ...labels, operation, status });
  calls.set(operation, (calls.get(operation) ?? new Map<string, Sum>()).set(status, sum));
  return sum;
}

function countUsage(families: Families, series: Series, record: CallRecord, costNanos: number | null): void {
  const { labels } = series;
  for (const [kind, field] of KIND_ENTRIES) {
    const tokens = record.usage[field];
    if (tokens === null || tokens === 0 || isEstimated(record, field)) continue;
    sumOf(series.tokens, kind, families.tokens, labels).add(tokens);
  }
  const guessed = estimatedNanos(record, costNanos);
  const stated = (costNanos ?? 0) - guessed;
  if (stated > 0) (series.cost ??= new Sum(families.cost, { ...labels })).add(stated);
  if (record.usage.estimated.length > 0) countEstimate(families, series, record, guessed);
  countDoubts(families, labels, record, costNanos);
  if (record.tool_calls.length > 0) families.toolCalls.inc({ ...labels }, record.tool_calls.length);
}

function countDoubts(families: Families, labels: Labels, record: CallRecord, costNanos: number | null): void {
  if (record.anomalies.length > 0) countAnomalies(families, labels.provider, record.anomalies);
  if (isUnpriced(record, costNanos)) families.unpriced.inc({ ...labels });
  if (isInexact(record)) families.inexact.inc({ ...labels });
}

function isEstimated({ usage }: CallRecord, field: keyof CallRecord['usage']): boolean {
  return usage.estimated.some((estimated) => estimated === field);
}

function countAnomalies({ anomalies, anomalyKinds }: Families, provider: string, names: readonly string[]): void {
  for (const name of names) anomalies.inc({ provider, kind: bounded(name, anomalyKinds) ?? OTHER });
}

function countEstimate(families: Families, series: Series, { usage }: CallRecord, nanos: number): void {
  const { labels } = series;
  families.estimatedCalls.inc({ ...labels });
  for (const field of usage.estimated) {
    sumOf(series.estimatedTokens, ESTIMATED_KINDS[field], families.estimatedTokens, labels).add(usage[field] ?? 0);
  }
  if (nanos > 0) (series.estimatedCost ??= new Sum(families.estimatedCost, { ...labels })).add(nanos);
}

function sumOf(sums: Map<string, Sum>, kind: string, counter: Counter, labels: Labels): Sum {
  let sum = sums.get(kind);
  if (sum === undefined) sums.set(kind, (sum = new Sum(counter, { ...labels, kind })));
  return sum;
}

function statusLabel({ status, outcome }: CallRecord): string {
  return status !== null && status >= 100 && status <= 599 ? String(status) : outcome;
}

/** The provider's word for it, while there are few; else the status. */
function errorLabel(record: CallRecord, known: Set<string>): string {
  return bounded(record.error?.type ?? '', known) ?? statusLabel(record);
}

const WORD = /^[a-z0-9_.-]{1,40}$/i;
const MAX_WORDS = 100;

/** A word that may be a label: short, and one of few. */
function bounded(word: string, known: Set<string>): string | null {
  if (!WORD.test(word) || (!known.has(word) && known.size >= MAX_WORDS)) return null;
  known.add(word);
  return word;
}

function counterText(counters: Readonly<Record<string, number>>): string {
  let text = '';
  for (const [name, help] of Object.entries(HELP)) {
    const samples = Object.entries(counters).filter(([key]) => key === name || key.startsWith(`${name}{`));
    text += `# HELP llm_proxy_${name}_total ${help}\n# TYPE llm_proxy_${name}_total counter\n`;
    for (const [key, value] of samples) text += `llm_proxy_${name}_total${key.slice(name.length)} ${value}\n`;
  }
  return text;
}
