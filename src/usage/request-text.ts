import { isObject, valueAt, type JsonObject } from '../providers/families/json.ts';
import { parseJson } from '../decoders/parse-json.ts';

/** What of a request a model reads as text. Images, audio and files are not in it. */
export interface RequestText {
  /** Of messages, system prompt and other inputs, in order. */
  spoken: string[];
  /** Tools and schemas, as JSON. */
  tools: string[];
  /** Turns of the conversation; each costs a few tokens of framing. */
  messages: number;
  /** Answers asked for at once (`n`). */
  choices: number;
}

/** A larger body is not parsed a second time. UTF-16 units. */
const MAX_BODY = 8 * 1024 * 1024;
/** Steps of the walk; a conversation of 1,000 messages takes some 10,000. */
const MAX_STEPS = 200_000;
const MAX_CHOICES = 128;

/** Where the dialects keep what the model reads: OpenAI, Anthropic, Gemini, Bedrock, Cohere, Ollama, text completions. */
const SPOKEN = [
  'system',
  'systemInstruction',
  'system_instruction',
  'instructions',
  'preamble',
  'messages',
  'contents',
  'content',
  'chat_history',
  'input',
  'inputs',
  'inputText',
  'message',
  'prompt',
  'suffix',
  'documents',
  'texts',
  'query',
] as const;
const TOOLS = ['tools', 'functions', 'toolConfig', 'response_format', 'output_config', 'format'] as const;
const TURNS = ['messages', 'contents', 'input', 'chat_history'] as const;

/** The rest of what the model reads is with the provider: its size cannot be known from the request. */
const KEPT_ELSEWHERE = ['previous_response_id', 'conversation', 'conversation_id', 'cachedContent', 'cached_content'];

/** Marks, ids and media: not text. */
const NOT_TEXT: ReadonlySet<string> = new Set(
  (
    'type role id name tool_call_id tool_use_id call_id toolUseId status cache_control cachePoint detail format ' +
    'data bytes url uri image image_url images video video_url audio input_audio file file_url file_id file_data ' +
    'fileUri fileData inlineData inline_data b64_json media_type mimeType mime_type ' +
    'signature thoughtSignature encrypted_content'
  ).split(' '),
);
/** Under these stands data of tools, which a model reads as JSON. */
const AS_JSON = new Set(['input', 'arguments', 'args', 'response', 'parameters', 'json', 'output']);

/** Null when the body is no JSON object, is not whole, or when the conversation is kept by the provider. */
export function requestText(body: string): RequestText | null {
  if (body.length > MAX_BODY) return null;
  const request = envelope(parseJson(body));
  if (request === null || KEPT_ELSEWHERE.some((key) => isStated(valueAt(request, key)))) return null;
  const found: RequestText = { spoken: [], tools: [], messages: 0, choices: choicesOf(request) };
  const walk = new Walk(found.spoken);
  for (const key of SPOKEN) walk.add(valueAt(request, key));
  for (const key of TOOLS) addJson(found.tools, valueAt(request, key));
  for (const key of TURNS) {
    const turns = valueAt(request, key);
    if (Array.isArray(turns)) found.messages += turns.length;
  }
  return walk.exhausted ? null : found;
}

/** Code Assist and DashScope put the request one level deeper. */
function envelope(body: unknown): JsonObject | null {
  if (!isObject(body)) return null;
  for (const key of ['request', 'input']) {
    const inner = valueAt(body, key);
    if (isObject(inner) && (Array.isArray(valueAt(inner, 'contents')) || Array.isArray(valueAt(inner, 'messages')))) {
      return inner;
    }
  }
  return body;
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function choicesOf(request: JsonObject): number {
  const n = valueAt(request, 'n');
  return typeof n === 'number' && Number.isInteger(n) && n >= 1 && n <= MAX_CHOICES ? n : 1;
}

function addJson(into: string[], value: unknown): void {
  if (!isStated(value)) return;
  try {
    into.push(JSON.stringify(value));
  } catch {
    // Too deep for the stack: no tool is.
  }
}

/** Collects texts without recursion: how deep a body goes is its sender's choice. */
class Walk {
  readonly #into: string[];
  #steps = 0;

  constructor(into: string[]) {
    this.#into = into;
  }

  get exhausted(): boolean {
    return this.#steps > MAX_STEPS;
  }

  add(root: unknown): void {
    const waiting: unknown[] = [root];
    while (waiting.length > 0 && !this.exhausted) {
      this.#steps += 1;
      const value = waiting.pop();
      if (typeof value === 'string') this.#text(value);
      else if (Array.isArray(value)) for (const element of value.toReversed()) waiting.push(element);
      else if (isObject(value)) this.#object(value, waiting);
    }
  }

  #object(value: JsonObject, waiting: unknown[]): void {
    for (const [key, member] of Object.entries(value).toReversed()) {
      if (NOT_TEXT.has(key)) continue;
      if (AS_JSON.has(key) && isObject(member)) addJson(this.#into, member);
      else waiting.push(member);
    }
  }

  #text(text: string): void {
    if (text !== '' && !text.startsWith('data:')) this.#into.push(text);
  }
}
