import { statedError } from './errors.ts';
import type { Ending, Family } from './family.ts';
import { callsOf, endCalls } from './gemini-calls.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { tokenCount, type UsageMap } from './usage-map.ts';

/** Thinking is beside the candidates and tool-use prompts beside the prompt; the cache is inside the prompt. */
const GEMINI_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'promptTokenCount + toolUsePromptTokenCount?',
    output_tokens: 'candidatesTokenCount? + thoughtsTokenCount?',
    cache_read_tokens: 'cachedContentTokenCount',
    reasoning_tokens: 'thoughtsTokenCount',
    tool_prompt_tokens: 'toolUsePromptTokenCount',
    input_audio_tokens: [
      'promptTokensDetails[modality=AUDIO].tokenCount',
      'promptTokenDetails[modality=AUDIO].tokenCount',
    ],
    output_audio_tokens: 'candidatesTokensDetails[modality=AUDIO].tokenCount',
    input_image_tokens: [
      'promptTokensDetails[modality=IMAGE].tokenCount? + promptTokensDetails[modality=DOCUMENT].tokenCount?',
      'promptTokenDetails[modality=IMAGE].tokenCount? + promptTokenDetails[modality=DOCUMENT].tokenCount?',
    ],
    output_image_tokens: 'candidatesTokensDetails[modality=IMAGE].tokenCount',
    input_video_tokens: [
      'promptTokensDetails[modality=VIDEO].tokenCount',
      'promptTokenDetails[modality=VIDEO].tokenCount',
    ],
    cache_read_audio_tokens: 'cacheTokensDetails[modality=AUDIO].tokenCount',
  },
};

const OUTPUTS = ['candidatesTokenCount', 'thoughtsTokenCount'] as const;
/** Counts that the total is made of. */
const SUMMANDS = ['promptTokenCount', 'toolUsePromptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'] as const;

/** The largest count seen of each member: what a last snapshot that lacks it may have meant. */
const SEEN = 'seen';
const CLOSED = 'closed';
/** What was searched for; paid by the search, and in no count. */
const SEARCHES = 'searches';

/** Gemini API, Vertex AI, and Code Assist, which wraps each message in `response`. */
export const gemini: Family = {
  name: 'gemini',
  usage: GEMINI_USAGE,
  recognises(message) {
    const inner = objectAt(message, 'response') ?? message;
    return (
      objectAt(inner, 'usageMetadata') !== null ||
      Array.isArray(valueAt(inner, 'candidates')) ||
      objectAt(inner, 'promptFeedback') !== null ||
      (objectAt(inner, 'embedding') !== null && valueAt(inner, 'object') === undefined)
    );
  },
  read(message, reading) {
    const inner = objectAt(message, 'response') ?? message;
    reading.error = statedError(message) ?? statedError(inner) ?? reading.error;
    reading.identify({ model: stringAt(inner, 'modelVersion'), id: stringAt(inner, 'responseId') });
    for (const [index, candidate] of objectsAt(inner, 'candidates').entries()) readCandidate(candidate, index, reading);
    const blocked = stringAt(objectAt(inner, 'promptFeedback'), 'blockReason');
    if (blocked !== null) {
      reading.stopReason = blocked;
      reading.error = { type: 'prompt_blocked', message: blocked };
      reading.memory.set(CLOSED, true);
    }
    const usage = objectAt(inner, 'usageMetadata');
    if (usage !== null) readSnapshot(usage, reading);
  },
  settle,
};

function settle(reading: Reading, ending: Ending): void {
  endCalls(reading);
  const raw = reading.rawUsage;
  if (raw === null) return;
  const closed = !ending.stream || reading.memory.has(CLOSED);
  const { filled, ambiguous } = fillIn(raw, seenBefore(reading));
  reading.rawUsage = filled;
  reading.count(GEMINI_USAGE, ending.whole && closed ? 'final' : 'partial', raw);
  const searches = reading.memory.get(SEARCHES);
  if (searches instanceof Set && searches.size > 0) reading.usage.units.web_searches = searches.size;
  reading.serviceTier = stringAt(raw, 'serviceTier') ?? stringAt(raw, 'trafficType') ?? reading.serviceTier;
  checkSum(reading, tokenCount(valueAt(raw, 'totalTokenCount')), ambiguous);
}

function checkSum(reading: Reading, total: number | null, ambiguous: boolean): void {
  const { usage } = reading;
  // proto3 leaves out zeros: no candidates means that all went to thinking, or that the prompt was blocked.
  // A total of something that no count explains says nothing of the output.
  if ((usage.input_tokens !== null || total === 0) && leavesOutOutput(reading.rawUsage)) usage.output_tokens ??= 0;
  if (total === null) {
    if (ambiguous) distrust(reading, 'ambiguous_usage');
    return;
  }
  if (usage.input_tokens === null || usage.input_tokens + (usage.output_tokens ?? 0) === total) return;
  distrust(reading, ambiguous ? 'ambiguous_usage' : 'total_mismatch');
}

/** What is there and is no count is unknown, not 0. */
function leavesOutOutput(usage: JsonObject | null): boolean {
  return OUTPUTS.every((key) => (valueAt(usage, key) ?? null) === null);
}

function distrust(reading: Reading, anomaly: string): void {
  reading.anomalies.add(anomaly);
  reading.usage.output_tokens = null;
}

/**
 * Every event repeats the counts so far. The last one counts, not the largest (counts go down, and restart with
 * each hop of a server-side tool). Snapshots without a prompt count (`trafficType` alone) are not counts.
 */
function readSnapshot(usage: JsonObject, reading: Reading): void {
  const seen = seenBefore(reading);
  const earlier = reading.rawUsage;
  if (earlier !== null) {
    for (const key of [...SUMMANDS, 'cachedContentTokenCount']) {
      const count = tokenCount(valueAt(earlier, key));
      if (count !== null && count > (seen.get(key) ?? 0)) seen.set(key, count);
    }
    if (numberAt(usage, 'promptTokenCount') === null) return;
  } else if (!SUMMANDS.some((key) => numberAt(usage, key) !== null) && numberAt(usage, 'totalTokenCount') === null) {
    return;
  }
  reading.rawUsage = usage;
}

function seenBefore(reading: Reading): Map<string, number> {
  const known = reading.memory.get(SEEN);
  if (known instanceof Map) return known as Map<string, number>;
  const seen = new Map<string, number>();
  reading.memory.set(SEEN, seen);
  return seen;
}

/** A last snapshot may lack a count that earlier ones had: the total says whether it is meant. */
function fillIn(raw: JsonObject, seen: Map<string, number>): { filled: JsonObject; ambiguous: boolean } {
  const missing = SUMMANDS.filter((key) => valueAt(raw, key) === undefined && (seen.get(key) ?? 0) > 0);
  const filled: Record<string, unknown> = { ...raw };
  const cached = seen.get('cachedContentTokenCount');
  if (valueAt(raw, 'cachedContentTokenCount') === undefined && cached !== undefined) {
    filled['cachedContentTokenCount'] = cached;
  }
  for (const key of missing) filled[key] = seen.get(key);
  return { filled, ambiguous: missing.length > 0 };
}

function readCandidate(candidate: JsonObject, position: number, reading: Reading): void {
  const index = numberAt(candidate, 'index') ?? position;
  // A name, or a number from clients that print the enumeration's value.
  const finish = valueAt(candidate, 'finishReason');
  if (typeof finish === 'string' || typeof finish === 'number') {
    reading.memory.set(CLOSED, true);
    if (index === 0) reading.stopReason = String(finish);
  }
  for (const part of objectsAt(objectAt(candidate, 'content'), 'parts')) readPart(part, index, reading);
  readSearches(objectAt(candidate, 'groundingMetadata'), reading);
}

/** Later events of a stream repeat those of earlier ones. */
function readSearches(grounding: JsonObject | null, reading: Reading): void {
  const queries = valueAt(grounding, 'webSearchQueries');
  if (!Array.isArray(queries)) return;
  const known = reading.memory.get(SEARCHES);
  const searches = known instanceof Set ? known : new Set();
  for (const query of queries.slice(0, MOST_SEARCHES)) searches.add(query);
  reading.memory.set(SEARCHES, searches);
}

const MOST_SEARCHES = 1000;

function readPart(part: JsonObject, index: number, reading: Reading): void {
  const call = objectAt(part, 'functionCall');
  if (call !== null) {
    callsOf(reading).add(index, call);
  } else if (objectAt(part, 'inlineData') !== null) {
    reading.content();
  } else if (index === 0) {
    if (valueAt(part, 'thought') === true) reading.thinking(valueAt(part, 'text'));
    else reading.text(valueAt(part, 'text'));
  }
}
