/** `name:value` in a search: what is asked of the call, as a condition on `llm_calls`. Every value is bound. */
import { parseTime } from '../../core/times.ts';
import type { SqlValue } from '../driver.ts';
import { type Flag, hasFlagSql, IS_UNPRICED } from '../facet-columns.ts';
import { startOf } from '../facet-writer.ts';
import { parseStatus } from '../queries.ts';
import { type FacetTerm, type Meaning, namedTerm, sameTerm, statusTerm } from './facet-terms.ts';

export interface Condition extends Meaning {
  /** What an index of the table answers: these calls, maybe among others; null = no index does. */
  readonly narrow: Meaning | null;
  /** It is about the provider alone, which stands in such an index, too. */
  readonly isOfProvider: boolean;
  /** What it says of `call_facets`; absent = what it is about is not there. */
  readonly facet?: FacetTerm;
}

interface Read extends Meaning {
  /** Absent = no index answers it. */
  readonly narrow?: Meaning;
  /** Absent = `call_facets` does not have it. */
  readonly facet?: (negated: boolean) => FacetTerm | null;
}

type Reader = (value: string, now: number) => Read | null;

/** Column, text looked for -> condition. */
type TextMatch = (columns: readonly string[], value: string) => Meaning;

/** As it stands, or with `*` for anything. */
const exact: TextMatch = (columns, value) =>
  value.includes('*') ? like(columns, patternOf(value)) : compare(columns, '= ?', [value]);
const name: TextMatch = (columns, value) => exact(columns, value.toLowerCase());
/** As an index can answer it. */
const beginning: TextMatch = (columns, value) => compare(columns, 'BETWEEN ? AND ?', [value, `${value}\u{10ffff}`]);
/** Ids of calls and sessions, also as tables print them: without what stands before the first digit. */
const beginningOf =
  (kind: 'call_' | 'ses_'): TextMatch =>
  (columns, value) =>
    anyOf((BARE_ID.test(value) ? [value, kind + value] : [value]).map((start) => beginning(columns, start)));
/** Case does not matter; `*` stands for anything. */
const part: TextMatch = (columns, value) => like(columns, `%${patternOf(value)}%`);

const BARE_ID = /^[0-9a-f]{12,}$/;
const MAX_SEVERAL = 20;
/** Each one more is a turn more for every text that is looked at. */
const MAX_STARS = 4;

/** A comma is between several. */
const text =
  (match: TextMatch, ...columns: string[]): Reader =>
  (value) => {
    const several = value.split(',').filter((one) => one !== '');
    const isSimple = several.length > 0 && several.length <= MAX_SEVERAL && value.split('*').length <= MAX_STARS + 1;
    if (!isSimple) return null;
    const facet = (negated: boolean): FacetTerm | null =>
      namedTerm(columns, anyOf(several.map((one) => match(['name'], one))), negated);
    return { ...anyOf(several.map((one) => match(columns, one))), facet };
  };

/** Of columns that `call_facets` has as they are. */
const alsoInFacets = (meaning: Meaning): Read => ({ ...meaning, facet: (negated) => sameTerm(meaning, negated) });

const MS_PER_S = 1000;

interface Comparison {
  operator: string;
  value: number;
}

/** `>0.5`, `<=2`, `1`; durations end in `s` or `ms`, tokens may in `k` or `M`. */
function comparisonOf(text: string, unit: number): Comparison | null {
  const match = /^(>=|<=|>|<|=)?\$?(\d+(?:\.\d+)?|\.\d+)(ms|s|k|m)?$/i.exec(text);
  if (match === null) return null;
  const factor = FACTORS[match[3]?.toLowerCase() ?? ''] ?? unit;
  return { operator: match[1] ?? '=', value: Number(match[2]) * factor };
}

const number =
  (column: string, unit: number): Reader =>
  (text) => {
    const found = comparisonOf(text, unit);
    return found === null ? null : alsoInFacets({ sql: `${column} ${found.operator} ?`, values: [found.value] });
  };

/** Calls of a cent and more are in an index of their own: see migrations/0016-dear-calls.ts. */
export const DEAR_NANOS = 10_000_000;
export const IS_DEAR = `cost_nanos >= ${DEAR_NANOS}`;
/** Which there are, found by a look for each. */
export const DEAR_PROVIDERS = `WITH RECURSIVE known(name) AS (SELECT min(provider) FROM llm_calls WHERE ${IS_DEAR}
UNION ALL SELECT (SELECT min(provider) FROM llm_calls WHERE ${IS_DEAR} AND provider > name) FROM known WHERE name IS NOT NULL)
SELECT name FROM known WHERE name IS NOT NULL`;

const cost: Reader = (text) => {
  const found = comparisonOf(text, 1);
  if (found === null) return null;
  const { operator } = found;
  // Whole nano-dollars, as the column has them; as a fraction where somebody asks for less.
  const nanos = Number((found.value * 1e9).toFixed(3));
  const meaning = alsoInFacets({ sql: `cost_nanos ${operator} ?`, values: [nanos] });
  if (operator.startsWith('<') || nanos < DEAR_NANOS) return meaning;
  // In this order: of two limits SQLite goes by the first.
  const narrow = `${meaning.sql} AND ${IS_DEAR} AND provider IN (${DEAR_PROVIDERS})`;
  return { ...meaning, narrow: { sql: narrow, values: [nanos] } };
};

const FACTORS: Readonly<Record<string, number>> = { ms: 1, s: MS_PER_S, k: 1000, m: 1_000_000 };

const status: Reader = (value) => {
  const range = parseStatus(value);
  if (range === null) return null;
  const facet = (negated: boolean): FacetTerm | null => statusTerm(range, negated);
  return { sql: 'status BETWEEN ? AND ?', values: [range.min, range.max], facet };
};

/** As core/times.ts has it. */
const time =
  (operator: '>=' | '<'): Reader =>
  (value, now) => {
    const at = parseTime(value, now);
    if (at === null) return null;
    const started = { sql: `started ${operator} ?`, values: [startOf(at)] };
    return { sql: `started_at ${operator} ?`, values: [at], facet: (negated) => sameTerm(started, negated) };
  };

const tool: Reader = (value) => {
  const named = text(part, "json_extract(tool.value, '$.name')")(value, 0);
  const listed = text(part, 'tool.value')(value, 0);
  if (named === null || listed === null) return null;
  const inList = { sql: `EXISTS (SELECT 1 FROM json_each(name) AS tool WHERE ${listed.sql})`, values: listed.values };
  return {
    sql: `tool_calls IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(tool_calls) AS tool WHERE ${named.sql})`,
    values: named.values,
    facet: (negated) => namedTerm(['tools'], inList, negated),
  };
};

const STATES: Readonly<Record<string, string>> = {
  error: `outcome NOT IN ('client_aborted', 'shutdown', 'interrupted') AND (error_type IS NOT NULL OR status >= 400 OR outcome IN ('upstream_aborted', 'upstream_error', 'refused'))`,
  aborted: `outcome IN ('client_aborted', 'upstream_aborted')`,
  estimated: 'usage_estimated IS NOT NULL',
  unpriced: IS_UNPRICED,
  stream: 'stream = 1',
  retry: 'retry_count > 0',
  subscription: `billing = 'subscription'`,
  steered: 'steer_rule IS NOT NULL',
  copy: `leg = 'shadow'`,
};

const state: Reader = (value) => {
  const name = value.toLowerCase();
  const sql = Object.hasOwn(STATES, name) ? STATES[name] : undefined;
  if (sql === undefined) return null;
  const facet = (negated: boolean): FacetTerm | null =>
    name === 'unpriced'
      ? sameTerm({ sql, values: [] }, negated)
      : namedTerm(['flags'], { sql: hasFlagSql(name as Flag), values: [] }, negated);
  return { sql, values: [], facet };
};

const FILTERS: Readonly<Record<string, Reader>> = {
  id: text(beginningOf('call_'), 'id'),
  model: text(part, 'request_model', 'response_model'),
  provider: text(name, 'provider'),
  operation: text(name, 'operation'),
  host: text(part, 'host'),
  path: text(part, 'path'),
  status,
  session: text(beginningOf('ses_'), 'session_id', 'session_key'),
  run: text(beginning, 'run_id'),
  trace: text(beginning, 'trace_id'),
  task: text(beginning, 'task_id'),
  customer: text(exact, 'customer_id'),
  tenant: text(exact, 'tenant_id'),
  section: text(part, 'section', 'section_path'),
  agent: text(part, 'agent'),
  client: text(part, 'client'),
  tool,
  stop: text(name, 'stop_reason'),
  error: text(part, 'error_type', 'error_message'),
  cost,
  ttft: number('ttft_ms', MS_PER_S),
  duration: number('duration_ms', MS_PER_S),
  input: number('input_tokens', 1),
  output: number('output_tokens', 1),
  since: time('>='),
  until: time('<'),
  is: state,
};

/** By these the table has an index. */
const NARROW: ReadonlySet<string> = new Set(['id', 'session', 'run', 'trace', 'task']);

/** In the order of docs/search.md. */
export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

export function isFilterName(name: string): boolean {
  return Object.hasOwn(FILTERS, name);
}

/** Null = the value means nothing to this filter. @param now Unix ms */
export function conditionOf(name: string, value: string, negated: boolean, now: number): Condition | null {
  const found = FILTERS[name]?.(value, now) ?? null;
  if (found === null) return null;
  const { sql, values, narrow = NARROW.has(name) ? { sql: `(${sql})`, values } : null } = found;
  const isOfProvider = name === 'provider';
  const term = found.facet?.(negated) ?? null;
  const facet = term === null ? {} : { facet: term };
  // What is not known is not it: NULL counts as false.
  return negated
    ? { sql: `(${sql}) IS NOT 1`, values, narrow: null, isOfProvider, ...facet }
    : { sql: `(${sql})`, values, narrow, isOfProvider, ...facet };
}

function compare(columns: readonly string[], operation: string, values: readonly SqlValue[]): Meaning {
  return {
    sql: columns.map((column) => `${column} ${operation}`).join(' OR '),
    values: columns.flatMap(() => values),
  };
}

function like(columns: readonly string[], pattern: string): Meaning {
  return {
    sql: columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR '),
    values: columns.map(() => pattern),
  };
}

function anyOf(conditions: readonly Meaning[]): Meaning {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' OR '),
    values: conditions.flatMap(({ values }) => values),
  };
}

function patternOf(value: string): string {
  return value.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}
