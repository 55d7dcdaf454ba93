import { isObject, stringAt, valueAt, type JsonObject } from './json.ts';

export interface StatedError {
  type: string;
  message: string;
}

/** The error that a message states in its `error` member: an object (most), a text (Ollama), or null. */
export function statedError(message: JsonObject): StatedError | null {
  const error = valueAt(message, 'error');
  if (typeof error === 'string' && error !== '') return { type: 'error', message: error };
  return isObject(error) ? describe(error) : null;
}

/** The error of an answer with an error status, in any of the shapes that providers use. */
export function errorOfBody(body: unknown, status: number): StatedError {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const fallback = { type: `http_${status}`, message: '' };
  if (!isObject(first)) return fallback;
  const stated = statedError(first);
  if (stated !== null) return stated.type === 'error' ? { ...stated, type: fallback.type } : stated;
  const message = stringAt(first, 'message') ?? stringAt(first, 'Message') ?? stringAt(first, 'detail');
  return message === null ? fallback : { type: stringAt(first, 'type') ?? fallback.type, message };
}

function describe(error: JsonObject): StatedError {
  const code = valueAt(error, 'code');
  const codeText = typeof code === 'string' || typeof code === 'number' ? String(code) : null;
  // Google: `code` is the number, `status` the name. OpenAI: `code` is finer than `type` but often null.
  const type = stringAt(error, 'status') ?? stringAt(error, 'type') ?? codeText;
  return { type: type ?? 'error', message: stringAt(error, 'message') ?? '' };
}
