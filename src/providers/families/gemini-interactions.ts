import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { applyUsageMap, type UsageMap } from './usage-map.ts';

const INTERACTIONS_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'total_input_tokens + total_tool_use_tokens?',
    output_tokens: 'total_output_tokens + total_thought_tokens?',
    cache_read_tokens: 'total_cached_tokens',
    reasoning_tokens: 'total_thought_tokens',
    tool_prompt_tokens: 'total_tool_use_tokens',
    input_audio_tokens: 'input_tokens_by_modality[modality=audio].tokens',
    input_image_tokens: 'input_tokens_by_modality[modality=image].tokens',
    input_video_tokens: 'input_tokens_by_modality[modality=video].tokens',
    output_audio_tokens: 'output_tokens_by_modality[modality=audio].tokens',
    output_image_tokens: 'output_tokens_by_modality[modality=image].tokens',
  },
  // Paid by the search.
  units: { web_searches: 'grounding_tool_count[type=google_search].count' },
  total: { at: 'total_tokens', distrust: 'both' },
};

/** The types do not say whether thinking is inside the output, nor tool use inside the input: the total does. */
const INSIDE: readonly UsageMap[] = [
  { output_tokens: 'total_output_tokens' },
  { input_tokens: 'total_input_tokens' },
  { output_tokens: 'total_output_tokens', input_tokens: 'total_input_tokens' },
].map((tokens) => ({ ...INTERACTIONS_USAGE, tokens: { ...INTERACTIONS_USAGE.tokens, ...tokens } }));

function mapOf(raw: JsonObject | null): UsageMap {
  const isExplained = (map: UsageMap): boolean => {
    const { usage, anomalies } = applyUsageMap(map, raw ?? {});
    return anomalies.length === 0 && (usage.reasoning_tokens ?? 0) <= (usage.output_tokens ?? 0);
  };
  if (raw === null || isExplained(INTERACTIONS_USAGE)) return INTERACTIONS_USAGE;
  return INSIDE.find(isExplained) ?? INTERACTIONS_USAGE;
}

/** Running totals of a stream; the closing event's usage replaces them. */
const CLOSED = 'closed';

export const geminiInteractions: Family = {
  name: 'gemini-interactions',
  usage: INTERACTIONS_USAGE,
  recognises(message) {
    const type = stringAt(message, 'event_type');
    if (type !== null && (type.startsWith('interaction.') || type.startsWith('step.'))) return true;
    return (
      stringAt(message, 'object') === 'interaction' ||
      numberAt(objectAt(message, 'usage'), 'total_input_tokens') !== null
    );
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const event = stringAt(message, 'event_type');
    const interaction = objectAt(message, 'interaction') ?? (event === null ? message : null);
    const usage = objectAt(interaction, 'usage') ?? objectAt(message, 'usage') ?? objectAt(message, 'step_usage');
    if (numberAt(usage, 'total_input_tokens') !== null) reading.rawUsage = usage;
    if (interaction !== null) readInteraction(interaction, reading);
    if (event !== null) readEvent(event, message, reading);
  },
  settle(reading, ending) {
    const closed = !ending.stream || reading.memory.has(CLOSED);
    reading.count(mapOf(reading.rawUsage), closed && (reading.finished || ending.whole) ? 'final' : 'partial');
  },
};

function readEvent(event: string, message: JsonObject, reading: Reading): void {
  if (event === 'interaction.completed' || event === 'interaction.complete') {
    reading.memory.set(CLOSED, true);
    reading.finished = true;
  }
  const key = String(valueAt(message, 'index'));
  const step = objectAt(message, 'step');
  if (event === 'step.start' && stringAt(step, 'type') === 'function_call') {
    reading.tool(key, { id: stringAt(step, 'id'), name: stringAt(step, 'name') });
  }
  const delta = objectAt(message, 'delta');
  if (event === 'step.delta' && delta !== null) readDelta(delta, key, reading);
}

function readDelta(delta: JsonObject, key: string, reading: Reading): void {
  const type = stringAt(delta, 'type') ?? '';
  if (type === 'text') reading.text(valueAt(delta, 'text'));
  else if (type === 'thought_summary') reading.thinking(valueAt(objectAt(delta, 'content'), 'text'));
  else if (type.includes('arguments') || type === 'function_call') {
    const input = valueAt(delta, 'partial_arguments') ?? valueAt(delta, 'arguments');
    reading.tool(key, { id: stringAt(delta, 'id'), name: stringAt(delta, 'name'), input });
  } else if (type !== 'thought_signature') reading.content();
}

function readInteraction(interaction: JsonObject, reading: Reading): void {
  reading.identify({
    model: stringAt(interaction, 'model'),
    id: stringAt(interaction, 'id'),
    serviceTier: stringAt(interaction, 'service_tier'),
  });
  reading.stopReason = stringAt(interaction, 'status') ?? reading.stopReason;
  if (reading.hasText) return;
  for (const [index, step] of objectsAt(interaction, 'steps').entries()) {
    const type = stringAt(step, 'type');
    if (type === 'function_call') {
      const input = JSON.stringify(valueAt(step, 'arguments') ?? {});
      reading.tool(String(index), { id: stringAt(step, 'id'), name: stringAt(step, 'name'), input });
    }
    for (const part of objectsAt(step, 'content')) {
      if (type === 'model_output') reading.text(valueAt(part, 'text'));
    }
    for (const part of objectsAt(step, 'summary')) reading.thinking(valueAt(part, 'text'));
  }
}
