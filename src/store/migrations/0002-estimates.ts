/** Frozen once released: a change is a new migration. The columns for people: docs/schema.md. */
export const estimates = `
ALTER TABLE llm_calls ADD COLUMN usage_estimated TEXT;
ALTER TABLE llm_calls ADD COLUMN cost_reason TEXT;
ALTER TABLE llm_calls ADD COLUMN retry_count INTEGER;
ALTER TABLE llm_calls ADD COLUMN settles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_billed_unknown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_estimated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_estimated_input INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_estimated_output INTEGER NOT NULL DEFAULT 0;
ALTER TABLE llm_calls ADD COLUMN counted_estimated_cost INTEGER NOT NULL DEFAULT 0;

ALTER TABLE totals ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN billed_unknown_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN estimated_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN estimated_input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN estimated_output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE totals ADD COLUMN estimated_cost_nanos INTEGER NOT NULL DEFAULT 0;
`;
