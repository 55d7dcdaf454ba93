import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';

export interface StatedError {
  type: string;
  message: string;
}

/** Said by errors that name no kind of error. */
const UNNAMED = 'error';

/**
 * The error that a message states, in a 200 as well, or null: an `error` member (most), or what a provider has instead
 * of it.
 */
export function statedError(message: JsonObject): StatedError | null {
  return errorMember(message) ?? ownShape(message);
}

function errorMember(message: JsonObject): StatedError | null {
  const error = valueAt(message, 'error');
  if (isObject(error)) return describe(error, message);
  // Ollama, xAI, TGI: a text, the kind of error beside it. Hugging Face: a list of texts.
  const text: unknown = Array.isArray(error) ? error[0] : error;
  if (typeof text !== 'string' || text === '') return null;
  return { type: stringAt(message, 'error_type') ?? nameAt(message, 'code') ?? UNNAMED, message: text };
}

function ownShape(message: JsonObject): StatedError | null {
  // MiniMax answers 200 with this; 0 is success.
  const status = objectAt(message, 'base_resp');
  const code = numberAt(status, 'status_code');
  if (code !== null && code !== 0) return { type: String(code), message: stringAt(status, 'status_msg') ?? '' };
  // Cloudflare's envelope.
  if (valueAt(message, 'success') === false) {
    const [first = {}] = objectsAt(message, 'errors');
    return describe(first, message);
  }
  // Mistral, vLLM.
  return stringAt(message, 'object') === 'error' ? describe(message, message) : null;
}

/** The error of an answer with an error status, in any of the shapes that providers use. */
export function errorOfBody(body: unknown, status: number): StatedError {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const fallback = { type: `http_${status}`, message: '' };
  if (!isObject(first)) return fallback;
  const stated = statedError(first);
  if (stated !== null) return stated.type === UNNAMED ? { ...stated, type: fallback.type } : stated;
  const message = bareMessage(first);
  if (message === null) return fallback;
  return { type: nameAt(first, 'type') ?? nameAt(first, 'code') ?? fallback.type, message };
}

/** `message` (AWS, Azure's gateway, DashScope), `detail` (FastAPI: a text or a list; NVIDIA: beside a `title`). */
function bareMessage(body: JsonObject): string | null {
  const detail = valueAt(body, 'detail');
  const [problem] = objectsAt(body, 'detail');
  return (
    stringAt(body, 'message') ??
    stringAt(body, 'Message') ??
    stringAt(body, 'detail') ??
    stringAt(problem, 'msg') ??
    stringAt(detail, 'message') ??
    stringAt(body, 'title')
  );
}

/** @param around the message that holds the error: Cerebras has the status there. */
function describe(error: JsonObject, around: JsonObject): StatedError {
  const status = numberAt(around, 'status_code');
  // Google: `code` is the number, `status` the name. OpenAI: `code` is finer than `type` but often null.
  const type = stringAt(error, 'status') ?? stringAt(error, 'type') ?? codeOf(error);
  return { type: type ?? (status === null ? UNNAMED : `http_${status}`), message: stringAt(error, 'message') ?? '' };
}

function codeOf(error: JsonObject): string | null {
  const code = valueAt(error, 'code');
  return typeof code === 'number' ? String(code) : stringAt(error, 'code');
}

/** A name, not a sentence and not an URL (problem details): xAI's `code` is a sentence. */
function nameAt(body: JsonObject, key: string): string | null {
  const name = stringAt(body, key);
  return name !== null && /^[\w.-]+$/.test(name) ? name : null;
}
