/** Pictures and sounds that a model made: in an answer of one document, or in the events of a stream. */
import { parseJson } from '../../decoders/parse-json.ts';
import { isObject, objectAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import type { Media } from './media.ts';

export interface AnswerMedia {
  type: 'image' | 'audio';
  /** Null = the bytes are elsewhere, at `ref`. */
  media: Media | null;
  ref: string | null;
}

/** More are a gallery that nobody looks at here. */
const MOST = 100;
/** Answers are flat; what is nested deeper is something else. */
const MAX_DEPTH = 12;
const DATA_LINE = /^data:\s*(\{.*\})\s*$/gm;
const DATA_URL = /^data:((?:image|audio)\/[\w.+-]{1,80});base64,/;

/** @param text of the answer's body */
export function answerMedia(text: string): AnswerMedia[] {
  const found = new Map<string, AnswerMedia>();
  const whole = parseJson(text);
  const documents =
    whole === undefined ? [...text.matchAll(DATA_LINE)].map((match) => parseJson(match[1] ?? '')) : [whole];
  for (const document of documents) search(document, 0, found);
  return [...found.values()];
}

function search(value: unknown, depth: number, found: Map<string, AnswerMedia>): void {
  if (depth > MAX_DEPTH || found.size >= MOST) return;
  if (Array.isArray(value)) for (const item of value) search(item, depth + 1, found);
  if (!isObject(value)) return;
  const media = mediaIn(value);
  if (media === null) {
    for (const member of Object.values(value)) if (typeof member === 'object') search(member, depth + 1, found);
    return;
  }
  // The last event of a stream repeats what came before it.
  const { base64 = media.ref ?? '' } = media.media ?? {};
  found.set(`${base64.length} ${base64.slice(0, 64)} ${base64.slice(-64)}`, media);
}

/** As OpenAI (images, Responses), Gemini, and gateways in the chat format say it. */
function mediaIn(value: JsonObject): AnswerMedia | null {
  return imageOf(value) ?? inlineOf(value) ?? addressOf(value);
}

function imageOf(value: JsonObject): AnswerMedia | null {
  const isCall = valueAt(value, 'type') === 'image_generation_call';
  const data = stringAt(value, 'b64_json') ?? (isCall ? stringAt(value, 'result') : null);
  return data === null ? null : made(`image/${stringAt(value, 'output_format') ?? 'png'}`, data);
}

function inlineOf(value: JsonObject): AnswerMedia | null {
  const inline = objectAt(value, 'inlineData') ?? objectAt(value, 'inline_data');
  const data = stringAt(inline, 'data');
  return data === null ? null : made(stringAt(inline, 'mimeType') ?? stringAt(inline, 'mime_type') ?? '', data);
}

function addressOf(value: JsonObject): AnswerMedia | null {
  const isPicture = valueAt(value, 'revised_prompt') !== undefined;
  const url = stringAt(objectAt(value, 'image_url'), 'url') ?? (isPicture ? stringAt(value, 'url') : null);
  if (url === null) return null;
  const head = DATA_URL.exec(url.slice(0, 200));
  if (head === null) return { type: 'image', media: null, ref: url.slice(0, 2000) };
  return made(head[1] ?? '', url.slice(head[0].length));
}

function made(mime: string, base64: string): AnswerMedia {
  return { type: mime.startsWith('audio/') ? 'audio' : 'image', media: { mime, base64 }, ref: null };
}
