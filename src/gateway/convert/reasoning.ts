/** How much to think: levels at OpenAI, levels or a budget of tokens at Anthropic. */
import { type Effort, EFFORTS, type Reasoning } from './model.ts';

/** Tokens of a level. A budget is the highest level that it pays for. */
const BUDGETS: readonly (readonly [effort: Effort, tokens: number])[] = [
  ['low', 2048],
  ['medium', 8192],
  ['high', 16_384],
  ['xhigh', 32_768],
];
/** Anthropic's least. */
const LEAST_BUDGET = 1024;

export function effortOf(text: string | null): Effort | null {
  return EFFORTS.find((effort) => effort === text) ?? null;
}

/** Null = neither said. */
export function effortFor({ effort, budget }: Reasoning): Effort | null {
  if (effort !== null || budget === null) return effort;
  return BUDGETS.findLast(([, tokens]) => tokens <= budget)?.[0] ?? 'low';
}

/** Tokens. */
export function budgetFor({ effort, budget }: Reasoning): number {
  if (budget !== null) return Math.max(budget, LEAST_BUDGET);
  if (effort === 'minimal') return LEAST_BUDGET;
  const known = BUDGETS.find(([name]) => name === effort);
  return known?.[1] ?? (effort === 'max' ? 32_768 : 8192);
}

/** `claude-opus-4-7` is 407; null = no model of Anthropic's by its name. */
export function claudeVersion(model: string | null): number | null {
  const text = model ?? '';
  if (text.includes('claude-mythos-preview')) return 407;
  // The name of the family stood behind the number once; dates are no numbers.
  const [, major, minor] = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(text) ?? [];
  return major === undefined ? null : Number(major) * 100 + Number(minor ?? 0);
}

/** OpenAI's models that always think: they take no `max_tokens` and no temperature. */
export function isOpenAiReasoner(model: string | null): boolean {
  return /(?:^|\/)(?:o\d|gpt-(?:[5-9]|\d{2})|codex)/.test(model ?? '') && !/chat-latest/.test(model ?? '');
}
