import { objectsAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members } from '../members.ts';
import { sourceOf } from '../media.ts';
import type { CallPart, FilePart, ImagePart, ResultPart, TextPart, ThinkingPart, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { inputText, listAt, requiredText } from '../reading.ts';
import { ownSeal } from '../seals.ts';

type Content = TextPart | ImagePart | FilePart;

/** Instructions and input as turns: what one speaker says and does at once is one. Throws RefusedError. */
export function readItems(body: JsonObject, notes: Notes): Turn[] {
  const turns: Turn[] = [];
  const instructions = stringAt(body, 'instructions');
  if (instructions !== null) turns.push({ role: 'system', parts: [{ kind: 'text', text: instructions }] });
  const input = valueAt(body, 'input');
  if (typeof input === 'string') {
    if (input !== '') turns.push({ role: 'user', parts: [{ kind: 'text', text: input }] });
    return turns;
  }
  for (const { value, at } of listAt(body, 'input')) {
    const turn = readItem(value, at, notes);
    const last = turns.at(-1);
    if (turn === null) continue;
    if (last !== undefined && belong(last, turn)) last.parts = [...last.parts, ...turn.parts];
    else turns.push(turn);
  }
  return turns;
}

function belong(last: Turn, turn: Turn): boolean {
  if (last.role !== turn.role) return false;
  return turn.role === 'assistant' || [...last.parts, ...turn.parts].every(({ kind }) => kind === 'result');
}

const ITEM_MEMBERS: Members = {
  type: 'read',
  id: 'read',
  role: 'read',
  content: 'read',
  call_id: 'read',
  name: 'read',
  namespace: 'read',
  arguments: 'read',
  input: 'read',
  output: 'read',
  summary: 'read',
  encrypted_content: 'read',
  // It is in the input, so it is done.
  status: 'nothing',
  caller: 'nothing',
};

/** Calls that OpenAI ran itself, and what came of them. */
const HOSTED = /^(?:web_search_call|file_search_call|code_interpreter_call|image_generation_call|mcp_|tool_search_)/;

type ItemReader = (item: JsonObject, at: string, notes: Notes) => Turn;

const READERS: Readonly<Record<string, ItemReader>> = {
  message: readMessage,
  function_call: (item, at) => ({ role: 'assistant', parts: [readCall(item, at, false)] }),
  custom_tool_call: (item, at) => ({ role: 'assistant', parts: [readCall(item, at, true)] }),
  function_call_output: (item, at, notes) => ({ role: 'user', parts: [readResult(item, at, false, notes)] }),
  custom_tool_call_output: (item, at, notes) => ({ role: 'user', parts: [readResult(item, at, true, notes)] }),
  reasoning: (item) => ({ role: 'assistant', parts: [readThought(item)] }),
  item_reference: (_item, at) => refuse('stored_state', at),
  compaction: (_item, at) => refuse('compaction', at),
  compaction_trigger: (_item, at) => refuse('compaction', at),
};

/** Null = nothing of it can be told. */
function readItem(item: JsonObject, at: string, notes: Notes): Turn | null {
  const type = stringAt(item, 'type') ?? (stringAt(item, 'role') === null ? 'item_reference' : 'message');
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) {
    if (!HOSTED.test(type)) refuse('part', at);
    notes.add('hosted_call', at);
    return null;
  }
  account(item, ITEM_MEMBERS, 'message_member', at, notes);
  return read(item, at, notes);
}

function readMessage(item: JsonObject, at: string, notes: Notes): Turn {
  const role = requiredText(item, 'role', at);
  if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer')
    refuse('role', `${at}.role`);
  return { role, parts: contentOf(item, 'content', at, notes) };
}

function contentOf(from: JsonObject, key: string, at: string, notes: Notes): Content[] {
  const content = valueAt(from, key);
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  if (content !== undefined && content !== null && !Array.isArray(content)) refuse('messages', `${at}.${key}`);
  return listAt(from, key, at).flatMap(({ value, at: place }) => readPart(value, place, notes));
}

const PART_MEMBERS: Members = {
  type: 'read',
  text: 'read',
  refusal: 'read',
  image_url: 'read',
  file_id: 'read',
  file_data: 'read',
  file_url: 'read',
  filename: 'read',
  detail: 'read',
  // What answers have and clients send back.
  annotations: 'nothing',
  logprobs: 'nothing',
  prompt_cache_breakpoint: { lost: 'cache_control' },
};

function readPart(part: JsonObject, at: string, notes: Notes): Content[] {
  account(part, PART_MEMBERS, 'message_member', at, notes);
  const type = stringAt(part, 'type');
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'refusal': {
      const text = stringAt(part, type === 'refusal' ? 'refusal' : 'text');
      return text === null ? [] : [{ kind: 'text', text }];
    }
    case 'input_image':
      if (stringAt(part, 'image_url') === null) refuse('file_id', at);
      return [
        {
          kind: 'image',
          source: sourceOf(requiredText(part, 'image_url', at), `${at}.image_url`),
          detail: stringAt(part, 'detail'),
        },
      ];
    case 'input_file':
      return [readFile(part, at)];
    default:
      return refuse(type === 'input_audio' ? 'media' : 'part', at);
  }
}

function readFile(part: JsonObject, at: string): FilePart {
  const data = stringAt(part, 'file_data');
  const url = stringAt(part, 'file_url');
  const given = data === null ? url : data.startsWith('data:') ? data : `data:application/pdf;base64,${data}`;
  if (given === null) return refuse('file_id', at);
  return { kind: 'file', source: sourceOf(given, at), name: stringAt(part, 'filename') };
}

function readCall(item: JsonObject, at: string, freeform: boolean): CallPart {
  return {
    kind: 'call',
    id: requiredText(item, 'call_id', at),
    name: requiredText(item, 'name', at),
    input: freeform ? (stringAt(item, 'input') ?? '') : inputText(valueAt(item, 'arguments')),
    namespace: stringAt(item, 'namespace'),
    freeform,
  };
}

function readResult(item: JsonObject, at: string, freeform: boolean, notes: Notes): ResultPart {
  return {
    kind: 'result',
    id: requiredText(item, 'call_id', at),
    parts: contentOf(item, 'output', at, notes),
    isError: false,
    freeform,
  };
}

/** @param item of a request or an answer. */
export function readThought(item: JsonObject): ThinkingPart {
  const summary = objectsAt(item, 'summary').flatMap((part) => stringAt(part, 'text') ?? []);
  const raw = objectsAt(item, 'content').flatMap((part) => stringAt(part, 'text') ?? []);
  const encrypted = stringAt(item, 'encrypted_content');
  const own = encrypted === null ? null : ownSeal(encrypted);
  return {
    kind: 'thinking',
    text: (summary.length > 0 ? summary : raw).join('\n\n'),
    seal: own ?? { by: 'openai-responses', id: stringAt(item, 'id') ?? '', encrypted },
  };
}
