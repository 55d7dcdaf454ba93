/**
 * Frozen once released: a change is a new migration. Sums of whole days, made of those of their hours once the day is
 * over; `rolled_days` says of which days they hold.
 */

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

export const daily = `
CREATE TABLE daily (
  day TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,${SUMS}
  PRIMARY KEY (day, provider, model)
) WITHOUT ROWID;

CREATE TABLE daily_by (
  dimension TEXT NOT NULL,
  day TEXT NOT NULL,
  value TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,${SUMS}
  PRIMARY KEY (dimension, day, value, provider, model)
) WITHOUT ROWID;

CREATE TABLE rolled_days (
  day TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
`;
