/** Turns, streaks and retries of a conversation, from one call to the next. */
import type { ToolCall } from '../core/capture.ts';
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
