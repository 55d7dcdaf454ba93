import { isObject, objectAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members } from '../members.ts';
import { sourceOf } from '../media.ts';
import type { CallPart, FilePart, ImagePart, Part, ResultPart, Seal, TextPart, ThinkingPart, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { inputText, listAt, requiredText } from '../reading.ts';
import { sealOfDetails } from './reasoning-details.ts';

const MESSAGE_MEMBERS: Members = {
  role: 'read',
  content: 'read',
  tool_calls: 'read',
  tool_call_id: 'read',
  refusal: 'read',
  reasoning: 'read',
  reasoning_content: 'read',
  reasoning_details: 'read',
  // What answers have and clients send back.
  annotations: 'nothing',
  function_call: { refused: 'functions' },
  audio: { refused: 'audio' },
  cache_control: { lost: 'cache_control' },
};

/** Messages as turns. Throws RefusedError. */
export function readMessages(body: JsonObject, notes: Notes): Turn[] {
  const turns: Turn[] = [];
  for (const { value: message, at } of listAt(body, 'messages')) {
    account(message, MESSAGE_MEMBERS, 'message_member', at, notes);
    const role = requiredText(message, 'role', at);
    const last = turns.at(-1);
    if (role === 'tool') {
      const result = readResult(message, at, notes);
      // The results of calls that were made at once are one turn.
      if (last?.role === 'user' && last.parts.every(({ kind }) => kind === 'result')) {
        turns[turns.length - 1] = { role: 'user', parts: [...last.parts, result] };
      } else {
        turns.push({ role: 'user', parts: [result] });
      }
    } else if (role === 'assistant') {
      turns.push({ role, parts: readAssistant(message, at, notes) });
    } else if (role === 'user' || role === 'system' || role === 'developer') {
      turns.push({ role, parts: contentOf(message, at, notes) });
    } else {
      refuse(role === 'function' ? 'functions' : 'role', `${at}.role`);
    }
  }
  return turns;
}

function readAssistant(message: JsonObject, at: string, notes: Notes): Part[] {
  const refusal = stringAt(message, 'refusal');
  return [
    ...thoughtsOf(message),
    ...contentOf(message, at, notes),
    ...(refusal === null ? [] : [{ kind: 'text' as const, text: refusal }]),
    ...listAt(message, 'tool_calls', at).map(({ value, at: place }) => readCall(value, place)),
  ];
}

/** What a server has shown of its thoughts, and OpenRouter's list of them. */
function thoughtsOf(message: JsonObject): ThinkingPart[] {
  const details = valueAt(message, 'reasoning_details');
  const member = (['reasoning_content', 'reasoning'] as const).find((name) => stringAt(message, name) !== null);
  const text = member === undefined ? '' : (stringAt(message, member) ?? '');
  const own = sealOfDetails(details);
  if (own !== null) return own;
  if (member === undefined) return [];
  const seal: Seal = { by: 'openai-chat', member, details: details ?? null };
  return [{ kind: 'thinking', text, seal }];
}

function readCall(call: JsonObject, at: string): CallPart {
  const custom = objectAt(call, 'custom');
  const inner = custom ?? objectAt(call, 'function') ?? refuse('part', at);
  return {
    kind: 'call',
    id: requiredText(call, 'id', at),
    name: requiredText(inner, 'name', at),
    input: custom === null ? inputText(valueAt(inner, 'arguments')) : (stringAt(custom, 'input') ?? ''),
    namespace: null,
    freeform: custom !== null,
  };
}

function readResult(message: JsonObject, at: string, notes: Notes): ResultPart {
  return {
    kind: 'result',
    id: requiredText(message, 'tool_call_id', at),
    parts: contentOf(message, at, notes),
    isError: false,
    freeform: false,
  };
}

function contentOf(message: JsonObject, at: string, notes: Notes): (TextPart | ImagePart | FilePart)[] {
  const content = valueAt(message, 'content');
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  if (content !== undefined && content !== null && !Array.isArray(content)) refuse('messages', `${at}.content`);
  return listAt(message, 'content', at).flatMap(({ value, at: place }) => readPart(value, place, notes));
}

const PART_MEMBERS: Members = {
  type: 'read',
  text: 'read',
  refusal: 'read',
  image_url: 'read',
  file: 'read',
  cache_control: { lost: 'cache_control' },
  prompt_cache_breakpoint: { lost: 'cache_control' },
};

function readPart(part: JsonObject, at: string, notes: Notes): (TextPart | ImagePart | FilePart)[] {
  const type = stringAt(part, 'type');
  // Mistral's thoughts stand among the parts; nobody else takes them.
  if (type === 'thinking') {
    notes.add('thinking_history', at);
    return [];
  }
  if (type === 'input_audio' || type === 'video_url' || type === 'file_url') refuse('media', at);
  account(part, PART_MEMBERS, 'message_member', at, notes);
  switch (type) {
    case 'text':
    case 'refusal': {
      const text = stringAt(part, type);
      return text === null ? [] : [{ kind: 'text', text }];
    }
    case 'image_url':
      return [readImage(valueAt(part, 'image_url'), at)];
    case 'file':
      return [readFile(objectAt(part, 'file') ?? refuse('part', at), at)];
    default:
      return refuse('part', at);
  }
}

function readImage(image: unknown, at: string): ImagePart {
  const url = isObject(image) ? requiredText(image, 'url', `${at}.image_url`) : image;
  if (typeof url !== 'string') return refuse('part', at);
  return { kind: 'image', source: sourceOf(url, `${at}.image_url`), detail: stringAt(image, 'detail') };
}

function readFile(file: JsonObject, at: string): FilePart {
  if (stringAt(file, 'file_id') !== null) refuse('file_id', `${at}.file`);
  const data = requiredText(file, 'file_data', `${at}.file`);
  const url = data.startsWith('data:') ? data : `data:application/pdf;base64,${data}`;
  return { kind: 'file', source: sourceOf(url, `${at}.file`), name: stringAt(file, 'filename') };
}
