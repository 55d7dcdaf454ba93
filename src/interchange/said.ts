/** What was said in a stored call, for those who watch it: also where it failed, or was cut. */
import { parseJson } from '../decoders/parse-json.ts';
import { isObject, valueAt } from '../providers/families/json.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { answerOf, type MeterDirectory } from './answer-of.ts';
import { withAnswer } from './conversation/answer.ts';
import type { ChatMessage, ChatTool } from './conversation/chat.ts';
import { conversationOf, settingsOf } from './conversation/request.ts';

export interface Said {
  /** What the request says. */
  input: ChatMessage[];
  /** Null = nothing was generated, or it is not kept. */
  answer: ChatMessage | null;
  tools: ChatTool[];
  /** Beside turns and tools: how long and how wild the answer may be. */
  settings: Record<string, unknown>;
  /** What is to be embedded, where that is text. */
  texts: string[];
}

/** Null when the call is no conversation and embeds nothing, or is not kept. */
export async function saidOf(exchange: StoredExchange, directory: MeterDirectory): Promise<Said | null> {
  try {
    return await readSaid(exchange, directory);
  } catch {
    // Nested deeper than the stack: the call has its numbers all the same.
    return null;
  }
}

async function readSaid(exchange: StoredExchange, directory: MeterDirectory): Promise<Said | null> {
  const { record, request } = exchange;
  if (request?.body == null) return null;
  const body = parseJson(Buffer.from(request.body).toString('utf8'));
  const settings = settingsOf(body);
  if (record.operation === 'embeddings') {
    return { input: [], answer: null, tools: [], settings: withoutTexts(settings), texts: embeddedTexts(body) };
  }
  const answer = await answerOf(exchange, directory);
  const conversation = conversationOf(body);
  // Pictures and sounds are asked for in words as well: without an answer in words, that is no conversation.
  if (answer === null && !TALKS.has(record.operation)) return null;
  if (answer === null && conversation === null) return null;
  const { messages: input, tools } = conversation ?? { messages: [], tools: [] };
  const said = answer === null ? null : withAnswer({ messages: [], tools: [] }, answer).messages[0];
  return { input, answer: said ?? null, tools, settings, texts: [] };
}

const TALKS: ReadonlySet<string | null> = new Set([
  'chat',
  'responses',
  'text_completion',
  'generate_content',
  'interactions',
  'invoke_model',
  'code_assist',
]);

/** OpenAI and its kin, Cohere, Titan, Ollama. Numbers of tokens are no text. */
const TEXTS = ['input', 'texts', 'inputText', 'prompt'] as const;

function embeddedTexts(body: unknown): string[] {
  if (!isObject(body)) return [];
  const found = TEXTS.map((name) => valueAt(body, name)).find((value) => value !== undefined);
  const all: unknown[] = Array.isArray(found) ? found : [found];
  const texts = all.filter((text): text is string => typeof text === 'string');
  return texts.length === all.length ? texts : [];
}

function withoutTexts(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'texts'));
}
