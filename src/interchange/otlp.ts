/**
 * Spans as OTLP/JSON, one `TracesData` a line, as the OpenTelemetry file exporter writes them and the collector's
 * `otlpjsonfile` receiver reads them. Attributes: the semantic conventions for generative AI (1.37 and later; they are
 * in development), ours under `llm_proxy.`.
 */
import { createHash } from 'node:crypto';
import type { CallRecord } from '../core/capture.ts';
import { isError } from '../core/totals.ts';
import type { StoredExchange } from '../core/transfer.ts';
import type { MeterDirectory } from './answer-of.ts';
import { answeredConversation } from './chat-lines.ts';
import type { Formatter } from './formats.ts';
import { authorityOf } from './heads.ts';
import { type Attribute, type AttributeValue, textAttribute } from './otlp-attribute.ts';
import { messageAttributes } from './otlp-messages.ts';

export interface OtlpOptions {
  version: string;
  /** What was said as well; null = only numbers and names. */
  directory: MeterDirectory | null;
}

/** Spans of one line. */
const LINE = 100;

export function createOtlp({ version, directory }: OtlpOptions): Formatter {
  let spans: object[] = [];
  const flush = (): string => {
    if (spans.length === 0) return '';
    const line = JSON.stringify({
      resourceSpans: [
        {
          resource: {
            attributes: [textAttribute('service.name', 'llm-proxy'), textAttribute('service.version', version)],
          },
          scopeSpans: [{ scope: { name: 'llm-proxy', version }, spans }],
        },
      ],
    });
    spans = [];
    return `${line}\n`;
  };
  return {
    start: () => '',
    call: async (exchange) => {
      spans.push(await spanOf(exchange, directory));
      // What was said may be megabytes.
      return spans.length < LINE && directory === null ? '' : flush();
    },
    end: flush,
  };
}

const CLIENT = 3;
const ERROR = 2;

async function spanOf(exchange: StoredExchange, directory: MeterDirectory | null): Promise<object> {
  const { record } = exchange;
  const start = BigInt(Date.parse(record.started_at)) * 1_000_000n;
  const failed = isError(record);
  return {
    traceId: traceIdOf(record),
    spanId: spanId(record.span_id ?? record.id),
    ...(record.parent_span_id === null ? {} : { parentSpanId: spanId(record.parent_span_id) }),
    name: [operationOf(record), record.request_model ?? record.response_model].filter(Boolean).join(' '),
    kind: CLIENT,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(Math.round(record.duration_ms * 1e6))),
    attributes: [...attributesOf(record), ...(directory === null ? [] : await saidIn(exchange, directory))],
    ...(failed ? { status: { code: ERROR, message: record.error?.message ?? record.outcome } } : {}),
  };
}

async function saidIn(exchange: StoredExchange, directory: MeterDirectory): Promise<Attribute[]> {
  try {
    const conversation = await answeredConversation(exchange, directory);
    return conversation === null ? [] : messageAttributes(conversation);
  } catch {
    // Nested deeper than the stack: the span has its numbers all the same.
    return [];
  }
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

type Value = string | number | boolean | null | readonly string[];

/** Unknown is absent. */
function attributesOf(record: CallRecord): Attribute[] {
  const { usage } = record;
  const server = authorityOf(record.host, record.transport === 'http' ? 'http' : 'https');
  const values: Record<string, Value> = {
    'gen_ai.operation.name': operationOf(record),
    'gen_ai.provider.name': PROVIDERS.get(record.provider) ?? record.provider,
    'gen_ai.request.model': record.request_model,
    'gen_ai.response.model': record.response_model,
    'gen_ai.response.id': record.response_id,
    'gen_ai.response.finish_reasons': record.stop_reason === null ? null : [record.stop_reason],
    'gen_ai.usage.input_tokens': usage.input_tokens,
    'gen_ai.usage.output_tokens': usage.output_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cache_read_tokens,
    'gen_ai.usage.cache_creation.input_tokens': usage.cache_write_tokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoning_tokens,
    'gen_ai.conversation.id': record.session_id,
    'gen_ai.agent.name': record.agent,
    'server.address': server?.host ?? record.host,
    'server.port': server?.port ?? null,
    'http.response.status_code': record.status,
    'error.type': isError(record) ? (record.error?.type ?? String(record.status ?? record.outcome)) : null,
    ...ownValues(record),
  };
  return Object.entries(values).flatMap(([key, value]) => {
    const found = valueOf(key, value);
    return found === null ? [] : [{ key, value: found }];
  });
}

function ownValues(record: CallRecord): Record<string, Value> {
  const { usage } = record;
  return {
    'llm_proxy.call_id': record.id,
    'llm_proxy.request_id': record.request_id,
    'llm_proxy.outcome': record.outcome,
    'llm_proxy.stream': record.stream,
    'llm_proxy.ttft_ms': record.ttft_ms,
    'llm_proxy.cost_usd': record.cost_usd,
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

const DOUBLES: ReadonlySet<string> = new Set(['llm_proxy.ttft_ms', 'llm_proxy.cost_usd']);

function valueOf(key: string, value: Value): AttributeValue | null {
  if (value === null) return null;
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return DOUBLES.has(key) ? { doubleValue: value } : { intValue: String(value) };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}
