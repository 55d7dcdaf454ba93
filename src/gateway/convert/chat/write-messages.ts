import type { JsonObject } from '../../../providers/families/json.ts';
import { exactText } from '../exact-json.ts';
import { urlOf } from '../media.ts';
import type { CallPart, FilePart, ImagePart, Part, ResultPart, Seal, TextPart, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import type { ToolNames } from '../tool-names.ts';

type Content = TextPart | ImagePart | FilePart;

/** Turns as messages: results of tools are messages of their own. Throws RefusedError. */
export function writeMessages(turns: readonly Turn[], names: ToolNames, notes: Notes): JsonObject[] {
  return turns.flatMap((turn, index) => messagesOf(turn, names, `messages[${index}]`, notes));
}

function messagesOf({ role, parts }: Turn, names: ToolNames, at: string, notes: Notes): JsonObject[] {
  if (role === 'assistant') return assistantMessage(parts, names, at, notes);
  // Few servers but OpenAI's know `developer`; there both are the same.
  if (role !== 'user') return joined(parts, 'system', '\n\n', at);
  const results = parts.filter((part) => part.kind === 'result');
  const moved: Content[] = [];
  const messages = results.map((part) => resultMessage(part, names, moved, at, notes));
  const said = [...moved, ...parts.filter(isContent)];
  return said.length === 0 ? messages : [...messages, { role: 'user', content: contentOf(said) }];
}

function joined(parts: readonly Part[], role: string, between: string, at: string): JsonObject[] {
  const texts = parts.map((part) => (part.kind === 'text' ? part.text : refuse('part', at)));
  return texts.length === 0 ? [] : [{ role, content: texts.join(between) }];
}

function isContent(part: Part): part is Content {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'file';
}

/** The result of a tool is a text here: its images come as the user's, right behind it. */
function resultMessage(
  { id, parts, isError }: ResultPart,
  names: ToolNames,
  moved: Content[],
  at: string,
  notes: Notes,
): JsonObject {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const media = parts.filter((part) => part.kind !== 'text');
  if (media.length > 0) notes.add('tool_result_media', at);
  moved.push(...media);
  const text = texts.join('\n');
  if (isError) notes.add('tool_error', at);
  return { role: 'tool', tool_call_id: names.id(id), content: isError ? withError(text) : text };
}

/** Chat has no mark for a tool that failed. */
export function withError(text: string): string {
  return /^\W*(?:\w+\s*)?error/i.test(text) ? text : `Error: ${text}`;
}

function assistantMessage(parts: readonly Part[], names: ToolNames, at: string, notes: Notes): JsonObject[] {
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const calls = parts.filter((part) => part.kind === 'call');
  if (parts.some(({ kind }) => kind === 'image' || kind === 'file')) refuse('media', at);
  if (texts.length === 0 && calls.length === 0) return [];
  const thoughts = ownThoughts(parts, at, notes);
  return [
    {
      role: 'assistant',
      content: saidOf(texts.join(''), thoughts),
      ...thoughtMembers(thoughts),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => writeCall(call, names)) }),
    },
  ];
}

interface OwnThought {
  text: string;
  seal: Extract<Seal, { by: 'openai-chat' }>;
}

/** Thoughts go back to a server that has shown them, in the member in which it did. */
function ownThoughts(parts: readonly Part[], at: string, notes: Notes): OwnThought[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'thinking') return [];
    if (part.seal?.by === 'openai-chat') return [{ text: part.text, seal: part.seal }];
    notes.add('thinking_history', at);
    return [];
  });
}

/** A text, or parts where thoughts are among them. */
function saidOf(text: string, thoughts: readonly OwnThought[]): string | JsonObject[] | null {
  const inContent = thoughts.filter(({ seal }) => seal.member === 'content');
  if (inContent.length === 0) return text === '' ? null : text;
  const thinking = inContent.map((each) => ({ type: 'thinking', thinking: [{ type: 'text', text: each.text }] }));
  return text === '' ? thinking : [...thinking, { type: 'text', text }];
}

function thoughtMembers(thoughts: readonly OwnThought[]): JsonObject {
  const members: Record<string, string> = {};
  const details: unknown[] = [];
  for (const { text, seal } of thoughts) {
    if (seal.member !== 'content' && text !== '') members[seal.member] = (members[seal.member] ?? '') + text;
    if (Array.isArray(seal.details)) details.push(...(seal.details as unknown[]));
  }
  return { ...members, ...(details.length === 0 ? {} : { reasoning_details: details }) };
}

function writeCall(call: CallPart, names: ToolNames): JsonObject {
  const input = call.freeform ? exactText({ input: call.input }) : call.input;
  return {
    id: names.id(call.id),
    type: 'function',
    function: { name: names.target(call.name, call.namespace, call.freeform), arguments: input },
  };
}

function contentOf(parts: readonly Content[]): string | JsonObject[] {
  const [only] = parts;
  return parts.length === 1 && only?.kind === 'text' ? only.text : parts.map(writePart);
}

function writePart(part: Content): JsonObject {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  if (part.kind === 'image') {
    const detail = part.detail === null ? {} : { detail: part.detail };
    return { type: 'image_url', image_url: { url: urlOf(part.source), ...detail } };
  }
  // A URL has no place in a file of chat.
  if ('url' in part.source) return refuse('media', 'messages');
  return {
    type: 'file',
    file: { filename: part.name ?? defaultName(part.source.mediaType), file_data: urlOf(part.source) },
  };
}

function defaultName(mediaType: string): string {
  return `document.${mediaType.split('/')[1]?.replace('plain', 'txt') ?? 'bin'}`;
}
