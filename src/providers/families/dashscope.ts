import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** Cached, image, audio and video tokens are inside the input; embeddings and rerankers state the total alone. */
const DASHSCOPE_USAGE: UsageMap = {
  tokens: {
    input_tokens: ['input_tokens', 'total_tokens'],
    output_tokens: 'output_tokens',
    cache_read_tokens: ['prompt_tokens_details.cached_tokens', 'input_tokens_details.cached_tokens', 'cached_tokens'],
    cache_write_tokens: [
      'prompt_tokens_details.cache_creation_input_tokens',
      'input_tokens_details.cache_creation_input_tokens',
    ],
    reasoning_tokens: ['output_tokens_details.reasoning_tokens', 'completion_tokens_details.reasoning_tokens'],
    input_audio_tokens: ['input_tokens_details.audio_tokens', 'prompt_tokens_details.audio_tokens', 'audio_tokens'],
    output_audio_tokens: 'output_tokens_details.audio_tokens',
    input_image_tokens: ['input_tokens_details.image_tokens', 'prompt_tokens_details.image_tokens', 'image_tokens'],
    output_image_tokens: 'output_tokens_details.image_tokens',
    input_video_tokens: ['input_tokens_details.video_tokens', 'prompt_tokens_details.video_tokens', 'video_tokens'],
  },
  units: {
    images: 'image_count',
    video_seconds: 'video_duration',
    videos: 'video_count',
    audio_seconds: ['duration', 'seconds'],
    characters: 'characters',
  },
  total: { at: 'total_tokens', reasoningMayBeOutside: true, distrust: 'nothing' },
};

/** The first of these makes a usage object worth keeping. */
const COUNTS = ['input_tokens', 'total_tokens', 'image_count', 'video_duration', 'duration', 'seconds', 'characters'];

const TEXT_SO_FAR = 'text-so-far';
/** In the place of the text so far: the events do not repeat it. */
const PIECES = Symbol('pieces');

/** DashScope's own API (Alibaba Model Studio): `{output, usage, request_id}`, in streams with the counts so far. */
export const dashscope: Family = {
  name: 'dashscope',
  usage: DASHSCOPE_USAGE,
  recognises(message) {
    return objectAt(message, 'output') !== null && typeof valueAt(message, 'request_id') === 'string';
  },
  read(message, reading) {
    const output = objectAt(message, 'output');
    reading.error = statedError(message) ?? failureOf(message) ?? failureOf(output) ?? reading.error;
    // A job is polled, each time under another request id.
    const id = stringAt(output, 'task_id') ?? stringAt(message, 'request_id');
    reading.identify({ id, model: stringAt(output, 'model') ?? stringAt(message, 'model') });
    const usage = objectAt(message, 'usage');
    if (COUNTS.some((key) => numberAt(usage, key) !== null)) reading.rawUsage = usage;
    if (output !== null) readOutput(output, reading);
  },
  settle(reading, ending) {
    // Counts go on to the event that says why it stopped.
    const whole = reading.finished || (ending.whole && !ending.stream);
    const usage = reading.count(DASHSCOPE_USAGE, whole ? 'final' : 'partial');
    // Only a total: nothing was generated.
    if (usage.input_tokens !== null && !ending.stream) usage.output_tokens ??= 0;
  },
};

function failureOf(owner: JsonObject | null): { type: string; message: string } | null {
  const code = stringAt(owner, 'code');
  const message = stringAt(owner, 'message');
  return code === null || message === null ? null : { type: code, message };
}

function readOutput(output: JsonObject, reading: Reading): void {
  readText(valueAt(output, 'text'), reading);
  stop(output, reading);
  const [choice] = objectsAt(output, 'choices');
  if (choice === undefined) return;
  stop(choice, reading);
  const message = objectAt(choice, 'message');
  reading.thinking(valueAt(message, 'reasoning_content'));
  readText(valueAt(message, 'content'), reading);
  for (const part of objectsAt(message, 'content')) readText(valueAt(part, 'text'), reading);
  for (const [place, call] of objectsAt(message, 'tool_calls').entries()) {
    const called = objectAt(call, 'function');
    const key = String(numberAt(call, 'index') ?? place);
    const input = valueAt(called, 'arguments');
    reading.tool(key, { id: stringAt(call, 'id'), name: stringAt(called, 'name'), input });
  }
}

/** `"null"` is the word for: not yet. */
function stop(owner: JsonObject, reading: Reading): void {
  if (valueAt(owner, 'finished') === true) reading.finished = true;
  const reason = stringAt(owner, 'finish_reason');
  if (reason === null || reason === 'null') return;
  reading.stopReason = reason;
  reading.finished = true;
}

/**
 * Pieces of a text, or the text so far again and again, as the request wished: the second piece shows which. Kept is
 * one event's text at most.
 */
function readText(piece: unknown, reading: Reading): void {
  if (typeof piece !== 'string' || piece === '') return;
  const soFar = reading.memory.get(TEXT_SO_FAR) ?? '';
  const repeats = typeof soFar === 'string' && soFar !== '' && piece.startsWith(soFar);
  if (soFar === '' || repeats) reading.memory.set(TEXT_SO_FAR, piece);
  else reading.memory.set(TEXT_SO_FAR, PIECES);
  reading.text(repeats ? piece.slice(soFar.length) : piece);
}
