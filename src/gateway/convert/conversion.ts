/**
 * Calls in one format for targets that speak another: Anthropic's Messages, OpenAI's Chat Completions, OpenAI's
 * Responses. Each is read into the words of model.ts and written from them; what that cannot keep is a note by name, and
 * what must not be lost is a refusal. Pure: bytes in, bytes out. What is kept, lost and refused: docs/conversion.md.
 */
import { isObject, type JsonObject } from '../../providers/families/json.ts';
import { AnswerConversion } from './answer-conversion.ts';
import type { AskedAnswer } from './answer-format.ts';
import { exactText, parseExact } from './exact-json.ts';
import { FORMATS_BY_NAME } from './formats.ts';
import { withShortDescriptions } from './long-descriptions.ts';
import type { Format, ModelRequest } from './model.ts';
import { type Note, Notes, refuse, type Refusal, RefusedError, refusalOf } from './notes.ts';
import { ToolNames } from './tool-names.ts';

export interface ConversionOptions {
  /** What the target is asked for in place of the client's model; null = the client's. */
  model: string | null;
  /** Of the target, by its host; absent = unknown. */
  provider?: string | null;
  /** Milliseconds since the epoch. */
  wall: () => number;
}

export interface ConvertedRequest {
  body: Buffer;
  /** Behind the base URL of the target, with `/v1`. */
  path: string;
  /** To be set, whatever the client sent. The answer must come without a content coding. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Asked for at the target. */
  model: string | null;
  stream: boolean;
  /** What the target does not get as the client meant it. */
  notes: readonly Note[];
  /** For the answer to this request, and no other. */
  answer: AnswerConversion;
}

export interface Conversion {
  from: Format;
  to: Format;
  /** Never throws. */
  request(body: Uint8Array, options: ConversionOptions): ConvertedRequest | { refused: Refusal };
}

/** @param from the client's. @param to the target's. Null = they are the same: there is nothing to convert. */
export function conversionBetween(from: Format, to: Format): Conversion | null {
  if (from === to) return null;
  return {
    from,
    to,
    request(body, options) {
      try {
        return convert(from, to, body, options);
      } catch (error) {
        if (error instanceof RefusedError) return { refused: error.refusal };
        // JSON.stringify needs a stack for what JSON.parse reads without one.
        if (error instanceof RangeError) return { refused: refusalOf('too_deep', 'body') };
        throw error;
      }
    },
  };
}

function convert(from: Format, to: Format, bytes: Uint8Array, options: ConversionOptions): ConvertedRequest {
  const { model, provider = null, wall } = options;
  const notes = new Notes();
  const body = objectOf(bytes);
  const read = FORMATS_BY_NAME[from].readRequest(body, notes);
  const request: ModelRequest = model === null ? read : { ...read, model };
  if (request.turns.at(-1)?.role === 'assistant') notes.add('prefill', 'messages');
  const names = new ToolNames(to, notes);
  for (const tool of request.tools) names.add(tool);
  const target = FORMATS_BY_NAME[to];
  const repeated = picked(body, FORMATS_BY_NAME[from].repeats);
  const fitting = withShortDescriptions(request, { format: to, provider }, names, notes);
  const written = target.writeRequest(fitting, names, notes, provider);
  return {
    body: Buffer.from(exactText(written)),
    path: target.path,
    headers: [['Content-Type', 'application/json'], ['Accept-Encoding', 'identity'], ...target.headers],
    model: request.model,
    stream: request.stream,
    notes: notes.list(),
    answer: new AnswerConversion({ from: to, to: from, asked: askedOf(request), repeated, names, wall }),
  };
}

function askedOf({ model, stream, includeUsage, reasoning }: ModelRequest): AskedAnswer {
  return { model, stream, includeUsage, reasoning };
}

function picked(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(body, name) ? [[name, body[name]]] : [])));
}

function objectOf(bytes: Uint8Array): JsonObject {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const value = parseExact(text);
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  return refuse('not_json', 'body');
}
