/** Frozen once released: a change is a new migration. Conversations; what they are for people: docs/schema.md. */
export const sessions = `
ALTER TABLE llm_calls ADD COLUMN session_key TEXT;
ALTER TABLE llm_calls ADD COLUMN agent_facts TEXT;
CREATE INDEX llm_calls_session_key ON llm_calls (session_key, seq) WHERE session_key IS NOT NULL;
CREATE INDEX call_graph_to ON call_graph (to_call_id);
CREATE INDEX call_graph_from ON call_graph (from_call_id);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  client_session_id TEXT,
  parent_session_id TEXT,
  provider TEXT NOT NULL,
  host TEXT NOT NULL,
  client TEXT,
  agent TEXT,
  title TEXT,
  title_rank INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL,
  last_call_at TEXT NOT NULL,
  calls INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  tool_errors INTEGER NOT NULL,
  models TEXT NOT NULL DEFAULT '{}',
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
  cost_usd REAL GENERATED ALWAYS AS (cost_nanos / 1e9) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX sessions_last ON sessions (last_call_at, id);
CREATE INDEX sessions_parent ON sessions (parent_session_id) WHERE parent_session_id IS NOT NULL;
CREATE INDEX sessions_client ON sessions (client_session_id) WHERE client_session_id IS NOT NULL;

CREATE TABLE session_tips (
  slot INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  call TEXT NOT NULL,
  state TEXT NOT NULL
);
`;
