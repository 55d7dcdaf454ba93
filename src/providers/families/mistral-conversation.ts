import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

const CONVERSATION_USAGE: UsageMap = {
  tokens: { input_tokens: 'prompt_tokens', output_tokens: 'completion_tokens' },
  // Connectors are paid by the call.
  units: {
    web_searches: 'connectors.web_search? + connectors.web_search_premium?',
    code_executions: 'connectors.code_interpreter',
    image_generations: 'connectors.image_generation',
  },
  total: { at: 'total_tokens', distrust: 'output' },
};

/** What connectors (search, code) put before the model is input beside the prompt. */
const WITH_CONNECTORS: UsageMap = {
  ...CONVERSATION_USAGE,
  tokens: {
    ...CONVERSATION_USAGE.tokens,
    input_tokens: 'prompt_tokens + connector_tokens',
    tool_prompt_tokens: 'connector_tokens',
  },
};

/** Mistral's conversations and agents, which run tools on the server. */
export const mistralConversation: Family = {
  name: 'mistral-conversation',
  usage: CONVERSATION_USAGE,
  recognises(message) {
    const name = stringAt(message, 'object') ?? stringAt(message, 'type');
    return name !== null && name.startsWith('conversation.response');
  },
  read(message, reading) {
    const type = stringAt(message, 'type') ?? '';
    reading.error = statedError(message) ?? reading.error;
    if (type === 'conversation.response.error') {
      reading.error = { type: String(valueAt(message, 'code')), message: stringAt(message, 'message') ?? '' };
    }
    const usage = objectAt(message, 'usage');
    if (numberAt(usage, 'prompt_tokens') !== null) reading.rawUsage = usage;
    if (type === 'conversation.response.done') reading.finished = true;
    for (const [index, output] of objectsAt(message, 'outputs').entries()) readEntry(output, String(index), reading);
    if (type === 'message.output.delta') readEntry(message, '', reading);
    if (type === 'function.call.delta') readEntry(message, stringAt(message, 'id') ?? '', reading);
  },
  settle(reading, ending) {
    const map = addsConnectors(reading.rawUsage) ? WITH_CONNECTORS : CONVERSATION_USAGE;
    reading.count(map, reading.finished || ending.whole ? 'final' : 'partial');
  },
};

function addsConnectors(usage: JsonObject | null): boolean {
  const connectors = numberAt(usage, 'connector_tokens') ?? 0;
  const counted = (numberAt(usage, 'prompt_tokens') ?? 0) + (numberAt(usage, 'completion_tokens') ?? 0);
  return connectors > 0 && counted + connectors === numberAt(usage, 'total_tokens');
}

function readEntry(entry: JsonObject, key: string, reading: Reading): void {
  // The conversation's id is that of all its turns; an output's is its own.
  reading.identify({ model: stringAt(entry, 'model'), id: stringAt(entry, 'id') });
  if (stringAt(entry, 'type')?.startsWith('function.call') === true) {
    const input = valueAt(entry, 'arguments');
    reading.tool(key, { id: stringAt(entry, 'tool_call_id'), name: stringAt(entry, 'name'), input });
    return;
  }
  reading.text(valueAt(entry, 'content'));
  reading.text(valueAt(objectAt(entry, 'content'), 'text'));
  for (const part of objectsAt(entry, 'content')) reading.text(valueAt(part, 'text'));
}
