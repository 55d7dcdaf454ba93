import { isObject, type JsonObject } from '../../../providers/families/json.ts';
import { parseExact } from '../exact-json.ts';
import { textOf } from '../media.ts';
import type { CallPart, FilePart, Part, ResultPart, Source, ThinkingPart } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { noteBlank } from '../reading.ts';
import type { ToolNames } from '../tool-names.ts';

export type AnthropicBlock = JsonObject & { type: string };
type TextBlock = JsonObject & { type: 'text'; text: string };

export function isText(block: AnthropicBlock | undefined): block is TextBlock {
  return block?.type === 'text';
}

/** Parts of a message as content blocks. Throws RefusedError. */
export function blocksOf(parts: readonly Part[], names: ToolNames, at: string, notes: Notes): AnthropicBlock[] {
  return parts.flatMap((part) => blockOf(part, names, at, notes) ?? []);
}

function blockOf(part: Part, names: ToolNames, at: string, notes: Notes): AnthropicBlock | null {
  switch (part.kind) {
    case 'text':
      return noteBlank(part.text, at, notes) ? null : { type: 'text', text: part.text };
    case 'image':
      if (part.detail !== null && part.detail !== 'auto') notes.add('image_detail', at);
      return { type: 'image', source: sourceBlock(part.source) };
    case 'file':
      return documentBlock(part, at);
    case 'thinking':
      return thinkingBlock(part, at, notes);
    case 'call':
      return callBlock(part, names, at, notes);
    case 'result':
      return resultBlock(part, names, at, notes);
  }
}

function sourceBlock(source: Source): JsonObject {
  if ('url' in source) return { type: 'url', url: source.url };
  return { type: 'base64', media_type: source.mediaType, data: source.data };
}

function documentBlock({ source, name }: FilePart, at: string): AnthropicBlock {
  const title = name === null ? {} : { title: name };
  const text = textOf(source);
  if (text !== null)
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
  if (!('url' in source) && source.mediaType !== 'application/pdf') refuse('media', at);
  return { type: 'document', source: sourceBlock(source), ...title };
}

function thinkingBlock({ text, seal }: ThinkingPart, at: string, notes: Notes): AnthropicBlock | null {
  if (seal?.by !== 'anthropic-messages') {
    notes.add('thinking_history', at);
    return null;
  }
  if ('redacted' in seal) return { type: 'redacted_thinking', data: seal.redacted };
  return { type: 'thinking', thinking: text, signature: seal.signature };
}

function callBlock(part: CallPart, names: ToolNames, at: string, notes: Notes): AnthropicBlock {
  return {
    type: 'tool_use',
    id: names.id(part.id),
    name: names.target(part.name, part.namespace, part.freeform),
    input: part.freeform ? { input: part.input } : inputObject(part.input, at, notes),
  };
}

/** What a model has made up may be no JSON; its text is kept. */
export function inputObject(text: string, at: string, notes: Notes): JsonObject {
  if (text.trim() === '') return {};
  const value = parsed(text);
  if (isObject(value)) return value;
  if (value === null) return {};
  notes.add('input_malformed', at);
  return { arguments: text };
}

function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

function resultBlock(part: ResultPart, names: ToolNames, at: string, notes: Notes): AnthropicBlock {
  const content = blocksOf(part.parts, names, at, notes);
  const [only] = content;
  const plain = content.length === 1 && isText(only) ? only.text : content;
  return {
    type: 'tool_result',
    tool_use_id: names.id(part.id),
    ...(content.length === 0 ? {} : { content: plain }),
    ...(part.isError ? { is_error: true } : {}),
  };
}
