/** A request of any dialect as a conversation: OpenAI chat and Responses, Anthropic, Gemini, Converse, Cohere, Ollama. */
import { isErrorResult } from '../../core/tool-result.ts';
import { isObject, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { ConversationBuilder, type ConversationListener } from './builder.ts';
import type { Conversation } from './chat.ts';
import { joinCalls } from './joined-calls.ts';
import { jsonText, type Part, partsOf, textPart } from './parts.ts';
import { hostedToolsOf, toolsOf } from './tools.ts';

/**
 * Null when the request holds no turns. Embeddings and images take a text as well: they are told by their answer, which
 * says nothing.
 */
export function conversationOf(body: unknown): Conversation | null {
  const builder = new ConversationBuilder();
  if (!readConversation(body, builder)) return null;
  const conversation = builder.done();
  return conversation.messages.some(({ role }) => role === 'user' || role === 'assistant' || role === 'tool')
    ? conversation
    : null;
}

/** False = nothing in it says where the turns are. */
export function readConversation(body: unknown, listener: ConversationListener): boolean {
  const request = envelopeOf(body);
  if (request === null) return false;
  const read = READERS.find(({ marks }) => marks.some((mark) => isStated(valueAt(request, mark))))?.read;
  if (read === undefined) return false;
  read(request, listener);
  for (const tool of toolsOf(request)) listener.addTool(tool);
  for (const name of hostedToolsOf(request)) listener.addHostedTool?.(name);
  return true;
}

/** What a request says beside its turns and tools, as far as it is short: how long and how wild the answer may be. */
export function settingsOf(body: unknown): Record<string, unknown> {
  const settings = Object.entries(envelopeOf(body) ?? {}).filter(
    ([name, value]) => !SPOKEN.has(name) && JSON.stringify(value).length <= MAX_SETTING,
  );
  return Object.fromEntries(settings.slice(0, MAX_SETTINGS));
}

const MAX_SETTING = 2000;
const MAX_SETTINGS = 100;
const SPOKEN: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'contents',
  'systemInstruction',
  'system_instruction',
  'chat_history',
  'message',
  'preamble',
  'tool_results',
  'input',
  'instructions',
  'prompt',
  'inputText',
  'tools',
  'toolConfig',
  'functions',
]);

type Reader = (request: JsonObject, builder: ConversationListener) => void;

/** By the member that holds the turns; the first that is there. */
const READERS: readonly { marks: readonly string[]; read: Reader }[] = [
  { marks: ['messages'], read: readMessages },
  { marks: ['contents'], read: readContents },
  { marks: ['chat_history', 'message'], read: readCohere },
  { marks: ['input'], read: readInput },
  { marks: ['prompt', 'inputText'], read: readPrompt },
];

const ENVELOPED = ['contents', 'messages', 'prompt'];

/** Code Assist, DashScope and counts of tokens put the request one level deeper. */
function envelopeOf(body: unknown): JsonObject | null {
  if (!isObject(body)) return null;
  for (const key of ['request', 'input', 'generateContentRequest']) {
    const held = objectAt(body, key);
    const inner = objectAt(held, 'converse') ?? held;
    if (inner !== null && ENVELOPED.some((member) => isStated(valueAt(inner, member)))) {
      // DashScope keeps the tools outside.
      return { ...objectAt(body, 'parameters'), ...inner };
    }
  }
  return body;
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** OpenAI chat and its kin, Anthropic, Converse, Cohere v2, Ollama: roles and contents, in whatever parts. */
function readMessages(request: JsonObject, builder: ConversationListener): void {
  builder.system('system', partsOf(valueAt(request, 'system')));
  for (const [place, message] of objectsAt(request, 'messages').entries()) {
    builder.at?.(place);
    readMessage(message, builder);
  }
}

function readMessage(message: JsonObject, builder: ConversationListener): void {
  const parts = [...partsOf(valueAt(message, 'content')), ...ollamaImages(message)];
  const role = valueAt(message, 'role');
  switch (role) {
    case 'system':
    case 'developer':
      builder.system(role, parts);
      return;
    case 'assistant':
    case 'model':
    case 'chatbot':
      builder.assistant([
        ...thoughtsOf(message),
        ...parts,
        ...partsOf(valueAt(message, 'refusal')),
        ...toolCalls(message),
      ]);
      return;
    case 'tool':
    case 'function':
      builder.tool(
        stringAt(message, 'tool_call_id'),
        stringAt(message, 'name') ?? stringAt(message, 'tool_name'),
        parts,
        isErrorResult(message),
      );
      return;
    default:
      builder.user(parts, stringAt(message, 'name'));
  }
}

/** Beside the content: DeepSeek and its kin, Ollama, OpenRouter. */
function thoughtsOf(message: JsonObject): Part[] {
  const text =
    stringAt(message, 'reasoning_content') ?? stringAt(message, 'thinking') ?? stringAt(message, 'reasoning');
  return text === null ? [] : [{ kind: 'thinking', text, redacted: false }];
}

function ollamaImages(message: JsonObject): Part[] {
  const images = valueAt(message, 'images');
  if (!Array.isArray(images)) return [];
  return images
    .filter((image): image is string => typeof image === 'string')
    .map((image) => ({
      kind: 'content',
      part: { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
    }));
}

/** Arguments are a JSON text; an object at Ollama. `function_call` is the one of 2023. */
function toolCalls(message: JsonObject): Part[] {
  const old = objectAt(message, 'function_call');
  const calls = objectsAt(message, 'tool_calls').map((call) => ({
    id: stringAt(call, 'id'),
    call: objectAt(call, 'function') ?? objectAt(call, 'custom'),
  }));
  if (old !== null) calls.push({ id: null, call: old });
  return calls.flatMap(({ id, call }) =>
    call === null
      ? []
      : [
          {
            kind: 'call' as const,
            id,
            name: stringAt(call, 'name') ?? '',
            input: jsonText(valueAt(call, 'arguments') ?? valueAt(call, 'input')),
          },
        ],
  );
}

/** Gemini. */
function readContents(request: JsonObject, builder: ConversationListener): void {
  const system = valueAt(request, 'systemInstruction') ?? valueAt(request, 'system_instruction');
  builder.system('system', partsOf(valueAt(system, 'parts') ?? system));
  const contents = valueAt(request, 'contents');
  if (typeof contents === 'string') builder.user(partsOf(contents));
  const turns = isObject(contents) ? [contents] : objectsAt(request, 'contents');
  const joined = joinCalls(turns);
  for (const [place, turn] of turns.entries()) {
    builder.at?.(place);
    const parts = partsOf(joined[place]);
    if (valueAt(turn, 'role') === 'model') builder.assistant(parts);
    else builder.user(parts);
  }
}

/** The Responses API and Gemini's Interactions: a text, or a list of items. */
function readInput(request: JsonObject, builder: ConversationListener): void {
  builder.system('system', partsOf(valueAt(request, 'instructions') ?? valueAt(request, 'system_instruction')));
  const input = valueAt(request, 'input');
  if (!Array.isArray(input)) builder.user(partsOf(input));
  // Parts without a speaker are the user's, and one message.
  let parts: Part[] = [];
  for (const [place, item] of objectsAt(request, 'input').entries()) {
    const said = contentOf(item);
    if (said !== null) {
      if (parts.length === 0) builder.at?.(place);
      parts.push(...said);
    } else {
      builder.user(parts);
      parts = [];
      builder.at?.(place);
      readItem(item, builder);
    }
  }
  builder.user(parts);
}

/** Null for an item that is more than a part of what a user says. */
function contentOf(item: JsonObject): Part[] | null {
  if (stringAt(item, 'role') !== null || valueAt(item, 'content') !== undefined) return null;
  const parts = partsOf([item]);
  return parts.every(({ kind }) => kind === 'content') ? parts : null;
}

function readItem(item: JsonObject, builder: ConversationListener): void {
  const type = valueAt(item, 'type');
  if (stringAt(item, 'role') !== null) readMessage(item, builder);
  else if (type === 'user_input') builder.user(partsOf(valueAt(item, 'content')));
  else if (type === 'model_output') builder.assistant(partsOf(valueAt(item, 'content')));
  else readTool(item, builder);
}

function readTool(item: JsonObject, builder: ConversationListener): void {
  for (const part of partsOf([item])) {
    if (part.kind === 'call' || part.kind === 'thinking' || part.kind === 'other') builder.assistant([part]);
    else if (part.kind === 'result') builder.tool(part.id, part.name, part.parts, part.isError);
  }
}

/** Cohere before v2: the last message stands apart. */
function readCohere(request: JsonObject, builder: ConversationListener): void {
  builder.system('system', partsOf(valueAt(request, 'preamble')));
  const history = objectsAt(request, 'chat_history');
  for (const [place, turn] of history.entries()) {
    builder.at?.(place);
    const role = (stringAt(turn, 'role') ?? '').toLowerCase();
    const parts = partsOf(valueAt(turn, 'message'));
    if (role === 'system') builder.system('system', parts);
    else if (role === 'chatbot') builder.assistant([...parts, ...cohereCalls(turn)]);
    else if (role === 'tool') cohereResults(turn, builder);
    else builder.user(parts);
  }
  builder.at?.(history.length);
  cohereResults(request, builder);
  builder.user(partsOf(valueAt(request, 'message')));
}

function cohereCalls(turn: JsonObject): Part[] {
  return objectsAt(turn, 'tool_calls').map((call) => ({
    kind: 'call',
    id: null,
    name: stringAt(call, 'name') ?? '',
    input: jsonText(valueAt(call, 'parameters')),
  }));
}

function cohereResults(turn: JsonObject, builder: ConversationListener): void {
  for (const result of objectsAt(turn, 'tool_results')) {
    const parts = [textPart(jsonText(valueAt(result, 'outputs')))];
    builder.tool(null, stringAt(valueAt(result, 'call'), 'name'), parts, null);
  }
}

/** Completions: of several prompts the first. */
function readPrompt(request: JsonObject, builder: ConversationListener): void {
  builder.system('system', partsOf(valueAt(request, 'system')));
  const prompt = valueAt(request, 'prompt') ?? valueAt(request, 'inputText');
  const first: unknown = Array.isArray(prompt) ? prompt[0] : prompt;
  if (typeof first === 'string') builder.user(partsOf(first));
}
