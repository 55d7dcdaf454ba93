/**
 * The parts of which messages are made, told apart by their shape: the dialects borrow from each other, and gateways
 * mix them (Anthropic's `tool_use` inside Bedrock, OpenAI's `image_url` everywhere).
 */
import { isErrorResult } from '../../core/tool-result.ts';
import { isObject, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import type { ChatPart } from './chat.ts';

export type Part =
  | { kind: 'content'; part: ChatPart }
  /** `redacted`: the provider keeps what was thought to itself. */
  | { kind: 'thinking'; text: string; redacted: boolean }
  | { kind: 'call'; id: string | null; name: string; input: string }
  /** `isError`: null = the dialect does not say. */
  | { kind: 'result'; id: string | null; name: string | null; isError: boolean | null; parts: Part[] }
  /** What nobody knows. `json`: long texts in it are cut. */
  | { kind: 'other'; json: string };

/** What a message holds: a text, one part, or a list of them. */
export function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  if (Array.isArray(content)) return content.flatMap((part) => (Array.isArray(part) ? [] : partsOf(part)));
  if (!isObject(content)) return [];
  const part = READERS.reduce<Part | null>((found, read) => found ?? read(content), null);
  return part === null ? otherOf(content) : [part];
}

const MAX_OTHER = 2000;
const MAX_TEXT = 200;

/** Nothing, where there is nothing in it. */
function otherOf(part: JsonObject): Part[] {
  if (Object.keys(part).length === 0 || valueAt(part, 'text') === '') return [];
  return [{ kind: 'other', json: JSON.stringify(part, withoutLong).slice(0, MAX_OTHER) }];
}

function withoutLong(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}...` : value;
}

export function textPart(text: string): Part {
  return { kind: 'content', part: { type: 'text', text } };
}

/** JSON of a tool's input, whatever it was. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? {});
}

type Reader = (part: JsonObject) => Part | null;

/** The first that knows the shape reads it; texts come last, for other parts have texts as well. */
const READERS: readonly Reader[] = [thinkingOf, callOf, resultOf, imageOf, audioOf, fileOf, textOf];

const THINKING = /^(?:redacted_)?(?:thinking|reasoning)/;

/** What a model thought is no part of what it said; a reasoning item of the Responses API has a summary only. */
function thinkingOf(part: JsonObject): Part | null {
  const converse = objectAt(part, 'reasoningContent');
  if (converse !== null) {
    const text = stringAt(objectAt(converse, 'reasoningText'), 'text');
    return { kind: 'thinking', text: text ?? '', redacted: text === null };
  }
  if (valueAt(part, 'thought') === true)
    return { kind: 'thinking', text: stringAt(part, 'text') ?? '', redacted: false };
  if (!THINKING.test(stringAt(part, 'type') ?? '')) return null;
  const text = [
    ...textsOf(part, 'thinking'),
    ...textsOf(part, 'text'),
    ...textsOf(part, 'summary'),
    ...textsOf(part, 'content'),
  ].join('\n\n');
  const isHidden = text === '' && (stringAt(part, 'data') ?? stringAt(part, 'encrypted_content')) !== null;
  return { kind: 'thinking', text, redacted: isHidden };
}

/** A text, or those of a list of parts. */
function textsOf(part: JsonObject, member: string): string[] {
  const text = stringAt(part, member);
  return text === null ? objectsAt(part, member).flatMap((piece) => stringAt(piece, 'text') ?? []) : [text];
}

const CALL_TYPES: ReadonlySet<unknown> = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use']);
const ITEM_CALL_TYPES: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call', 'mcp_call']);

function callOf(part: JsonObject): Part | null {
  const type = valueAt(part, 'type');
  if (CALL_TYPES.has(type)) return call(stringAt(part, 'id'), part, 'input');
  if (ITEM_CALL_TYPES.has(type)) {
    return call(
      stringAt(part, 'call_id') ?? stringAt(part, 'id'),
      part,
      type === 'custom_tool_call' ? 'input' : 'arguments',
    );
  }
  const converse = objectAt(part, 'toolUse');
  if (converse !== null) return call(stringAt(converse, 'toolUseId'), converse, 'input');
  const gemini = objectAt(part, 'functionCall') ?? objectAt(part, 'function_call');
  return gemini === null ? null : call(stringAt(gemini, 'id'), gemini, 'args');
}

function call(id: string | null, from: JsonObject, input: string): Part {
  return { kind: 'call', id, name: stringAt(from, 'name') ?? '', input: jsonText(valueAt(from, input)) };
}

const ITEM_RESULT_TYPES: ReadonlySet<unknown> = new Set(['function_call_output', 'custom_tool_call_output']);

function resultOf(part: JsonObject): Part | null {
  const type = valueAt(part, 'type');
  if (typeof type === 'string' && type.endsWith('tool_result')) {
    return result(part, stringAt(part, 'tool_use_id'), valueAt(part, 'content'));
  }
  if (ITEM_RESULT_TYPES.has(type)) return result(part, stringAt(part, 'call_id'), valueAt(part, 'output'));
  if (type === 'function_result') return result(part, stringAt(part, 'call_id'), valueAt(part, 'result'));
  const converse = objectAt(part, 'toolResult');
  if (converse !== null) return result(converse, stringAt(converse, 'toolUseId'), valueAt(converse, 'content'));
  const gemini = objectAt(part, 'functionResponse') ?? objectAt(part, 'function_response');
  if (gemini === null) return null;
  return result(gemini, stringAt(gemini, 'id'), jsonText(valueAt(gemini, 'response')));
}

function result(from: JsonObject, id: string | null, content: unknown): Part {
  const parts = partsOf(content);
  // Something was answered, if in no shape that is known.
  const isStrange =
    parts.every(({ kind }) => kind === 'other') && content !== undefined && content !== null && content !== '';
  return {
    kind: 'result',
    id,
    name: stringAt(from, 'name'),
    isError: isErrorResult(from),
    parts: isStrange && !isEmptyList(content) ? [textPart(jsonText(content))] : parts,
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function imageOf(part: JsonObject): Part | null {
  const url = stringAt(part, 'image_url') ?? stringAt(valueAt(part, 'image_url'), 'url');
  if (url !== null) return image(url);
  if (valueAt(part, 'type') === 'image') {
    const source = objectAt(part, 'source');
    const data = source === null ? dataUrl(part, 'mime_type', 'image/png') : dataUrl(source, 'media_type', 'image/png');
    const url = data ?? stringAt(part, 'uri') ?? stringAt(part, 'image');
    return url === null ? null : image(url);
  }
  const converse = objectAt(part, 'image');
  if (converse !== null) return bytesOf(converse, 'image', image);
  const inline = inlineOf(part);
  return inline !== null && inline.mime.startsWith('image/') ? image(inline.url) : null;
}

function image(url: string): Part {
  return { kind: 'content', part: { type: 'image_url', image_url: { url } } };
}

/** Anthropic's `source`, or a URL in its place. */
function dataUrl(source: JsonObject | null, mime: string, otherwise: string): string | null {
  const data = stringAt(source, 'data');
  if (data !== null) return `data:${stringAt(source, mime) ?? otherwise};base64,${data}`;
  return stringAt(source, 'url');
}

/** Converse: `{format, source: {bytes}}`. */
function bytesOf(media: JsonObject, kind: string, make: (url: string) => Part): Part | null {
  const bytes = stringAt(objectAt(media, 'source'), 'bytes');
  return bytes === null ? null : make(`data:${kind}/${stringAt(media, 'format') ?? 'octet-stream'};base64,${bytes}`);
}

/** Gemini's media, in it or elsewhere. */
function inlineOf(part: JsonObject): { mime: string; url: string; data: string | null } | null {
  const inline = objectAt(part, 'inlineData') ?? objectAt(part, 'inline_data');
  const file = objectAt(part, 'fileData') ?? objectAt(part, 'file_data');
  const holder = inline ?? file;
  if (holder === null) return null;
  const mime = stringAt(holder, 'mimeType') ?? stringAt(holder, 'mime_type') ?? 'application/octet-stream';
  const data = stringAt(inline, 'data');
  const url = data === null ? (stringAt(file, 'fileUri') ?? stringAt(file, 'file_uri')) : `data:${mime};base64,${data}`;
  return url === null ? null : { mime, url, data };
}

function audioOf(part: JsonObject): Part | null {
  const audio = objectAt(part, 'input_audio');
  if (audio !== null) return sound(stringAt(audio, 'data'), stringAt(audio, 'format'));
  const inline = inlineOf(part);
  if (inline === null || !inline.mime.startsWith('audio/')) return null;
  return sound(inline.data, inline.mime.slice('audio/'.length));
}

function sound(data: string | null, format: string | null): Part | null {
  if (data === null) return null;
  return { kind: 'content', part: { type: 'input_audio', input_audio: { data, format: format ?? 'wav' } } };
}

function fileOf(part: JsonObject): Part | null {
  const type = valueAt(part, 'type');
  if (type === 'document') return fileFrom(part, dataUrl(objectAt(part, 'source'), 'media_type', 'application/pdf'));
  if (type === 'file') return fileFrom(objectAt(part, 'file') ?? part, null);
  if (type === 'input_file') return fileFrom(part, stringAt(part, 'file_url'));
  const converse = objectAt(part, 'document');
  if (converse !== null) {
    return bytesOf(converse, 'application', (url) => file({ file_data: url, ...named(stringAt(converse, 'name')) }));
  }
  const inline = inlineOf(part);
  return inline === null ? null : file({ file_data: inline.url });
}

function fileFrom(part: JsonObject, url: string | null): Part | null {
  const data = url ?? stringAt(part, 'file_data');
  const id = stringAt(part, 'file_id');
  if (data === null && id === null) {
    // A document as plain text.
    const text = stringAt(objectAt(part, 'source'), 'data');
    return text === null ? null : textPart(text);
  }
  return file({
    ...(data === null ? {} : { file_data: data }),
    ...(id === null ? {} : { file_id: id }),
    ...named(stringAt(part, 'filename') ?? stringAt(part, 'title')),
  });
}

function named(filename: string | null): { filename?: string } {
  return filename === null ? {} : { filename };
}

function file(fields: Extract<ChatPart, { type: 'file' }>['file']): Part {
  return { kind: 'content', part: { type: 'file', file: fields } };
}

function textOf(part: JsonObject): Part | null {
  const text = stringAt(part, 'text') ?? stringAt(part, 'refusal');
  if (text !== null) return textPart(text);
  const json = valueAt(part, 'json');
  return json === undefined ? null : textPart(jsonText(json));
}
