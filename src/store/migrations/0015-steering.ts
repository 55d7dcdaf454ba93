/** Frozen once released: a change is a new migration. Where modes and rules sent a call, and what it is compared with. */
export const steering = `
ALTER TABLE llm_calls ADD COLUMN comparison_id TEXT;
ALTER TABLE llm_calls ADD COLUMN steer_rule TEXT;
ALTER TABLE llm_calls ADD COLUMN sent_to TEXT;
ALTER TABLE llm_calls ADD COLUMN sent_model TEXT;
CREATE INDEX llm_calls_comparison ON llm_calls (comparison_id) WHERE comparison_id IS NOT NULL;
CREATE INDEX llm_calls_shadow ON llm_calls (started_at, id) WHERE leg = 'shadow';
`;
