/** Calls as Prometheus metrics, with the counters of the other threads. Names and labels for people: docs/metrics.md. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { CallRecord, Capture } from '../core/capture.ts';
import type { CounterName } from '../core/counters.ts';
import type { Sink } from '../core/sink.ts';
import { isError } from '../core/totals.ts';
import { isInexact } from './figures.ts';

export interface PrometheusSink extends Sink {
  /** @param counters absolute values by their keys in core/counters.ts */
  text(counters: Readonly<Record<string, number>>): Promise<string>;
}

/** Names are input: pairs of provider and model beyond this are `other`. */
const MAX_MODELS = 200;
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

const HELP: Readonly<Record<CounterName, string>> = {
  connections: 'Connections and plain requests by what policy said of them',
  tunnel_bytes: 'Bytes of blind tunnels',
  handshake_failures: 'TLS handshakes that failed, by side and cause',
  unparsed: 'Connections on which the parser gave up while the bytes flowed on',
  dropped: 'What was lost of the records (never of the traffic), by reason',
  internal_errors: 'Failures of own parts that traffic did not notice',
  upgrades: 'Connections that switched protocols (101)',
  upstream_connects: 'Connections to upstreams by result',
};

export function createPrometheusSink(): PrometheusSink {
  const metrics = createMetrics();
  return {
    name: 'prometheus',
    open() {},
    write: ({ record, costNanos }: Capture) => metrics.record(record, costNanos),
    flush() {},
    close() {},
    text: async (counters) => `${await metrics.registry.metrics()}\n${counterText(counters)}`,
  };
}

/** Metrics of one provider and model, with their labels bound: resolving labels is most of the cost of a sample. */
interface Series {
  tokens: Map<string, Counter.Internal>;
  cost: Counter.Internal;
  duration: Histogram.Internal<string>;
  ttft: Histogram.Internal<string>;
  request: Counter.Internal;
  response: Counter.Internal;
}

function createMetrics(): { registry: Registry; record(record: CallRecord, costNanos: number | null): void } {
  const registry = new Registry();
  const families = createFamilies(registry);
  const series = new Map<string, { labels: { provider: string; model: string }; metrics: Series }>();
  const seriesOf = ({ provider, response_model, request_model }: CallRecord) => {
    const model = response_model ?? request_model ?? 'unknown';
    const known = series.get(`${provider}\n${model}`);
    if (known !== undefined) return known;
    const isFull = series.size >= MAX_MODELS;
    const key = isFull ? '\nother' : `${provider}\n${model}`;
    const labels = isFull ? { provider: 'other', model: 'other' } : { provider, model };
    const added = series.get(key) ?? { labels, metrics: bind(families, labels) };
    series.set(key, added);
    return added;
  };
  return {
    registry,
    record(record, costNanos) {
      if (record.leg === 'shadow') return;
      const { labels, metrics } = seriesOf(record);
      if (record.inference) countCall(families, labels, record, costNanos);
      countUsage(families, metrics, labels, record, costNanos);
      metrics.request.inc(record.request_bytes);
      metrics.response.inc(record.response_bytes);
      if (!record.inference) return;
      metrics.duration.observe(record.duration_ms / 1000);
      if (record.ttft_ms !== null) metrics.ttft.observe(record.ttft_ms / 1000);
    },
  };
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
    calls: counter('calls', 'Finished calls of models', [...model, 'operation', 'status']),
    tokens: counter(
      'tokens',
      'Tokens as the providers counted them; cache, reasoning and audio are parts of input or output',
      [...model, 'kind'],
    ),
    inexact: counter('inexact_calls', 'Calls whose tokens were read by regex, estimated or cut', model),
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

function bind(families: Families, labels: { provider: string; model: string }): Series {
  const { provider } = labels;
  return {
    tokens: new Map(),
    cost: families.cost.labels(labels),
    duration: families.duration.labels(labels),
    ttft: families.ttft.labels(labels),
    request: families.bytes.labels({ provider, direction: 'request' }),
    response: families.bytes.labels({ provider, direction: 'response' }),
  };
}

function countCall(
  families: Families,
  labels: { provider: string; model: string },
  record: CallRecord,
  costNanos: number | null,
): void {
  families.calls.inc({ ...labels, operation: record.operation ?? 'unknown', status: statusLabel(record) });
  if (record.usage.state === 'none') families.unknown.inc(labels);
  else if (costNanos === null) families.unpriced.inc(labels);
  if (isError(record))
    families.errors.inc({ provider: labels.provider, type: errorLabel(record, families.errorTypes) });
}

function countUsage(
  families: Families,
  series: Series,
  labels: object,
  record: CallRecord,
  costNanos: number | null,
): void {
  for (const [kind, field] of KIND_ENTRIES) {
    const tokens = record.usage[field];
    if (tokens === null || tokens === 0) continue;
    let counter = series.tokens.get(kind);
    if (counter === undefined) series.tokens.set(kind, (counter = families.tokens.labels({ ...labels, kind })));
    counter.inc(tokens);
  }
  if (costNanos !== null && costNanos > 0) series.cost.inc(costNanos / 1e9);
  if (isInexact(record)) families.inexact.inc({ ...labels });
  if (record.tool_calls.length > 0) families.toolCalls.inc({ ...labels }, record.tool_calls.length);
}

function statusLabel({ status, outcome }: CallRecord): string {
  return status !== null && status >= 100 && status <= 599 ? String(status) : outcome;
}

const ERROR_TYPE = /^[a-z0-9_.-]{1,40}$/i;
const MAX_ERROR_TYPES = 100;
/** The provider's word for it, while there are few; else the status. */
function errorLabel(record: CallRecord, known: Set<string>): string {
  const type = record.error?.type ?? '';
  if (!ERROR_TYPE.test(type) || (!known.has(type) && known.size >= MAX_ERROR_TYPES)) return statusLabel(record);
  known.add(type);
  return type;
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
