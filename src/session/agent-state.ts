/** Turns, streaks and retries of a conversation, from one call to the next. */
import type { ToolCall } from '../core/capture.ts';
import type { ErrorClass } from '../core/sessions.ts';
import type { AgentState } from './known-calls.ts';

export const BEGINNING: AgentState = { turn: 0, lastTool: null, lastError: false, streak: 0, retries: 0 };

/**
 * @param before where the conversation stood before this request
 * @param hasToolError one of the results that the request brings is an error
 * @param tools of the answer
 */
export function nextState(
  before: AgentState,
  { hasToolError, tools, isAnswered }: { hasToolError: boolean; tools: readonly ToolCall[]; isAnswered: boolean },
): AgentState {
  const turn = before.turn + 1;
  // Nothing is known of what the model would have done.
  if (!isAnswered) return { ...before, turn, lastError: hasToolError };
  const [first] = tools;
  if (first === undefined) return { turn, lastTool: before.lastTool, lastError: hasToolError, streak: 0, retries: 0 };
  const isSame = first.name === before.lastTool;
  return {
    turn,
    lastTool: first.name,
    lastError: hasToolError,
    streak: isSame ? before.streak + 1 : 1,
    retries: isSame && hasToolError ? before.retries + 1 : 0,
  };
}

/** @param error of the record: also one inside a 200 */
export function errorClass(status: number | null, error: { type: string; message: string } | null): ErrorClass | null {
  if (status === 429) return 'rate_limit';
  if (status !== null && status >= 500) return 'server_error';
  if (status !== null && status >= 400) return ofRequest(status, error);
  return error === null || status === null ? null : insideAnswer(error);
}

function ofRequest(status: number, error: { type: string; message: string } | null): ErrorClass {
  const words = `${error?.type ?? ''} ${error?.message ?? ''}`.toLowerCase();
  return (status === 400 || status === 413) && /context|too[ _]long|too many tokens/.test(words)
    ? 'context_length'
    : 'invalid_request';
}

function insideAnswer({ type, message }: { type: string; message: string }): ErrorClass {
  const words = `${type} ${message}`.toLowerCase();
  if (/rate[ _-]?limit|too many requests|quota/.test(words)) return 'rate_limit';
  if (/context[ _]length|context window|too[ _]long|too many tokens/.test(words)) return 'context_length';
  return /invalid|bad[ _]request|not[ _]found|permission|authentication/.test(words)
    ? 'invalid_request'
    : 'server_error';
}
