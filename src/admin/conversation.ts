/** One call as a conversation, for `GET /api/calls/:id/conversation` and the pictures in it. Format: docs/api.md. */
import type { CallRecord } from '../core/capture.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { answerOf, type MeterDirectory } from '../interchange/answer-of.ts';
import type { Media } from '../interchange/conversation/media.ts';
import { readConversation, settingsOf } from '../interchange/conversation/request.ts';
import { shareOut, type Shares } from '../interchange/conversation/shares.ts';
import {
  answerView,
  ViewBuilder,
  type ViewMessage,
  type ViewPart,
  type ViewTool,
} from '../interchange/conversation/view.ts';

export interface ConversationAnswer {
  call: string;
  provider: string;
  model: string | null;
  operation: string | null;
  request: BodyState;
  response: BodyState;
  /** Short members of the request that are neither turns nor tools. */
  settings: Record<string, unknown>;
  tools: ViewTool[];
  messages: ViewMessage[];
  /** Index in `messages` of the first that no call before had; null = nobody knows, or all are left out. */
  new_from: number | null;
  answer: ViewMessage | null;
  /** How many messages there are: `from` and `to` may leave some out. */
  message_count: number;
  tokens: Shares;
}

export interface BodyState {
  stored: boolean;
  truncated: boolean;
  masked: boolean;
}

export interface ConversationAsk {
  /** Messages from this index to before that one. */
  from: number;
  to: number;
  /** Characters of each text that are given; Infinity = all. */
  maxChars: number;
  /** The same of messages that stand before what the reader came for: what is new, or the last question. */
  pastChars: number;
}

export async function conversationAnswer(
  exchange: StoredExchange,
  directory: MeterDirectory,
  { from, to, maxChars, pastChars }: ConversationAsk,
): Promise<ConversationAnswer> {
  const { record, request, response } = exchange;
  const body = parsedBody(request);
  const view = viewOf(body);
  const answer = await answeredView(exchange, directory);
  const newFrom = newFromOf(record, view);
  const tokens = shareOut({ messages: view.messages, tools: view.tools, answer, newFrom }, record.usage);
  const messages = view.messages.slice(from, to);
  const fresh = freshFrom(view.messages, newFrom) - from;
  for (const [index, { role, parts }] of messages.entries()) {
    const isPast = index < fresh && role !== 'system' && role !== 'developer';
    cutTexts(parts, isPast ? pastChars : maxChars);
  }
  if (answer !== null) cutTexts(answer.parts, maxChars);
  return {
    call: record.id,
    provider: record.provider,
    model: record.response_model ?? record.request_model,
    operation: record.operation,
    request: stateOf(request),
    response: stateOf(response),
    settings: settingsOf(body),
    tools: view.tools,
    messages,
    new_from: newFrom,
    answer,
    message_count: view.messages.length,
    tokens,
  };
}

/** Null = there are not so many. */
export function mediaNumber(request: StoredMessage | null, number: number): Media | null {
  return viewOf(parsedBody(request)).media[number] ?? null;
}

function viewOf(body: unknown): ViewBuilder {
  const view = new ViewBuilder();
  readConversation(body, view);
  return view;
}

/** Undefined: no JSON, or not all of it. */
function parsedBody(request: StoredMessage | null): unknown {
  if (request?.body == null) return undefined;
  try {
    return JSON.parse(Buffer.from(request.body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** An answer that was cut is shown as far as it came. */
async function answeredView(exchange: StoredExchange, directory: MeterDirectory): Promise<ViewMessage | null> {
  const answer = await answerOf(exchange, directory);
  return answer === null ? null : answerView(answer);
}

function stateOf(message: StoredMessage | null): BodyState {
  const { body = null, truncated = false, masked = false } = message ?? {};
  return { stored: body !== null, truncated, masked };
}

/** The recorder has counted: the last so many of the request's own list are new. */
function newFromOf({ agent_facts: facts }: CallRecord, { messages, listed }: ViewBuilder): number | null {
  if (facts === null) return null;
  if (facts.new_messages >= facts.messages) return 0;
  const first = messages.findIndex(({ place }) => place !== null && place >= listed - facts.new_messages);
  return first === -1 ? messages.length : first;
}

/** Index of the first message that a reader came for: the last question where all or nothing is known to be new. */
function freshFrom(messages: readonly ViewMessage[], newFrom: number | null): number {
  return newFrom === null || newFrom === 0 ? messages.findLastIndex(({ role }) => role === 'user') : newFrom;
}

/** `chars` still tells how long it is. */
function cutTexts(parts: readonly ViewPart[], maxChars: number): void {
  for (const part of parts) {
    if (part.type === 'tool_result') cutTexts(part.parts, maxChars);
    else if (part.type === 'tool_call') part.arguments = beginning(part.arguments, maxChars);
    else if (part.type === 'text' || part.type === 'thinking') part.text = beginning(part.text, maxChars);
  }
}

/** Not between the halves of a character. */
function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const code = text.charCodeAt(most - 1);
  return text.slice(0, code >= 0xd8_00 && code < 0xdc_00 ? most - 1 : most);
}
