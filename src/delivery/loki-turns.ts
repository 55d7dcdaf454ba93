/**
 * The events of an agent's turn. What they tell of the calls before it was written down with the call when it was
 * recorded (`agent_facts`): it is the same however often and by whichever process it is sent.
 */
import type { CallRecord } from '../core/capture.ts';
import { errorClass } from '../core/error-class.ts';
import { endOf, type SessionEntry, type SessionPlace } from '../core/session-entries.ts';
import { parseJson } from '../decoders/parse-json.ts';
import { readConversation } from '../interchange/conversation/request.ts';
import { type LabelValues, toolLabel, wordLabel } from './loki-labels.ts';

/** An entry before it is a line of a stream. */
export interface Draft {
  entry: SessionEntry;
  /** Beside those that all entries of the call have. */
  labels: LabelValues;
}

/**
 * The results that a request brings for the first time, and the turn's start.
 * @param body of the request, where what was recorded lacks the name of a tool; `null` = not read, or not kept
 */
export function turnBegins(record: CallRecord, place: SessionPlace, body: Uint8Array | null): Draft[] {
  const { started_at: at, agent_facts: facts } = record;
  const found = facts?.tool_results ?? [];
  // Who asked was not seen: the conversation began elsewhere.
  const names = found.some(({ name }) => name === null) ? namesIn(body) : NO_NAMES;
  const results = found.map(({ id, name: known, is_error: isError }) => {
    const name = known ?? (id === null ? null : (names.get(id) ?? null));
    return {
      entry: event('tool_result', record, place, at, { tool_name: name, tool_use_id: id, is_error: isError }),
      labels: { tool_name: toolLabel(name) },
    };
  });
  const start = event('turn_start', record, place, at, {
    turn_depth: facts?.turn ?? null,
    error_recovered: facts?.error_recovered ?? null,
  });
  return [...results, { entry: start, labels: {} }];
}

const ignored = (): void => {};
const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** Of the tools that earlier answers called, as the request repeats them, by the ids of the calls. */
function namesIn(body: Uint8Array | null): ReadonlyMap<string, string> {
  const request = body === null ? undefined : parseJson(Buffer.from(body).toString('utf8'));
  if (request === undefined) return NO_NAMES;
  const names = new Map<string, string>();
  readConversation(request, {
    system: ignored,
    user: ignored,
    tool: ignored,
    addTool: ignored,
    assistant: (parts) => {
      for (const part of parts) if (part.kind === 'call' && part.id !== null) names.set(part.id, part.name);
    },
  });
  return names;
}

/** The tools that the answer calls, and the turn's end. */
export function turnEnds(record: CallRecord, place: SessionPlace): Draft[] {
  const at = endOf(record);
  const calls = record.tool_calls.map(({ id, name }, index) => ({
    entry: event('tool_call', record, place, at, { tool_name: name, tool_index: index, tool_use_id: id }),
    labels: { tool_name: toolLabel(name) },
  }));
  const labels = {
    stop_reason: wordLabel(record.stop_reason),
    is_retry: isRetry(record),
    error_type: errorClass(record.status, record.error),
  };
  const end = event('turn_end', record, place, at, { ...depthOf(record), ...countsOf(record) });
  return [...calls, { entry: end, labels }];
}

/** Right after an error of the same tool. Without an answer nobody knows what the model would have called. */
function isRetry({ agent_facts: facts, tool_calls: calls }: CallRecord): boolean | null {
  return facts === null ? null : facts.tool_retries > 0 && calls.length > 0;
}

function depthOf({ agent_facts: facts }: CallRecord): object {
  if (facts === null) return { turn_depth: null, tool_streak: null, retry_count: null, session_tool_count: null };
  return {
    turn_depth: facts.turn,
    tool_streak: facts.tool_streak,
    retry_count: facts.tool_retries,
    session_tool_count: facts.session_tool_calls,
  };
}

/** All input, of which the two of the cache are parts. */
function countsOf({ usage, cost_usd: cost, response_model: answered, request_model: asked }: CallRecord): object {
  return {
    model: answered ?? asked,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_read_input_tokens: usage.cache_read_tokens,
    cache_creation_input_tokens: usage.cache_write_tokens,
    ...(usage.estimated.length === 0 ? {} : { estimated: usage.estimated }),
    cost_usd: cost,
  };
}

function event(type: string, record: CallRecord, place: SessionPlace, ts: string, fields: object): SessionEntry {
  const { machine, session } = place;
  return {
    type,
    _meta: { ts, machine, host: record.host, session, request_id: record.id },
    session_id: session,
    ...fields,
  };
}
