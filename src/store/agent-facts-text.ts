import type { AgentFacts } from '../core/sessions.ts';

/** What most calls have: it is left out of the column, and put in again. */
const USUAL = {
  follows: null,
  turn: 1,
  messages: 0,
  new_messages: 0,
  tool_results: [],
  tool_errors: 0,
  error_recovered: false,
  tool_streak: 0,
  tool_retries: 0,
  session_tool_calls: 0,
  error_class: null,
  changes: null,
} as const satisfies Omit<AgentFacts, 'session'>;

const USUAL_TEXTS: ReadonlyMap<string, string> = new Map(
  Object.entries(USUAL).map(([name, value]) => [name, JSON.stringify(value)]),
);

/** Longer ones lose their list of results: a column is for queries. */
const MAX_TEXT = 32 * 1024;

export function factsText(facts: AgentFacts | null): string | null {
  if (facts === null) return null;
  const text = JSON.stringify(withoutUsual(facts));
  return text.length <= MAX_TEXT ? text : JSON.stringify(withoutUsual({ ...facts, tool_results: [] }));
}

function withoutUsual(facts: AgentFacts): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts))
    if (JSON.stringify(value) !== USUAL_TEXTS.get(name)) kept[name] = value;
  return kept;
}

/** Null for what is none. */
export function factsOf(text: string | null): AgentFacts | null {
  if (text === null) return null;
  try {
    const facts = JSON.parse(text) as Partial<AgentFacts>;
    return typeof facts.session === 'string' ? { ...structuredClone(USUAL), session: facts.session, ...facts } : null;
  } catch {
    return null;
  }
}
