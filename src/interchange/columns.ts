/** A call as one row of a table. Names are those of the call record (docs/api.md), one level deep. */
import { isUtf8 } from 'node:buffer';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { TOKEN_FIELDS } from '../core/usage.ts';
import { CONTEXT_FIELDS } from '../core/call-context.ts';

export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'time';

/** `null` = unknown, never 0. Times are ISO 8601 UTC. */
export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly value: (exchange: StoredExchange) => Cell;
}

type Of = (record: StoredExchange['record']) => Cell;

const column = (name: string, type: ColumnType, of: Of): Column => ({ name, type, value: ({ record }) => of(record) });

const TEXTS_OF_THE_CALL = ['provider', 'operation', 'host', 'method', 'path'] as const;
const TEXTS_OF_THE_ANSWER = [
  'request_model',
  'response_model',
  'response_id',
  'request_id',
  'transport',
  'billing',
  'service_tier',
  'speed',
  'region',
  'stop_reason',
] as const;
const TEXTS_OF_THE_CLIENT = [...CONTEXT_FIELDS, 'mode', 'leg', 'comparison_id', 'outcome'] as const;

const RECORD: readonly Column[] = [
  column('id', 'text', ({ id }) => id),
  column('started_at', 'time', (record) => record.started_at),
  ...TEXTS_OF_THE_CALL.map((name) => column(name, 'text', (record) => record[name])),
  column('status', 'integer', ({ status }) => status),
  column('inference', 'boolean', ({ inference }) => inference),
  column('settles', 'boolean', ({ settles }) => settles),
  column('stream', 'boolean', ({ stream }) => stream),
  ...TEXTS_OF_THE_ANSWER.map((name) => column(name, 'text', (record) => record[name])),
  ...TOKEN_FIELDS.map((name) => column(name, 'integer', ({ usage }) => usage[name])),
  column('context_tokens', 'integer', (record) => record.context_tokens),
  column('usage_source', 'text', ({ usage }) => usage.source),
  column('usage_state', 'text', ({ usage }) => usage.state),
  column('usage_estimated', 'text', ({ usage }) => listOf(usage.estimated)),
  column('usage_units', 'text', ({ usage }) => jsonOf(usage.units)),
  column('cost_usd', 'number', (record) => record.cost_usd),
  column('cost_source', 'text', ({ cost }) => cost.source),
  column('cost_confidence', 'text', ({ cost }) => cost.confidence),
  column('price_date', 'text', ({ cost }) => cost.price_date),
  column('duration_ms', 'number', (record) => record.duration_ms),
  column('ttfb_ms', 'number', (record) => record.ttfb_ms),
  column('ttft_ms', 'number', (record) => record.ttft_ms),
  column('tool_calls', 'integer', (record) => record.tool_calls.length),
  column('tool_names', 'text', (record) => listOf(record.tool_calls.map(({ name }) => name))),
  column('retry_count', 'integer', (record) => record.retry_count),
  ...TEXTS_OF_THE_CLIENT.map((name) => column(name, 'text', (record) => record[name])),
  column('steer_rule', 'text', ({ steer }) => steer?.rule ?? null),
  column('sent_to', 'text', ({ steer }) => steer?.sent_to ?? null),
  column('sent_model', 'text', ({ steer }) => steer?.sent_model ?? null),
  column('error_type', 'text', ({ error }) => error?.type ?? null),
  column('error_message', 'text', ({ error }) => error?.message ?? null),
  column('anomalies', 'text', ({ anomalies }) => listOf(anomalies)),
  column('dims', 'text', ({ dims }) => jsonOf(dims)),
  column('request_bytes', 'integer', (record) => record.request_bytes),
  column('response_bytes', 'integer', (record) => record.response_bytes),
  column('truncated', 'boolean', ({ capture }) => capture.truncated),
];

const BODIES: readonly Column[] = [
  { name: 'request_body', type: 'text', value: ({ request }) => textOf(request) },
  { name: 'response_body', type: 'text', value: ({ response }) => textOf(response) },
];

export function columns(withBodies: boolean): readonly Column[] {
  return withBodies ? [...RECORD, ...BODIES] : RECORD;
}

/** Null for bytes that are no text. */
function textOf(message: StoredMessage | null): string | null {
  if (message === null || message.body === null || !isUtf8(message.body)) return null;
  return Buffer.from(message.body).toString('utf8');
}

function listOf(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(' ');
}

function jsonOf(object: object): string | null {
  return Object.keys(object).length === 0 ? null : JSON.stringify(object);
}
