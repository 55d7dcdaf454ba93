/**
 * The columns of `call_facets`: what calls are filtered by, under the names that `llm_calls` has for it. Texts are numbers
 * of `facet_names`. See migrations/0019-call-facets.ts.
 */
import type { CallRecord } from '../core/capture.ts';
import { isError } from '../core/totals.ts';

export type NameKind =
  | 'provider'
  | 'model'
  | 'operation'
  | 'host'
  | 'path'
  | 'client'
  | 'agent'
  | 'section'
  | 'customer'
  | 'tenant'
  | 'stop'
  | 'error'
  | 'status'
  | 'flags'
  | 'tools';

export interface NamedColumn {
  column: string;
  kind: NameKind;
  /** `tools`: the names of all tools that the model asked for, as a JSON list; `flags`: the sum of their bits. */
  read: (record: CallRecord) => string | null;
}

/** In the order of the table. */
export const NAMED_COLUMNS: readonly NamedColumn[] = [
  { column: 'provider', kind: 'provider', read: ({ provider }) => provider },
  { column: 'request_model', kind: 'model', read: (record) => record.request_model },
  { column: 'response_model', kind: 'model', read: (record) => record.response_model },
  { column: 'operation', kind: 'operation', read: ({ operation }) => operation },
  { column: 'host', kind: 'host', read: ({ host }) => host },
  { column: 'path', kind: 'path', read: ({ path }) => path },
  { column: 'client', kind: 'client', read: ({ client }) => client },
  { column: 'agent', kind: 'agent', read: ({ agent }) => agent },
  { column: 'section', kind: 'section', read: ({ section }) => section },
  { column: 'section_path', kind: 'section', read: (record) => record.section_path },
  { column: 'customer_id', kind: 'customer', read: (record) => record.customer_id },
  { column: 'tenant_id', kind: 'tenant', read: (record) => record.tenant_id },
  { column: 'stop_reason', kind: 'stop', read: (record) => record.stop_reason },
  { column: 'error_type', kind: 'error', read: ({ error }) => error?.type ?? null },
  { column: 'error_message', kind: 'error', read: ({ error }) => error?.message ?? null },
  { column: 'status', kind: 'status', read: ({ status }) => (status === null ? null : String(status)) },
  { column: 'flags', kind: 'flags', read: flagsOf },
  {
    column: 'tools',
    kind: 'tools',
    read: ({ tool_calls: calls }) =>
      calls.length === 0 ? null : JSON.stringify([...new Set(calls.map(({ name }) => name))]),
  },
];

export const NUMBER_COLUMNS = ['cost_nanos', 'ttft_ms', 'duration_ms', 'input_tokens', 'output_tokens'] as const;

/** Of either table: the calls that `unpriced_calls` counts. `call_facets` has an index of them. */
export const IS_UNPRICED = 'counted_unpriced = 1';

/** In the order of their bits. By the same rules as `is:` (search/filters.ts). */
const FLAGS = ['stream', 'error', 'aborted', 'estimated', 'retry', 'subscription', 'steered', 'copy'] as const;
export type Flag = (typeof FLAGS)[number];

function flagsOf(record: CallRecord): string {
  const set: Record<Flag, boolean> = {
    stream: record.stream,
    error: isError(record),
    aborted: record.outcome === 'client_aborted' || record.outcome === 'upstream_aborted',
    estimated: record.usage.estimated.length > 0,
    retry: (record.retry_count ?? 0) > 0,
    subscription: record.billing === 'subscription',
    steered: record.steer !== null,
    copy: record.leg === 'shadow',
  };
  return String(FLAGS.reduce((sum, flag, bit) => sum + (set[flag] ? 1 << bit : 0), 0));
}

/** Of the name of flags. */
export function hasFlagSql(flag: Flag): string {
  return `(CAST(name AS INTEGER) & ${1 << FLAGS.indexOf(flag)}) <> 0`;
}

const BY_COLUMN = new Map(NAMED_COLUMNS.map(({ column, kind }) => [column, kind]));

/** Of a column of `llm_calls`, or of `flags` and `tools`; undefined = it is no name in `call_facets`. */
export function kindOf(column: string): NameKind | undefined {
  return BY_COLUMN.get(column);
}
