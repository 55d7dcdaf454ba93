import type { JsonObject } from '../../../providers/families/json.ts';
import type { ModelRequest, Turn } from '../model.ts';
import type { Notes } from '../notes.ts';
import { budgetFor, claudeVersion, effortFor } from '../reasoning.ts';

/** From here on models think as much as they find right, by a level of effort, and take no budget. */
const ADAPTIVE = 406;

export interface Thinking {
  members: JsonObject;
  /** Tokens, where one was set. */
  budget: number | null;
  /** For `output_config`. */
  effort: string | null;
}

const NO_THINKING: Thinking = { members: {}, budget: null, effort: null };

export function thinkingOf(request: ModelRequest, notes: Notes): Thinking {
  const { reasoning, model } = request;
  if (reasoning === null) return NO_THINKING;
  if (reasoning.effort === 'none') return { ...NO_THINKING, members: { thinking: { type: 'disabled' } } };
  return (claudeVersion(model) ?? 0) >= ADAPTIVE ? adaptive(request, notes) : budgeted(request, notes);
}

function adaptive(request: ModelRequest, notes: Notes): Thinking {
  const { reasoning, toolChoice } = request;
  const level = reasoning === null ? null : effortFor(reasoning);
  const effort = level === 'minimal' ? 'low' : level;
  if (level === 'minimal') notes.add('reasoning_effort', 'reasoning');
  if (isForced(toolChoice)) {
    notes.add('reasoning_off', 'tool_choice');
    return { ...NO_THINKING, effort };
  }
  const display = reasoning?.shown === true ? { display: 'summarized' } : {};
  return { members: { thinking: { type: 'adaptive', ...display } }, budget: null, effort };
}

function budgeted(request: ModelRequest, notes: Notes): Thinking {
  const { reasoning, toolChoice, turns } = request;
  const unsigned = lastUnsignedCall(turns);
  if (reasoning === null || isForced(toolChoice) || unsigned) {
    notes.add('reasoning_off', unsigned ? 'messages' : 'tool_choice');
    return NO_THINKING;
  }
  if (reasoning.budget === null) notes.add('reasoning_effort', 'reasoning');
  const budget = budgetFor(reasoning);
  return { members: { thinking: { type: 'enabled', budget_tokens: budget } }, budget, effort: null };
}

function isForced(choice: ModelRequest['toolChoice']): boolean {
  return choice?.kind === 'required' || choice?.kind === 'tool' || (choice?.kind === 'allowed' && choice.required);
}

/** With a budget, the calls that are being answered must come with the thoughts that led to them. */
function lastUnsignedCall(turns: readonly Turn[]): boolean {
  const last = turns.at(-1);
  if (last === undefined || !last.parts.some(({ kind }) => kind === 'result')) return false;
  const caller = turns.findLast(({ role }) => role === 'assistant');
  return caller !== undefined && !caller.parts.some((part) => part.kind === 'thinking' && isOwn(part.seal?.by));
}

function isOwn(by: string | undefined): boolean {
  return by === 'anthropic-messages';
}
