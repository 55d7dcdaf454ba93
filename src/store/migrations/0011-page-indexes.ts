/**
 * Frozen once released: a change is a new migration. Pages of calls are read newest first, filtered: from an index that
 * knows what the filters ask (a tenth of the bytes of the rows), and one of the few that failed.
 */
export const pageIndexes = `
CREATE INDEX llm_calls_page ON llm_calls (started_at, id, provider, response_model, request_model, status, cost_nanos);
CREATE INDEX llm_calls_failed ON llm_calls (started_at, id, status, provider, response_model, request_model)
WHERE status >= 400;
DROP INDEX llm_calls_started;
`;
