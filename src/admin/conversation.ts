/** One call as a conversation, for `GET /api/calls/:id/conversation` and the pictures in it. Format: docs/api.md. */
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import { exchangeView, madeMedia, parsedBody, requestView } from '../interchange/conversation/exchange-view.ts';
import type { Media } from '../interchange/conversation/media.ts';
import { settingsOf } from '../interchange/conversation/request.ts';
import type { Shares } from '../interchange/conversation/shares.ts';
import type { ViewMessage, ViewPart, ViewTool } from '../interchange/conversation/view.ts';
import type { Side } from '../store/blocks/call-bodies.ts';
import type { Pruned } from '../store/pruned.ts';

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

/** A stored call, and what retention has taken of it. */
export interface FoundExchange extends StoredExchange {
  pruned: Record<Side, Pruned | null>;
}

export interface BodyState {
  stored: boolean;
  /** When and why it went; absent = it did not. */
  pruned?: Pruned;
  truncated: boolean;
  masked: boolean;
}

export interface ConversationAsk {
  /** Messages from this index (`new` = `new_from`) to before that one. */
  from: number | 'new';
  to: number;
  /** Characters of each text that are given; Infinity = all. */
  maxChars: number;
  /** The same of messages that stand before what the reader came for: what is new, or the last question. */
  pastChars: number;
}

export async function conversationAnswer(
  exchange: FoundExchange,
  directory: MeterDirectory,
  { from, to, maxChars, pastChars }: ConversationAsk,
): Promise<ConversationAnswer> {
  const { record, request, response, pruned } = exchange;
  const { body, request: view, answer, newFrom, tokens } = await exchangeView(exchange, directory);
  const first = from === 'new' ? (newFrom ?? 0) : from;
  const messages = view.messages.slice(first, to);
  const fresh = freshFrom(view.messages, newFrom) - first;
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
    request: stateOf(request, pruned.request),
    response: stateOf(response, pruned.response),
    settings: settingsOf(body),
    tools: view.tools,
    messages,
    new_from: newFrom,
    answer,
    message_count: view.messages.length,
    tokens,
  };
}

/** Of the request, then of the answer. Null = there are not so many. */
export function mediaNumber({ request, response }: StoredExchange, number: number): Media | null {
  const asked = requestView(parsedBody(request)).media;
  if (number < asked.length) return asked[number] ?? null;
  const made = madeMedia(response).flatMap(({ media }) => media ?? []);
  return made[number - asked.length] ?? null;
}

function stateOf(message: StoredMessage | null, pruned: Pruned | null): BodyState {
  const { body = null, truncated = false, masked = false } = message ?? {};
  return { stored: body !== null, truncated, masked, ...(pruned === null ? {} : { pruned }) };
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
