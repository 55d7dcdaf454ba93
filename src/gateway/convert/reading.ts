/** Reading requests of strangers: what is not as the format says is refused with its place. */
import { isObject, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { exactText } from './exact-json.ts';
import { type Notes, refuse } from './notes.ts';

/** The objects of a list, each with its place. Throws RefusedError where something else is among them. */
export function listAt(from: JsonObject, key: string, at = ''): readonly { value: JsonObject; at: string }[] {
  const value = valueAt(from, key);
  const place = at === '' ? key : `${at}.${key}`;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return refuse('messages', place);
  return value.map((element, index) => {
    const inner = `${place}[${index}]`;
    return isObject(element) ? { value: element, at: inner } : refuse('messages', inner);
  });
}

export function requiredText(from: JsonObject, key: string, at: string): string {
  return stringAt(from, key) ?? refuse('messages', `${at}.${key}`);
}

/** The texts of a list, or the one text. */
export function textsAt(from: JsonObject, key: string): string[] {
  const value = valueAt(from, key);
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string' && text !== '') : [];
}

export function booleanAt(from: unknown, key: string): boolean | null {
  const value = valueAt(from, key);
  return typeof value === 'boolean' ? value : null;
}

/** JSON text of a tool's input, which is an object or already a text. */
export function inputText(input: unknown): string {
  if (typeof input === 'string') return input;
  return input === undefined || input === null ? '{}' : exactText(input);
}

/** A schema of an object: what takes nothing has one as well. */
export function schemaOf(value: unknown): JsonObject {
  if (!isObject(value)) return { type: 'object', properties: {} };
  return valueAt(value, 'type') === undefined ? { type: 'object', ...value } : value;
}

/** Of a tool that takes plain text, for targets that know none. */
export const FREEFORM_SCHEMA: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
};

/** True when there is nothing to read in a text, which is noted. */
export function noteBlank(text: string, at: string, notes: Notes): boolean {
  if (text.trim() !== '') return false;
  notes.add('empty_text', at);
  return true;
}
