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

/** Levels of OpenAI's models; the first that fits a name. */
const LEVELS: readonly (readonly [model: RegExp, levels: readonly Effort[]])[] = [
  [/gpt-oss|(?:^|\/)o\d/, ['low', 'medium', 'high']],
  [/gpt-5(?![.\d])/, ['minimal', 'low', 'medium', 'high']],
  [/gpt-5\.1(?!\d)/, ['none', 'low', 'medium', 'high']],
  [/gpt-(?:[5-9]|\d{2})|codex/, ['none', 'low', 'medium', 'high', 'xhigh']],
];

/** Most servers refuse a level for a model that has none: only those are told one that are known to take it. */
export function takesEffort(model: string | null): boolean {
  return isOpenAiReasoner(model) || /gpt-oss/.test(model ?? '');
}

/** The level of a model that is nearest to the one that is asked for. */
export function levelFor(effort: Effort, model: string | null): Effort {
  const levels = LEVELS.find(([pattern]) => pattern.test(model ?? ''))?.[1] ?? EFFORTS;
  const asked = EFFORTS.indexOf(effort);
  return levels.find((level) => EFFORTS.indexOf(level) >= asked) ?? levels.at(-1) ?? effort;
}
