import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** Text models state tokens in `metadata`; embeddings state them at each prediction; images are counted. */
const PREDICT_USAGE: UsageMap = {
  tokens: {
    input_tokens: ['tokenMetadata.inputTokenCount.totalTokens', 'statistics[].token_count', 'statistics[].tokenCount'],
    output_tokens: 'tokenMetadata.outputTokenCount.totalTokens',
  },
  units: { images: 'images' },
};

const EMBEDDINGS = 'embeddings';

/** `:predict` of Google's own models, on Vertex AI and the Gemini API. */
export const vertexPredict: Family = {
  name: 'vertex-predict',
  usage: PREDICT_USAGE,
  recognises(message) {
    return Array.isArray(valueAt(message, 'predictions'));
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const predictions = objectsAt(message, 'predictions');
    const statistics = predictions.flatMap(
      (each) => objectAt(objectAt(each, 'embeddings'), 'statistics') ?? objectAt(each, 'statistics') ?? [],
    );
    const images = predictions.filter(isImage).length;
    const raw: Record<string, unknown> = {};
    const metadata = objectAt(message, 'metadata');
    if (objectAt(metadata, 'tokenMetadata') !== null) raw['tokenMetadata'] = valueAt(metadata, 'tokenMetadata');
    if (statistics.length > 0) raw['statistics'] = statistics;
    if (images > 0) raw['images'] = images;
    if (Object.keys(raw).length > 0) keep(raw, metadata, reading);
    if (statistics.length > 0) reading.memory.set(EMBEDDINGS, true);
    const [first] = predictions;
    reading.text(valueAt(first, 'content') ?? valueAt(objectsAt(first, 'candidates')[0], 'content'));
  },
  settle(reading, ending) {
    const usage = reading.count(PREDICT_USAGE, ending.whole ? 'final' : 'partial');
    if (usage.input_tokens !== null && reading.memory.has(EMBEDDINGS)) usage.output_tokens ??= 0;
  },
};

function keep(raw: Record<string, unknown>, metadata: JsonObject | null, reading: Reading): void {
  const characters = numberAt(metadata, 'billableCharacterCount');
  reading.rawUsage = characters === null ? raw : { ...raw, billableCharacterCount: characters };
}

/** What was filtered out for safety bears a reason instead, and is not billed. */
function isImage(prediction: JsonObject): boolean {
  const type = stringAt(prediction, 'mimeType');
  return type?.startsWith('image/') ?? stringAt(prediction, 'bytesBase64Encoded') !== null;
}
