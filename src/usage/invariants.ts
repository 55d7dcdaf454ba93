import { TOKEN_FIELDS, UNIT_NAMES, type Usage } from '../core/usage.ts';

/** More than any call or batch has of anything; sums of thousands of such calls stay exact (2^53). */
const MOST = 1e12;

/**
 * The last check of every count, whatever dialect, header or pattern it was read from: what cannot be is taken out
 * (unknown, never 0), what contradicts itself is flagged. `usage.raw` keeps what the provider wrote.
 * @param subsetsOfMore parts may exceed input and output (`UsageMap.subsetsOfMore`)
 * @returns the names of what was wrong
 */
export function enforceInvariants(usage: Usage, subsetsOfMore = false): string[] {
  const anomalies = new Set<string>();
  if (removeImpossible(usage)) anomalies.add('invalid_count');
  if (!subsetsOfMore) for (const name of excesses(usage)) anomalies.add(name);
  const { cache_write_tokens: write, cache_write_5m_tokens: short, cache_write_1h_tokens: long } = usage;
  const isSplit = short !== null && long !== null && write !== null;
  if (isSplit && short + long !== write) anomalies.add('cache_split_mismatch');
  return [...anomalies];
}

/** @returns whether there was any */
function removeImpossible(usage: Usage): boolean {
  const tokens = TOKEN_FIELDS.filter((field) => !isPossible(usage[field] ?? 0, Number.isSafeInteger));
  for (const field of tokens) usage[field] = null;
  const units = UNIT_NAMES.filter((unit) => !isPossible(usage.units[unit] ?? 0, Number.isFinite));
  for (const unit of units) delete usage.units[unit];
  return tokens.length + units.length > 0;
}

function isPossible(amount: number, isNumber: (amount: number) => boolean): boolean {
  return isNumber(amount) && amount >= 0 && amount <= MOST;
}

/** Parts that are larger than their whole. */
function* excesses(usage: Usage): Generator<string> {
  const { input_tokens: input, output_tokens: output } = usage;
  if (exceeds(sum(usage.cache_read_tokens, usage.cache_write_tokens), input)) yield 'cache_exceeds_input';
  if (exceeds(usage.reasoning_tokens, output)) yield 'reasoning_exceeds_output';
  const media = sum(usage.input_audio_tokens, usage.input_image_tokens, usage.input_video_tokens);
  if (exceeds(usage.tool_prompt_tokens, input) || exceeds(media, input)) yield 'parts_exceed_input';
  if (exceeds(sum(usage.output_audio_tokens, usage.output_image_tokens), output)) yield 'parts_exceed_output';
}

function sum(...counts: (number | null)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}

function exceeds(part: number | null, whole: number | null): boolean {
  return part !== null && whole !== null && part > whole;
}
