import type { AgentFacts, Changes, ToolResult } from '../../core/sessions.ts';
import { objectAt, objectsAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { flag, oneOf, oneOfOrNull, text, textList, textOrNull, whole, wrong } from './members.ts';

const HOW = ['continues', 'retries', 'forks', 'delegates', 'compacts'] as const;
const ERRORS = ['rate_limit', 'server_error', 'context_length', 'invalid_request'] as const;
const PARTS = ['model', 'tools', 'system', 'messages', 'cache_control'] as const;
const MOST = 1e9;
const MISSES = [...PARTS, 'expired', 'unknown'] as const;

/** Null for null. @throws Error that says which member is wrong */
export function agentFactsOf(facts: JsonObject | null): AgentFacts | null {
  if (facts === null) return null;
  const follows = objectAt(facts, 'follows');
  return {
    session: text(facts, 'session', /^[\w.:-]{1,100}$/),
    follows: follows === null ? null : { call: text(follows, 'call'), how: oneOf(follows, 'how', HOW) },
    turn: count(facts, 'turn') ?? 1,
    messages: count(facts, 'messages') ?? 0,
    new_messages: count(facts, 'new_messages') ?? 0,
    tool_results: objectsAt(facts, 'tool_results').map(resultOf),
    tool_errors: count(facts, 'tool_errors') ?? 0,
    error_recovered: flag(facts, 'error_recovered'),
    tool_streak: count(facts, 'tool_streak') ?? 0,
    tool_retries: count(facts, 'tool_retries') ?? 0,
    session_tool_calls: count(facts, 'session_tool_calls') ?? 0,
    error_class: oneOfOrNull(facts, 'error_class', ERRORS),
    changes: changesOf(objectAt(facts, 'changes')),
  };
}

/** The store sums them up by session. */
function count(parent: JsonObject, name: string): number | null {
  const value = whole(parent, name);
  if (value !== null && value > MOST) throw wrong(name, 'below a thousand million');
  return value;
}

function resultOf(result: JsonObject): ToolResult {
  return {
    id: textOrNull(result, 'id'),
    name: textOrNull(result, 'name'),
    call: textOrNull(result, 'call'),
    is_error: (valueAt(result, 'is_error') ?? null) === null ? null : flag(result, 'is_error'),
  };
}

function changesOf(changes: JsonObject | null): Changes | null {
  if (changes === null) return null;
  const named = new Set(textList(changes, 'parts'));
  return {
    parts: PARTS.filter((part) => named.has(part)),
    first_message: count(changes, 'first_message'),
    cache_missed_by: oneOfOrNull(changes, 'cache_missed_by', MISSES),
  };
}
