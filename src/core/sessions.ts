/** Conversations: what is known of a call as a part of one. Formats for people: docs/api.md, docs/schema.md. */

/** How a call came about. `tool_result`: it brings the result of what the other call asked for. */
export type EdgeType = 'continues' | 'retries' | 'forks' | 'delegates' | 'compacts' | 'tool_result';

/** What of a request is not as it was in the call that it follows, in the order in which providers read it. */
export type ChangedPart = 'model' | 'tools' | 'system' | 'messages' | 'cache_control';

export type ErrorClass = 'rate_limit' | 'server_error' | 'context_length' | 'invalid_request';

/** A result that a request brings for the first time. */
export interface ToolResult {
  /** The provider's id of the tool call; `null` = the dialect has none. */
  id: string | null;
  /** `null` = the call that asked for it was not seen. */
  name: string | null;
  /** Id of the call whose answer asked for it. */
  call: string | null;
  /** `null` = the dialect does not say. */
  is_error: boolean | null;
}

export interface Changes {
  /** Empty = the request says all that it said before, and goes on behind it. */
  parts: ChangedPart[];
  /** Place (0 = first) of the first earlier message that is not as it was; `null` = none, or unknown. */
  first_message: number | null;
  /**
   * Why the provider's cache was not read: the first part that changed, or `expired` (five minutes without a call), or
   * `unknown`. `null` = it was read, or there was nothing to read, or the provider does not tell.
   */
  cache_missed_by: ChangedPart | 'expired' | 'unknown' | null;
}

/** One call as a step of a conversation. */
export interface AgentFacts {
  /** Id of its row in `sessions`. */
  session: string;
  /** The call before it, and how it goes on from there; `null` = a beginning. */
  follows: { call: string; how: Exclude<EdgeType, 'tool_result'> } | null;
  /** 1 = the first request of the conversation; a retry has the number of what it retries. */
  turn: number;
  /** In the request, and those of them that the call before did not have. */
  messages: number;
  new_messages: number;
  tool_results: ToolResult[];
  /** Results of this request that are errors, as far as the dialect says so. */
  tool_errors: number;
  /** The request before brought a tool error. */
  error_recovered: boolean;
  /** Answers in a row, this one included, that began with the same tool; 0 = this one calls none. */
  tool_streak: number;
  /** How many of these came right after an error of that tool. */
  tool_retries: number;
  /** Tool calls of the session, this answer's included. */
  session_tool_calls: number;
  error_class: ErrorClass | null;
  /** `null` = there is no call before it. */
  changes: Changes | null;
}

export interface Edge {
  /** Made of the three below: the same edge twice is one. */
  id: string;
  from: string;
  to: string;
  type: EdgeType;
}

/** What the store keeps of a session beside its sums. */
export interface SessionFacts {
  /** `ses_...`; for a session that the client names, made of that name, provider and host. */
  id: string;
  client_session_id: string | null;
  parent_session_id: string | null;
  title: string | null;
  /** Of titles, the one with the highest rank stays; of equal ones the first. */
  title_rank: number;
}

/** The latest call of a conversation, as much of it as finding its next call needs after a restart. */
export interface ConversationTip {
  /** Place in a table of bounded size. */
  slot: number;
  session: string;
  call: string;
  /** Opaque to the store; a text of at most some kilobytes. */
  state: string;
}

/** What a sink gets to know of the place of a call. */
export interface SessionPart {
  session: SessionFacts;
  edges: readonly Edge[];
  /** `null` = nothing can go on from here. */
  tip: ConversationTip | null;
}
