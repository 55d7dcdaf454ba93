/** One call as a conversation, for `GET /api/calls/:id/conversation` and the pictures in it. Format: docs/api.md. */
import type { CallRecord } from '../core/capture.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { answerOf, type MeterDirectory } from '../interchange/answer-of.ts';
import { type AnswerMedia, answerMedia } from '../interchange/conversation/answer-media.ts';
import { byteLength, type Media } from '../interchange/conversation/media.ts';
import { readConversation, settingsOf } from '../interchange/conversation/request.ts';
import { shareOut, type Shares } from '../interchange/conversation/shares.ts';
import {
  answerView,
  ViewBuilder,
  type ViewMedia,
  type ViewMessage,
  type ViewPart,
  type ViewTool,
} from '../interchange/conversation/view.ts';
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
  /** Messages from this index to before that one. */
  from: number;
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
  const body = parsedBody(request);
  const view = viewOf(body);
  const answer = await answeredView(exchange, directory, view.media.length);
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
  const asked = viewOf(parsedBody(request)).media;
  if (number < asked.length) return asked[number] ?? null;
  const made = madeMedia(response).flatMap(({ media }) => media ?? []);
  return made[number - asked.length] ?? null;
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

/** An answer that was cut is shown as far as it came. @param before media of the request: theirs are numbered behind these */
async function answeredView(
  exchange: StoredExchange,
  directory: MeterDirectory,
  before: number,
): Promise<ViewMessage | null> {
  const answer = await answerOf(exchange, directory);
  let number = before;
  const made = madeMedia(exchange.response).map(({ type, media, ref }): ViewMedia => {
    const own = media === null ? null : number++;
    const bytes = media === null ? null : byteLength(media.base64);
    return { type, media: own, ref, mime: media?.mime ?? null, bytes, name: null };
  });
  return answer === null && made.length === 0 ? null : answerView(answer, made);
}

/** Looked for only where it can be: a body without its marks is not parsed again. */
function madeMedia(response: StoredMessage | null): AnswerMedia[] {
  if (response?.body == null) return [];
  const bytes = Buffer.from(response.body.buffer, response.body.byteOffset, response.body.byteLength);
  return MARKS.some((mark) => bytes.includes(mark)) ? answerMedia(bytes.toString('utf8')) : [];
}

const MARKS = [
  '"b64_json"',
  '"inlineData"',
  '"inline_data"',
  '"image_generation_call"',
  '"image_url"',
  '"revised_prompt"',
];

function stateOf(message: StoredMessage | null, pruned: Pruned | null): BodyState {
  const { body = null, truncated = false, masked = false } = message ?? {};
  return { stored: body !== null, truncated, masked, ...(pruned === null ? {} : { pruned }) };
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
