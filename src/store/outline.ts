/** The calls of a session and of all sessions below it, or of a trace, with no more than a tree or a chart of them needs. */
import type { CallRecord } from '../core/capture.ts';
import type { AgentFacts } from '../core/sessions.ts';
import type { Usage } from '../core/usage.ts';
import { storedCallOf } from './call-row.ts';
import type { Database, SqlRow } from './driver.ts';

/** A call of the outline. Members are those of the call record, unless said here. */
export interface Step
  extends
    Pick<CallRecord, 'id' | 'started_at' | 'provider' | 'operation' | 'inference' | 'stream' | 'status' | 'outcome'>,
    Pick<CallRecord, 'request_model' | 'response_model' | 'cost_usd' | 'billing' | 'duration_ms' | 'ttft_ms'>,
    Pick<CallRecord, 'stop_reason' | 'section' | 'section_path' | 'agent' | 'leg'> {
  /** Id of its row in `sessions`; null = it is in none. */
  session: string | null;
  usage: Pick<
    Usage,
    | 'input_tokens'
    | 'output_tokens'
    | 'cache_read_tokens'
    | 'cache_write_tokens'
    | 'reasoning_tokens'
    | 'source'
    | 'state'
    | 'estimated'
  >;
  cost: Pick<CallRecord['cost'], 'source' | 'price_date' | 'confidence' | 'reason'>;
  /** Names of the tools that the answer called. */
  tools: string[];
  error_type: string | null;
  /** Null = it is no step of a conversation. */
  facts: Pick<
    AgentFacts,
    'follows' | 'turn' | 'messages' | 'new_messages' | 'tool_results' | 'tool_errors' | 'error_class' | 'changes'
  > | null;
}

export interface StepPage {
  /** In the order in which they were stored: about that of their ends. */
  steps: Step[];
  /** Give it as `after` for those that come behind. */
  after: number;
  /** There are more by now. */
  more: boolean;
}

/** Without what is long: prices line by line, the provider's own usage object. */
const COLUMNS = `seq, session_key, id, started_at, provider, operation, inference, stream, status, outcome, leg,
request_model, response_model, cost_nanos, billing, duration_ms, ttft_ms, stop_reason, section, section_path, agent,
input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage_source, usage_state,
usage_estimated, cost_source, price_date, cost_confidence, cost_reason, tool_calls, error_type, agent_facts`;

/** About 0.1 s. */
export const MAX_STEPS = 2000;

/** Which calls, first: all columns of all that come behind would be sorted for every page. @param where SQL of ours */
function pageSql(where: string): string {
  const page = `SELECT seq FROM llm_calls WHERE ${where} AND seq > ? ORDER BY seq LIMIT ${MAX_STEPS + 1}`;
  return `SELECT ${COLUMNS} FROM llm_calls WHERE seq IN (${page}) ORDER BY seq`;
}

/** @param sessions ids of `sessions`, 2,000 at most */
export function stepsOfSessions(database: Database, sessions: readonly string[], after: number): StepPage {
  return pageOf(
    database.prepare(pageSql('session_key IN (SELECT value FROM json_each(?))')).all(JSON.stringify(sessions), after),
    after,
  );
}

export function stepsOfTrace(database: Database, trace: string, after: number): StepPage {
  return pageOf(
    database
      .prepare(`SELECT ${COLUMNS} FROM llm_calls WHERE trace_id = ? AND seq > ? ORDER BY seq LIMIT ${MAX_STEPS + 1}`)
      .all(trace, after),
    after,
  );
}

function pageOf(rows: readonly SqlRow[], after: number): StepPage {
  const shown = rows.slice(0, MAX_STEPS);
  return {
    steps: shown.map(stepOf),
    after: Number(shown.at(-1)?.['seq'] ?? after),
    more: rows.length > shown.length,
  };
}

function stepOf(row: SqlRow): Step {
  const { record } = storedCallOf(row);
  const { usage, cost, agent_facts: facts } = record;
  const session = row['session_key'];
  return {
    id: record.id,
    session: typeof session === 'string' ? session : null,
    started_at: record.started_at,
    provider: record.provider,
    operation: record.operation,
    inference: record.inference,
    stream: record.stream,
    status: record.status,
    outcome: record.outcome,
    leg: record.leg,
    request_model: record.request_model,
    response_model: record.response_model,
    cost_usd: record.cost_usd,
    billing: record.billing,
    duration_ms: record.duration_ms,
    ttft_ms: record.ttft_ms,
    stop_reason: record.stop_reason,
    section: record.section,
    section_path: record.section_path,
    agent: record.agent,
    usage: {
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      cache_read_tokens: usage.cache_read_tokens,
      cache_write_tokens: usage.cache_write_tokens,
      reasoning_tokens: usage.reasoning_tokens,
      source: usage.source,
      state: usage.state,
      estimated: usage.estimated,
    },
    cost: {
      source: cost.source,
      price_date: cost.price_date,
      confidence: cost.confidence,
      ...(cost.reason === undefined ? {} : { reason: cost.reason }),
    },
    tools: record.tool_calls.map(({ name }) => name),
    error_type: record.error?.type ?? null,
    facts: facts === null ? null : factsOf(facts),
  };
}

function factsOf(facts: AgentFacts): Step['facts'] {
  const { follows, turn, messages, new_messages, tool_results, tool_errors, error_class, changes } = facts;
  return { follows, turn, messages, new_messages, tool_results, tool_errors, error_class, changes };
}
