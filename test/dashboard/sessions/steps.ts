/** Steps and sessions as the daemon gives them, of which a test changes what it is about. */
import type { SessionSummary, Step } from '../../../dashboard/src/api/shapes.ts';
import type { Outline } from '../../../dashboard/src/sessions/outline.ts';
import { emptyTally, toTotals } from '../../../src/core/totals.ts';

const START = Date.UTC(2026, 10, 21, 12);

type Facts = NonNullable<Step['facts']>;

export function aFacts(over: Partial<Facts> = {}): Facts {
  return {
    follows: null,
    turn: 1,
    messages: 1,
    new_messages: 1,
    tool_results: [],
    tool_errors: 0,
    error_class: null,
    changes: null,
    ...over,
  };
}

/** @param at seconds after noon */
export function aStep(id: string, at: number, over: Partial<Step> = {}, facts: Partial<Facts> = {}): Step {
  return {
    id,
    session: 'ses_a',
    started_at: new Date(START + at * 1000).toISOString(),
    provider: 'anthropic',
    operation: 'messages',
    inference: true,
    stream: true,
    status: 200,
    outcome: 'complete',
    leg: 'primary',
    request_model: 'claude-sonnet-4-5',
    response_model: 'claude-sonnet-4-5-20250929',
    cost_usd: 0.01,
    billing: 'metered',
    duration_ms: 500,
    ttft_ms: 200,
    stop_reason: 'end_turn',
    section: null,
    section_path: null,
    agent: null,
    usage: {
      input_tokens: 100,
      output_tokens: 10,
      cache_read_tokens: 60,
      cache_write_tokens: 0,
      reasoning_tokens: 0,
      source: 'sse',
      state: 'final',
      estimated: [],
    },
    cost: { source: 'genai-prices', price_date: '2026-11-01', confidence: 'exact' },
    tools: [],
    error_type: null,
    facts: aFacts(facts),
    ...over,
  };
}

/** The result of a tool that another call asked for. */
export const resultOf = (call: string, over: Partial<Facts['tool_results'][number]> = {}) => ({
  id: `toolu_${call}`,
  name: 'Read',
  call,
  is_error: false,
  ...over,
});

export function aSession(id: string, parent: string | null = null, over: Partial<SessionSummary> = {}): SessionSummary {
  return {
    id,
    client_session_id: null,
    parent_session_id: parent,
    provider: 'anthropic',
    host: 'api.anthropic.com',
    client: 'claude-code/2.1',
    agent: null,
    title: `Title of ${id}`,
    started_at: new Date(START).toISOString(),
    last_call_at: new Date(START).toISOString(),
    calls: 1,
    turns: 1,
    tool_errors: 0,
    models: [],
    messages: 1,
    customer_id: null,
    children: 0,
    ...toTotals(emptyTally()),
    ...over,
  };
}

export function anOutline(
  steps: readonly Step[],
  sessions: readonly SessionSummary[] = [aSession('ses_a')],
  topic: Outline['topic'] = 'session',
): Outline {
  return { topic, trace: null, sessions, steps, after: steps.length, isWhole: true };
}
