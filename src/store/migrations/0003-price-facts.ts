/** Frozen once released: a change is a new migration. What a call is priced by again, beside its counts. */
export const priceFacts = `
ALTER TABLE llm_calls ADD COLUMN service_tier TEXT;
ALTER TABLE llm_calls ADD COLUMN speed TEXT;
ALTER TABLE llm_calls ADD COLUMN region TEXT;
ALTER TABLE llm_calls ADD COLUMN dims TEXT;
ALTER TABLE llm_calls ADD COLUMN context_tokens INTEGER;
`;
