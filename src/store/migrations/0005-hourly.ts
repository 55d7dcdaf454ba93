/** Frozen once released: a change is a new migration. The columns for people: docs/schema.md. */

const SUMS = `
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  calls_without_usage INTEGER NOT NULL,
  billed_unknown_calls INTEGER NOT NULL,
  inexact_calls INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  estimated_calls INTEGER NOT NULL,
  estimated_input_tokens INTEGER NOT NULL,
  estimated_output_tokens INTEGER NOT NULL,
  estimated_cost_nanos INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  duration_ms TEXT NOT NULL,
  ttft_ms TEXT NOT NULL,`;

const rounded = (column: string): string => `CAST(CASE
  WHEN ${column} < 99.5 THEN round(${column}) WHEN ${column} < 995 THEN round(${column} / 10) * 10
  WHEN ${column} < 9950 THEN round(${column} / 100) * 100 WHEN ${column} < 99500 THEN round(${column} / 1000) * 1000
  WHEN ${column} < 995000 THEN round(${column} / 10000) * 10000 ELSE round(${column} / 100000) * 100000 END AS INTEGER)`;

const LATENCIES = `counted_requests = 1 AND counted_errors = 0 AND outcome = 'complete'`;

const sumsInto = (table: string, names: string, keys: string, scope: string): string => {
  const count = names.split(',').length;
  const places = Array.from({ length: count }, (_, index) => String(index + 1)).join(', ');
  return `
INSERT INTO ${table} (${names}, calls, requests, errors, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  reasoning_tokens, tool_calls, cost_nanos, unpriced_calls, calls_without_usage, billed_unknown_calls, inexact_calls,
  retries, estimated_calls, estimated_input_tokens, estimated_output_tokens, estimated_cost_nanos, request_bytes,
  response_bytes, duration_ms, ttft_ms)
SELECT ${keys}, count(*), sum(counted_requests), sum(counted_errors),
  total(input_tokens) - sum(counted_estimated_input), total(output_tokens) - sum(counted_estimated_output),
  total(cache_read_tokens), total(cache_write_tokens), total(reasoning_tokens), sum(counted_tool_calls),
  total(cost_nanos) - sum(counted_estimated_cost), sum(counted_unpriced), sum(counted_without_usage),
  sum(counted_billed_unknown), sum(counted_inexact), sum(counted_retries), sum(counted_estimated),
  sum(counted_estimated_input), sum(counted_estimated_output), sum(counted_estimated_cost),
  sum(request_bytes), sum(response_bytes),
  coalesce(group_concat(CASE WHEN ${LATENCIES} THEN ${rounded('duration_ms')} END, ' '), ''),
  coalesce(group_concat(CASE WHEN ${LATENCIES} THEN ${rounded('ttft_ms')} END, ' '), '')
FROM llm_calls WHERE leg = 'primary'${scope} GROUP BY ${places};`;
};

const HOUR = 'substr(started_at, 1, 13)';
const MODEL = `coalesce(response_model, request_model, '')`;

const DIMENSIONS = {
  client: 'client',
  agent: 'agent',
  section: 'section',
  customer: 'customer_id',
  tenant: 'tenant_id',
};

const BY = Object.entries(DIMENSIONS).map(([dimension, column]) =>
  sumsInto(
    'hourly_by',
    'dimension, hour, value, provider, model',
    `'${dimension}', ${HOUR}, ${column}, provider, ${MODEL}`,
    ` AND ${column} IS NOT NULL`,
  ),
);

/** Sums of each hour, kept beside the calls so that a question about a month reads thousands of rows, not millions. */
export const hourly = `
CREATE TABLE hourly (
  hour TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,${SUMS}
  PRIMARY KEY (hour, provider, model)
) WITHOUT ROWID;

CREATE TABLE hourly_by (
  dimension TEXT NOT NULL CHECK (dimension IN ('client', 'agent', 'section', 'customer', 'tenant')),
  hour TEXT NOT NULL,
  value TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,${SUMS}
  PRIMARY KEY (dimension, hour, value, provider, model)
) WITHOUT ROWID;
${sumsInto('hourly', 'hour, provider, model', `${HOUR}, provider, ${MODEL}`, '')}
${BY.join('\n')}
`;
