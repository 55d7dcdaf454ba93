import { TOKEN_FIELDS, type UnitName, type Usage } from '../core/usage.ts';

/** More than any call or batch has of anything; sums of thousands of such calls stay exact (2^53). */
const MOST = 1e12;

/**
 * The last check of every count, whatever dialect, header or pattern it was read from: what cannot be is taken out
 * (unknown, never 0), what contradicts itself is flagged. `usage.raw` keeps what the provider wrote.
 * @param subsetsOfMore parts may exceed input and output (`UsageMap.subsetsOfMore`)
 * @returns the names of what was wrong
 */
export function enforceInvariants(usage: Usage, subsetsOfMore = false): string[] {
  const anomalies = removeImpossible(usage) ? ['invalid_count'] : [];
  if (!subsetsOfMore) anomalies.push(...excesses(usage));
  const { cache_write_tokens: write, cache_write_5m_tokens: short, cache_write_1h_tokens: long } = usage;
  const isSplit = short !== null && long !== null && write !== null;
  if (isSplit && short + long !== write) anomalies.push('cache_split_mismatch');
  return anomalies;
}

/** @returns whether there was any */
function removeImpossible(usage: Usage): boolean {
  let found = false;
  for (const field of TOKEN_FIELDS) {
    const count = usage[field];
    if (count === null || (Number.isSafeInteger(count) && isPossible(count))) continue;
    usage[field] = null;
    found = true;
  }
  for (const unit of Object.keys(usage.units) as UnitName[]) {
    const amount = usage.units[unit] ?? 0;
    if (Number.isFinite(amount) && isPossible(amount)) continue;
    delete usage.units[unit];
    found = true;
  }
  return found;
}

function isPossible(amount: number): boolean {
  return amount >= 0 && amount <= MOST;
}

/** Parts that are larger than their whole. */
function excesses(usage: Usage): string[] {
  const { input_tokens: input, output_tokens: output } = usage;
  const found: string[] = [];
  if (exceeds(sum(usage.cache_read_tokens, usage.cache_write_tokens), input)) found.push('cache_exceeds_input');
  if (exceeds(usage.reasoning_tokens, output)) found.push('reasoning_exceeds_output');
  const media = sum(usage.input_audio_tokens, usage.input_image_tokens, usage.input_video_tokens);
  if (exceeds(usage.tool_prompt_tokens, input) || exceeds(media, input)) found.push('parts_exceed_input');
  if (exceeds(sum(usage.output_audio_tokens, usage.output_image_tokens), output)) found.push('parts_exceed_output');
  return found;
}

function sum(one: number | null, two: number | null, three: number | null = null): number {
  return (one ?? 0) + (two ?? 0) + (three ?? 0);
}

function exceeds(part: number | null, whole: number | null): boolean {
  return part !== null && whole !== null && part > whole;
}
