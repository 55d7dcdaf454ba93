/** What a request line says of a call: which API it speaks, and where its model is named. Pure. */

import type { Format } from './convert/model.ts';

export interface CallShape {
  /** `null` = another API than those. */
  format: Format | null;
  /** The model in the path, decoded; `null` = it is in the body. */
  pathModel: { text: string; start: number; end: number } | null;
}

/** Paths that ask a model for something. The first that fits is it. */
const CALLS: readonly (readonly [path: RegExp, format: Format | null])[] = [
  [/\/messages(?:\?|$)/, 'anthropic-messages'],
  [/\/chat\/completions(?:\?|$)/, 'openai-chat'],
  [/\/responses(?:\?|$)/, 'openai-responses'],
  [/\/(?:completions|embeddings|rerank|moderations)(?:\?|$)/, null],
  [/\/images\/(?:generations|edits)(?:\?|$)|\/audio\/(?:speech|transcriptions|translations)(?:\?|$)/, null],
  [
    /:(?:generateContent|streamGenerateContent|embedContent|batchEmbedContents|rawPredict|streamRawPredict)(?:\?|$)/,
    null,
  ],
  [/\/model\/.+\/(?:invoke|invoke-with-response-stream|converse|converse-stream)(?:\?|$)/, null],
  [/\/api\/(?:chat|generate|embed|embeddings)(?:\?|$)/, null],
  [/\/v[12]\/(?:chat|embed|generate)(?:\?|$)/, null],
];
/** Gemini's and Bedrock's APIs. */
const PATH_MODELS: readonly RegExp[] = [
  /\/models\/(?<model>[^/?]+):\w+(?:\?|$)/d,
  /\/model\/(?<model>[^?]+?)\/(?:invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)(?:\?|$)/d,
];

/** @param path origin form with query. `null` = no call of a model, as far as the path tells. */
export function callShape(method: string, path: string): CallShape | null {
  if (method !== 'POST') return null;
  const [, format] = CALLS.find(([pattern]) => pattern.test(path)) ?? [];
  return format === undefined ? null : { format, pathModel: pathModelOf(path) };
}

/** Also of paths that only count. */
export function pathModelOf(path: string): CallShape['pathModel'] {
  for (const pattern of PATH_MODELS) {
    const match = pattern.exec(path);
    const [start, end] = match?.indices?.groups?.['model'] ?? [];
    if (start === undefined || end === undefined) continue;
    const text = decoded(path.slice(start, end));
    if (text !== null) return { text, start, end };
  }
  return null;
}

/** The path with another model in it. */
export function withPathModel(path: string, at: { start: number; end: number }, model: string): string {
  return path.slice(0, at.start) + encodeURIComponent(model) + path.slice(at.end);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
