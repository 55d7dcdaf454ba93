import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { callsOf, endCalls } from './gemini-calls.ts';
import { objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/**
 * Each turn counts its whole context again. Thinking is beside the response, and in recordings outside the total:
 * that one is not believed. Vertex AI writes `candidates` for `response`.
 */
const LIVE_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'promptTokenCount + toolUsePromptTokenCount?',
    output_tokens: [
      'responseTokenCount + thoughtsTokenCount?',
      'candidatesTokenCount + thoughtsTokenCount?',
      'thoughtsTokenCount',
    ],
    cache_read_tokens: 'cachedContentTokenCount',
    reasoning_tokens: 'thoughtsTokenCount',
    tool_prompt_tokens: 'toolUsePromptTokenCount',
    input_audio_tokens: 'promptTokensDetails[modality=AUDIO].tokenCount',
    output_audio_tokens: [
      'responseTokensDetails[modality=AUDIO].tokenCount',
      'candidatesTokensDetails[modality=AUDIO].tokenCount',
    ],
    input_image_tokens: 'promptTokensDetails[modality=IMAGE].tokenCount',
    input_video_tokens: 'promptTokensDetails[modality=VIDEO].tokenCount',
    cache_read_audio_tokens: 'cacheTokensDetails[modality=AUDIO].tokenCount',
  },
};

/** Messages of the server in Gemini's Live API, over a WebSocket. */
export const geminiLive: Family = {
  name: 'gemini-live',
  usage: LIVE_USAGE,
  byEndpointOnly: true,
  recognises(message) {
    return ['setupComplete', 'serverContent', 'toolCall', 'usageMetadata'].some(
      (key) => objectAt(message, key) !== null,
    );
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const content = objectAt(message, 'serverContent');
    if (content !== null) readContent(content, reading);
    for (const call of objectsAt(objectAt(message, 'toolCall'), 'functionCalls')) {
      callsOf(reading, true).add(0, call);
    }
    const usage = objectAt(message, 'usageMetadata');
    if (usage === null) return;
    reading.rawUsage = usage;
    reading.finished = true;
    reading.serviceTier = stringAt(usage, 'trafficType') ?? reading.serviceTier;
  },
  settle(reading) {
    endCalls(reading);
    const usage = reading.count(LIVE_USAGE, 'final');
    // proto3 leaves out zeros.
    if (usage.input_tokens !== null) usage.output_tokens ??= 0;
  },
};

function readContent(content: JsonObject, reading: Reading): void {
  for (const part of objectsAt(objectAt(content, 'modelTurn'), 'parts')) {
    if (objectAt(part, 'inlineData') !== null) reading.content();
    if (valueAt(part, 'thought') === true) reading.thinking(valueAt(part, 'text'));
    else reading.text(valueAt(part, 'text'));
  }
  reading.text(valueAt(objectAt(content, 'outputTranscription'), 'text'));
  if (valueAt(content, 'interrupted') === true) reading.stopReason = 'interrupted';
  else if (valueAt(content, 'turnComplete') === true)
    reading.stopReason ??= stringAt(content, 'turnCompleteReason') ?? 'turn_complete';
}
