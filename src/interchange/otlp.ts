/**
 * Spans as OTLP/JSON, one `TracesData` a line, as the OpenTelemetry file exporter writes them and the collector's
 * `otlpjsonfile` receiver reads them. Attributes: the semantic conventions for generative AI (1.37 and later; they are
 * in development), ours under `llm_proxy.`.
 */
import { createHash } from 'node:crypto';
import type { CallRecord } from '../core/capture.ts';
import { isError } from '../core/totals.ts';
import type { MeterDirectory } from './answer-of.ts';
import type { Formatter } from './formats.ts';
import { authorityOf } from './heads.ts';
import { openInference } from './openinference.ts';
import { type Attribute, attributesFrom, double, type Value } from './otlp-attribute.ts';
import { messageAttributes } from './otlp-messages.ts';
import { type Said, saidOf } from './said.ts';

export interface OtlpOptions {
  version: string;
  /** What was said as well; null = only numbers and names. */
  directory: MeterDirectory | null;
}

/** Spans of one line. */
const LINE = 100;

export function createOtlp({ version, directory }: OtlpOptions): Formatter {
  const resource = resourceOf('llm-proxy', version, null);
  let spans: OtlpSpan[] = [];
  const flush = (): string => {
    if (spans.length === 0) return '';
    const line = JSON.stringify(tracesOf(resource, spans));
    spans = [];
    return `${line}\n`;
  };
  return {
    start: () => '',
    call: async (exchange) => {
      spans.push(spanOf(exchange.record, directory === null ? null : await saidOf(exchange, directory)));
      // What was said may be megabytes.
      return spans.length < LINE && directory === null ? '' : flush();
    },
    end: flush,
  };
}

/** `TracesData`, which is `ExportTraceServiceRequest` as well. */
export interface OtlpTraces {
  resourceSpans: OtlpResourceSpans[];
}

export interface OtlpResourceSpans {
  resource: { attributes: Attribute[] };
  scopeSpans: { scope: { name: string; version: string }; spans: OtlpSpan[] }[];
}

export interface OtlpSpan {
  /** 32 and 16 hex digits. */
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  /** Attributes that did not fit. */
  droppedAttributesCount?: number;
  status?: { code: number; message: string };
}

/** Whose spans they are. */
export interface OtlpResource {
  attributes: Attribute[];
  version: string;
}

/** @param machine `user@host`; null = it is not told */
export function resourceOf(serviceName: string, version: string, machine: string | null): OtlpResource {
  const at = machine?.lastIndexOf('@') ?? -1;
  const attributes = attributesFrom({
    'service.name': serviceName,
    'service.version': version,
    'host.name': machine?.slice(at + 1) ?? null,
    'process.owner': at > 0 ? (machine?.slice(0, at) ?? null) : null,
  });
  return { attributes, version };
}

export function tracesOf({ attributes, version }: OtlpResource, spans: OtlpSpan[]): OtlpTraces {
  const scope = { name: 'llm-proxy', version };
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] };
}

const CLIENT = 3;
const ERROR = 2;

/** More attributes a span is not given: what receivers and backends take. */
const MAX_ATTRIBUTES = 1024;

/** @param said null = only numbers and names */
export function spanOf(record: CallRecord, said: Said | null): OtlpSpan {
  if (said === null) return spanWith(record, null);
  try {
    return spanWith(record, said);
  } catch {
    // Nested deeper than the stack: the span has its numbers all the same.
    return spanWith(record, null);
  }
}

function spanWith(record: CallRecord, said: Said | null): OtlpSpan {
  const start = BigInt(Date.parse(record.started_at)) * 1_000_000n;
  const own = [...attributesOf(record), ...(said === null ? [] : messageAttributes(said))];
  const { attributes, dropped } = openInference(record, said, MAX_ATTRIBUTES - own.length);
  return {
    traceId: traceIdOf(record),
    spanId: spanId(record.span_id ?? record.id),
    ...(record.parent_span_id === null ? {} : { parentSpanId: spanId(record.parent_span_id) }),
    name: nameOf(record),
    kind: CLIENT,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(Math.round(record.duration_ms * 1e6))),
    attributes: [...own, ...attributes],
    ...(dropped === 0 ? {} : { droppedAttributesCount: dropped }),
    ...(isError(record) ? { status: { code: ERROR, message: record.error?.message ?? record.outcome } } : {}),
  };
}

function nameOf(record: CallRecord): string {
  const name = [operationOf(record), record.request_model ?? record.response_model].filter(Boolean).join(' ');
  return isShadow(record) ? `shadow ${name}` : name;
}

function isShadow({ leg }: CallRecord): boolean {
  return leg === 'shadow';
}

/** Those of a tracer are kept; others are made so that the same name always gives the same id. */
function traceIdOf(record: CallRecord): string {
  const id = record.trace_id ?? record.task_id ?? record.run_id ?? socketOf(record) ?? record.session_id ?? record.id;
  return /^(?!0{32})[0-9a-f]{32}$/.test(id) ? id : digest(id).slice(0, 32);
}

/** The call that opened the WebSocket: a span and its parent must be of one trace. */
function socketOf({ transport, parent_span_id: parent, id }: CallRecord): string | null {
  if (transport !== 'websocket') return null;
  return parent?.startsWith('call_') === true ? parent : id;
}

function spanId(id: string): string {
  return /^(?!0{16})[0-9a-f]{16}$/.test(id) ? id : digest(id).slice(0, 16);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const OPERATIONS: ReadonlyMap<string, string> = new Map([['responses', 'chat']]);

function operationOf({ operation }: CallRecord): string {
  return operation === null ? 'unknown' : (OPERATIONS.get(operation) ?? operation);
}

/** The names that the conventions give; others are ours. */
const PROVIDERS = new Map(
  Object.entries({
    google: 'gcp.gemini',
    vertex: 'gcp.vertex_ai',
    'azure-openai': 'azure.ai.openai',
    bedrock: 'aws.bedrock',
    mistral: 'mistral_ai',
    xai: 'x_ai',
    watsonx: 'ibm.watsonx.ai',
  }),
);

function attributesOf(record: CallRecord): Attribute[] {
  const server = authorityOf(record.host, record.transport === 'http' ? 'http' : 'https');
  return attributesFrom({
    'gen_ai.operation.name': operationOf(record),
    'gen_ai.provider.name': PROVIDERS.get(record.provider) ?? record.provider,
    'gen_ai.request.model': record.request_model,
    'gen_ai.response.model': record.response_model,
    'gen_ai.response.id': record.response_id,
    'gen_ai.response.finish_reasons': record.stop_reason === null ? null : [record.stop_reason],
    ...usageValues(record),
    'gen_ai.conversation.id': record.session_id,
    'gen_ai.agent.name': record.agent,
    'server.address': server?.host ?? record.host,
    'server.port': server?.port ?? null,
    'http.response.status_code': record.status,
    'error.type': isError(record) ? (record.error?.type ?? String(record.status ?? record.outcome)) : null,
    ...ownValues(record),
  });
}

/** A copy has its counts under names that nobody adds up. */
function usageValues(record: CallRecord): Record<string, Value> {
  const { usage } = record;
  const at = isShadow(record) ? 'llm_proxy.shadow.usage' : 'gen_ai.usage';
  return {
    [`${at}.input_tokens`]: usage.input_tokens,
    [`${at}.output_tokens`]: usage.output_tokens,
    [`${at}.cache_read.input_tokens`]: usage.cache_read_tokens,
    // Up to 1.41 of the conventions, and since.
    [`${at}.cache_creation.input_tokens`]: usage.cache_write_tokens,
    [`${at}.cache_write.input_tokens`]: usage.cache_write_tokens,
    [`${at}.reasoning.output_tokens`]: usage.reasoning_tokens,
  };
}

function ownValues(record: CallRecord): Record<string, Value> {
  const { usage } = record;
  return {
    'llm_proxy.call_id': record.id,
    'llm_proxy.request_id': record.request_id,
    'llm_proxy.outcome': record.outcome,
    'llm_proxy.stream': record.stream,
    'llm_proxy.ttft_ms': double(record.ttft_ms),
    ...(isShadow(record)
      ? { 'llm_proxy.leg': record.leg, 'llm_proxy.shadow.cost_usd': double(record.cost_usd) }
      : { 'llm_proxy.cost_usd': double(record.cost_usd) }),
    'llm_proxy.comparison_id': record.comparison_id,
    'llm_proxy.cost_confidence': record.cost.confidence,
    'llm_proxy.usage_source': usage.source,
    'llm_proxy.usage_state': usage.state,
    'llm_proxy.estimated': usage.estimated.length === 0 ? null : usage.estimated,
    'llm_proxy.anomalies': record.anomalies.length === 0 ? null : record.anomalies,
    'llm_proxy.task_id': record.task_id,
    'llm_proxy.run_id': record.run_id,
    'llm_proxy.section_path': record.section_path,
    'llm_proxy.customer_id': record.customer_id,
    'llm_proxy.tenant_id': record.tenant_id,
    'llm_proxy.client': record.client,
  };
}
