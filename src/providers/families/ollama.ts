import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** `prompt_eval_count` is absent when the prompt was cached whole: unknown, not 0. */
const OLLAMA_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'prompt_eval_count',
    output_tokens: 'eval_count',
  },
};

/** Ollama's own API: counts sit at the top of the object with `done: true`. */
export const ollama: Family = {
  name: 'ollama',
  usage: OLLAMA_USAGE,
  recognises(message) {
    return (
      numberAt(message, 'prompt_eval_count') !== null ||
      numberAt(message, 'eval_count') !== null ||
      (typeof valueAt(message, 'done') === 'boolean' && stringAt(message, 'model') !== null)
    );
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    reading.identify({ model: stringAt(message, 'model') });
    const part = objectAt(message, 'message');
    reading.text(valueAt(message, 'response'));
    reading.text(valueAt(part, 'content'));
    reading.thinking(valueAt(message, 'thinking') ?? valueAt(part, 'thinking'));
    for (const call of objectsAt(part, 'tool_calls')) {
      const called = objectAt(call, 'function');
      reading.tool(String(reading.toolCount), {
        id: stringAt(call, 'id'),
        name: stringAt(called, 'name'),
        input: JSON.stringify(valueAt(called, 'arguments') ?? {}),
      });
    }
    readCounts(message, reading);
  },
  settle(reading, ending) {
    reading.count(OLLAMA_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
  },
};

function readCounts(message: JsonObject, reading: Reading): void {
  // Of all it says, only embeddings do not say whether they are done.
  const embeds = valueAt(message, 'done') === undefined && numberAt(message, 'prompt_eval_count') !== null;
  if (valueAt(message, 'done') !== true && !embeds) return;
  reading.stopReason = stringAt(message, 'done_reason') ?? reading.stopReason;
  reading.finished = true;
  const counts = {
    prompt_eval_count: valueAt(message, 'prompt_eval_count'),
    eval_count: embeds ? 0 : valueAt(message, 'eval_count'),
  };
  if (counts.prompt_eval_count !== undefined || counts.eval_count !== undefined) reading.rawUsage = counts;
}
