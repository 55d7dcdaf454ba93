/** Counts of an answer: read by the rules of the meter, written in the words of the client's format. */
import { unknownUsage } from '../../core/usage.ts';
import { anthropic } from '../../providers/families/anthropic.ts';
import type { JsonObject } from '../../providers/families/json.ts';
import { openaiChat } from '../../providers/families/openai-chat.ts';
import { openaiResponses } from '../../providers/families/openai-responses.ts';
import { applyUsageMap } from '../../providers/families/usage-map.ts';
import type { AnswerUsage, Format } from './model.ts';
import type { Notes } from './notes.ts';

const FAMILIES = {
  'anthropic-messages': anthropic,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
} as const satisfies Record<Format, unknown>;

/** @param raw the provider's usage object. */
export function readUsage(format: Format, raw: JsonObject | null): AnswerUsage {
  return raw === null ? unknownUsage() : applyUsageMap(FAMILIES[format].usage, raw).usage;
}

/** Clients count on the sums. */
function demanded(count: number | null, notes: Notes): number {
  if (count === null) notes.add('usage_unknown', 'usage');
  return count ?? 0;
}

/** Input apart from what caches read and wrote; some servers state more of that than there is input. */
export function anthropicInput({ input_tokens: input, ...usage }: AnswerUsage): JsonObject {
  const read = least(usage.cache_read_tokens, input);
  const write = least(usage.cache_write_tokens, (input ?? 0) - (read ?? 0));
  return {
    input_tokens: (input ?? 0) - (read ?? 0) - (write ?? 0),
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
  };
}

function least(count: number | null, limit: number | null): number | null {
  return count === null ? null : Math.min(count, limit ?? 0);
}

export function anthropicUsage(usage: AnswerUsage, notes: Notes): JsonObject {
  const { cache_write_5m_tokens: short, cache_write_1h_tokens: long, reasoning_tokens: thinking } = usage;
  demanded(usage.input_tokens, notes);
  const creation =
    short === null && long === null
      ? {}
      : { ephemeral_5m_input_tokens: short ?? 0, ephemeral_1h_input_tokens: long ?? 0 };
  return {
    ...anthropicInput(usage),
    ...(Object.keys(creation).length === 0 ? {} : { cache_creation: creation }),
    output_tokens: demanded(usage.output_tokens, notes),
    ...(thinking === null ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
  };
}

export function chatUsage(usage: AnswerUsage, notes: Notes): JsonObject {
  const input = demanded(usage.input_tokens, notes);
  const output = demanded(usage.output_tokens, notes);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...details('prompt_tokens_details', {
      cached_tokens: usage.cache_read_tokens,
      cache_write_tokens: usage.cache_write_tokens,
      audio_tokens: usage.input_audio_tokens,
    }),
    ...details('completion_tokens_details', {
      reasoning_tokens: usage.reasoning_tokens,
      audio_tokens: usage.output_audio_tokens,
    }),
  };
}

export function responsesUsage(usage: AnswerUsage, notes: Notes): JsonObject {
  const input = demanded(usage.input_tokens, notes);
  const output = demanded(usage.output_tokens, notes);
  return {
    input_tokens: input,
    // The SDKs read these without asking whether they are there.
    input_tokens_details: {
      cached_tokens: usage.cache_read_tokens ?? 0,
      ...(usage.cache_write_tokens === null ? {} : { cache_write_tokens: usage.cache_write_tokens }),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning_tokens ?? 0 },
    total_tokens: input + output,
  };
}

function details(name: string, counts: Readonly<Record<string, number | null>>): JsonObject {
  const known = Object.entries(counts).filter(([, count]) => count !== null);
  return known.length === 0 ? {} : { [name]: Object.fromEntries(known) };
}
