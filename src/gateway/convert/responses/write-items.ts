import type { JsonObject } from '../../../providers/families/json.ts';
import { withError } from '../chat/write-messages.ts';
import { urlOf } from '../media.ts';
import type { CallPart, FilePart, ImagePart, Part, ResultPart, TextPart, ThinkingPart, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import type { ToolNames } from '../tool-names.ts';

type Content = TextPart | ImagePart | FilePart;

export interface WrittenItems {
  /** What is said to the model before all else; null = nothing. */
  instructions: string | null;
  items: JsonObject[];
}

/** Turns as instructions and input. Throws RefusedError. */
export function writeItems(turns: readonly Turn[], names: ToolNames, notes: Notes): WrittenItems {
  const first = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  const head = first < 0 ? turns : turns.slice(0, first);
  const freeform = freeformCalls(turns);
  const texts = head.flatMap(({ parts }) =>
    parts.map((part) => (part.kind === 'text' ? part.text : refuse('part', 'system'))),
  );
  return {
    instructions: texts.length === 0 ? null : texts.join('\n\n'),
    items: turns
      .slice(head.length)
      .flatMap((turn, index) => itemsOf(turn, { names, notes, freeform, at: `input[${index}]` })),
  };
}

/** Ids: chat does not tell their results apart. */
function freeformCalls(turns: readonly Turn[]): ReadonlySet<string> {
  const calls = turns.flatMap(({ parts }) => parts.filter((part) => part.kind === 'call'));
  return new Set(calls.filter((call) => call.freeform).map(({ id }) => id));
}

interface Writing {
  names: ToolNames;
  notes: Notes;
  freeform: ReadonlySet<string>;
  at: string;
}

function itemsOf({ role, parts }: Turn, writing: Writing): JsonObject[] {
  const items: JsonObject[] = [];
  let said: Content[] = [];
  const flush = (): void => {
    if (said.length > 0)
      items.push({ type: 'message', role, content: said.map((part) => contentOf(part, role, writing)) });
    said = [];
  };
  for (const part of parts) {
    if (isContent(part)) {
      said.push(part);
    } else {
      flush();
      const item = itemOf(part, writing);
      if (item !== null) items.push(item);
    }
  }
  flush();
  return items;
}

function isContent(part: Part): part is Content {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'file';
}

function itemOf(part: CallPart | ResultPart | ThinkingPart, writing: Writing): JsonObject | null {
  if (part.kind === 'call') return callItem(part, writing.names);
  if (part.kind === 'result') return resultItem(part, writing);
  return thoughtItem(part, writing);
}

function callItem(call: CallPart, names: ToolNames): JsonObject {
  const named = { call_id: names.id(call.id), name: names.target(call.name, call.namespace, call.freeform) };
  if (call.freeform) return { type: 'custom_tool_call', ...named, input: call.input };
  return { type: 'function_call', ...named, arguments: call.input };
}

function resultItem({ id, parts, isError, freeform }: ResultPart, writing: Writing): JsonObject {
  const isFreeform = freeform || writing.freeform.has(id);
  const type = isFreeform ? 'custom_tool_call_output' : 'function_call_output';
  if (isError) writing.notes.add('tool_error', writing.at);
  const [only] = parts;
  const text = parts.length === 0 ? '' : parts.length === 1 && only?.kind === 'text' ? only.text : null;
  if (text !== null) return { type, call_id: writing.names.id(id), output: isError ? withError(text) : text };
  const said = isError ? [{ kind: 'text' as const, text: 'Error:' }, ...parts] : parts;
  return { type, call_id: writing.names.id(id), output: said.map((part) => contentOf(part, 'user', writing)) };
}

/** One that its provider cannot read again it does not take. */
function thoughtItem({ text, seal }: ThinkingPart, { notes, at }: Writing): JsonObject | null {
  if (seal?.by !== 'openai-responses' || seal.encrypted === null) {
    notes.add('thinking_history', at);
    return null;
  }
  const summary = text === '' ? [] : [{ type: 'summary_text', text }];
  return { type: 'reasoning', id: seal.id, summary, encrypted_content: seal.encrypted };
}

function contentOf(part: Content, role: Turn['role'], { at }: Writing): JsonObject {
  if (part.kind === 'text') return { type: role === 'assistant' ? 'output_text' : 'input_text', text: part.text };
  if (role === 'assistant') return refuse('media', at);
  if (part.kind === 'image')
    return { type: 'input_image', image_url: urlOf(part.source), detail: part.detail ?? 'auto' };
  const filename = part.name === null ? {} : { filename: part.name };
  if ('url' in part.source) return { type: 'input_file', file_url: part.source.url };
  return { type: 'input_file', filename: 'document.pdf', ...filename, file_data: urlOf(part.source) };
}
