/** A call record from a file: checked member by member, for a file is no friend. */
import { type CallRecord, type CostLine, OUTCOMES, type ToolCall } from '../../core/capture.ts';
import { TOKEN_FIELDS, unknownUsage, UNIT_NAMES, type Usage } from '../../core/usage.ts';
import { isObject, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { type CallContext, CONTEXT_FIELDS } from '../../core/call-context.ts';
import { agentFactsOf } from './agent-facts.ts';
import {
  amount,
  flag,
  isTime,
  oneOf,
  oneOfOrNull,
  text,
  textList,
  textOrNull,
  textsIn,
  whole,
  wrong,
} from './members.ts';

/** @throws Error that says which member is wrong */
export function callRecordOf(line: JsonObject): CallRecord {
  const id = text(line, 'id', ID);
  return {
    id,
    started_at: timeOf(line),
    provider: text(line, 'provider', NAME),
    operation: textOrNull(line, 'operation'),
    inference: flag(line, 'inference'),
    settles: flag(line, 'settles'),
    host: text(line, 'host', HOST),
    path: text(line, 'path'),
    method: text(line, 'method', NAME),
    status: whole(line, 'status'),
    ...answerOf(line),
    stream: flag(line, 'stream'),
    transport: oneOf(line, 'transport', ['http', 'https', 'websocket', 'bedrock']),
    billing: oneOf(line, 'billing', ['metered', 'subscription', 'free', 'cached_by_gateway', 'batch']),
    dims: textsIn(objectAt(line, 'dims')),
    context_tokens: whole(line, 'context_tokens'),
    usage: usageOf(line),
    anomalies: textList(line, 'anomalies'),
    ...costOf(line),
    duration_ms: millis(line, 'duration_ms') ?? 0,
    ttfb_ms: millis(line, 'ttfb_ms'),
    ttft_ms: millis(line, 'ttft_ms'),
    stop_reason: textOrNull(line, 'stop_reason'),
    tool_calls: toolCallsOf(line),
    ...contextOf(line),
    agent_facts: agentFactsOf(objectAt(line, 'agent_facts')),
    mode: oneOfOrNull(line, 'mode', MODES) ?? 'passthrough',
    leg: oneOf(line, 'leg', ['primary', 'shadow']),
    steer: steerOf(objectAt(line, 'steer')),
    comparison_id: textOrNull(line, 'comparison_id'),
    outcome: oneOf(line, 'outcome', OUTCOMES),
    error: errorOf(line),
    request_bytes: whole(line, 'request_bytes') ?? 0,
    response_bytes: whole(line, 'response_bytes') ?? 0,
    capture: {
      truncated: flag(objectAt(line, 'capture'), 'truncated'),
      dropped: whole(objectAt(line, 'capture'), 'dropped') ?? 0,
    },
  };
}

const MODES = ['passthrough', 'target', 'compare'] as const;
const ID = /^[\w.:-]{1,100}$/;
const NAME = /^[\w.-]{1,64}$/;
const HOST = /^[\w.:[\]-]{1,260}$/;
const ANSWER_TEXTS = [
  'request_model',
  'response_model',
  'response_id',
  'request_id',
  'service_tier',
  'speed',
  'region',
] as const;

function answerOf(line: JsonObject): Pick<CallRecord, (typeof ANSWER_TEXTS)[number] | 'retry_count'> {
  return { ...textsOrNull(line, ANSWER_TEXTS), retry_count: whole(line, 'retry_count') };
}

function contextOf(line: JsonObject): CallContext {
  return textsOrNull(line, CONTEXT_FIELDS);
}

function textsOrNull<K extends string>(line: JsonObject, names: readonly K[]): Record<K, string | null> {
  return Object.fromEntries(names.map((name) => [name, textOrNull(line, name)])) as Record<K, string | null>;
}

const SOURCES = [
  'json',
  'sse',
  'ndjson',
  'eventstream',
  'websocket',
  'grpc',
  'header',
  'request',
  'regex',
  'estimate',
] as const;

function usageOf(line: JsonObject): Usage {
  const usage = objectAt(line, 'usage');
  if (usage === null) return unknownUsage();
  const units = objectAt(usage, 'units');
  return {
    ...(Object.fromEntries(TOKEN_FIELDS.map((name) => [name, whole(usage, name)])) as Pick<
      Usage,
      (typeof TOKEN_FIELDS)[number]
    >),
    units: Object.fromEntries(
      UNIT_NAMES.flatMap((name) => (valueAt(units, name) === undefined ? [] : [[name, amount(units, name)]])),
    ),
    source: oneOfOrNull(usage, 'source', SOURCES),
    state: oneOf(usage, 'state', ['final', 'partial', 'none']),
    estimated: textList(usage, 'estimated').filter((name) => name === 'input_tokens' || name === 'output_tokens'),
    raw: valueAt(usage, 'raw') ?? null,
  };
}

const CONFIDENCES = ['exact', 'partial', 'estimated', 'unpriced'] as const;

/** What is summed of a cost is a difference of two such amounts at most: as integers that can be read from the store again. */
const MOST_NANOS = 2 ** 52;

function costOf(line: JsonObject): Pick<CallRecord, 'cost' | 'cost_usd'> {
  const cost = objectAt(line, 'cost');
  const usd = amount(line, 'cost_usd', -Infinity);
  if (Math.abs(usd ?? 0) * 1e9 > MOST_NANOS) throw wrong('cost_usd', 'below 4 million dollars');
  if (cost === null)
    return {
      cost_usd: usd,
      cost: { source: null, price_date: null, confidence: usd === null ? 'unpriced' : 'partial', lines: [] },
    };
  const lines = objectsAt(cost, 'lines').map(costLineOf);
  const nanos = lines.reduce((sum, each) => sum + Math.abs(each.nanos ?? 0), 0);
  if (nanos > MOST_NANOS) throw wrong('nanos', 'below 4 million dollars');
  return {
    cost_usd: usd,
    cost: {
      source: oneOfOrNull(cost, 'source', ['provider', 'genai-prices', 'list-price', 'override']),
      price_date: textOrNull(cost, 'price_date'),
      confidence: oneOf(cost, 'confidence', CONFIDENCES),
      lines,
      ...(valueAt(cost, 'reason') === 'billed_amount_unknown' ? { reason: 'billed_amount_unknown' } : {}),
    },
  };
}

function costLineOf(line: JsonObject): CostLine {
  const note = textOrNull(line, 'note');
  return {
    unit: text(line, 'unit'),
    amount: amount(line, 'amount') ?? 0,
    price_usd: amount(line, 'price_usd', -Infinity),
    per: amount(line, 'per') ?? 1,
    nanos: whole(line, 'nanos', -Infinity),
    source: textOrNull(line, 'source'),
    price_date: textOrNull(line, 'price_date'),
    ...(note === null ? {} : { note }),
  };
}

function toolCallsOf(line: JsonObject): ToolCall[] {
  return objectsAt(line, 'tool_calls').map((call) => ({
    id: textOrNull(call, 'id'),
    name: stringAt(call, 'name') ?? '',
  }));
}

function steerOf(steer: JsonObject | null): CallRecord['steer'] {
  if (steer === null) return null;
  const { sent_to, sent_model } = textsOrNull(steer, ['sent_to', 'sent_model']);
  return { rule: text(steer, 'rule'), sent_to, sent_model };
}

function errorOf(line: JsonObject): CallRecord['error'] {
  const error = objectAt(line, 'error');
  return error === null ? null : { type: text(error, 'type'), message: stringAt(error, 'message') ?? '' };
}

function millis(line: JsonObject, name: string): number | null {
  const value = amount(line, name);
  if (value !== null && !isTime(value)) throw wrong(name, 'a number of milliseconds');
  return value;
}

/** As the store has them: sorted by their text. */
function timeOf(line: JsonObject): string {
  const time = Date.parse(text(line, 'started_at'));
  if (!isTime(time)) throw wrong('started_at', 'a time such as 2026-11-21T10:00:00.000Z');
  return new Date(time).toISOString();
}

/** Whether a line looks as if it were one: by the members that no other format has. */
export function looksLikeRecord(line: unknown): boolean {
  return isObject(line) && stringAt(line, 'id') !== null && stringAt(line, 'started_at') !== null && 'usage' in line;
}
