/** A stored call as people read it: what was said before, what is new, what was answered, and where its tokens went. */
import type { CallRecord } from '../../core/capture.ts';
import type { StoredExchange, StoredMessage } from '../../core/transfer.ts';
import { answerOf, type MeterDirectory } from '../answer-of.ts';
import { type AnswerMedia, answerMedia } from './answer-media.ts';
import { byteLength } from './media.ts';
import { readConversation } from './request.ts';
import { shareOut, type Shares } from './shares.ts';
import { answerView, ViewBuilder, type ViewMedia, type ViewMessage } from './view.ts';

export interface ExchangeView {
  /** The request's body; undefined = it is no JSON, or not all of it is there. */
  body: unknown;
  /** What the request says; empty when it is no conversation. */
  request: ViewBuilder;
  answer: ViewMessage | null;
  /** Index among the request's messages of the first that no call before had; null = nobody knows. */
  newFrom: number | null;
  tokens: Shares;
}

export async function exchangeView(exchange: StoredExchange, directory: MeterDirectory): Promise<ExchangeView> {
  const body = parsedBody(exchange.request);
  const request = requestView(body);
  const answer = await answeredView(exchange, directory, request.media.length);
  const newFrom = newFromOf(exchange.record, request);
  const { messages, tools } = request;
  const tokens = shareOut({ messages, tools, answer, newFrom }, exchange.record.usage);
  return { body, request, answer, newFrom, tokens };
}

export function requestView(body: unknown): ViewBuilder {
  const view = new ViewBuilder();
  readConversation(body, view);
  return view;
}

/** Undefined: no JSON, or not all of it. */
export function parsedBody(request: StoredMessage | null): unknown {
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
export function madeMedia(response: StoredMessage | null): AnswerMedia[] {
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

/** The recorder has counted: the last so many of the request's own list are new. */
function newFromOf({ agent_facts: facts }: CallRecord, { messages, listed }: ViewBuilder): number | null {
  if (facts === null) return null;
  if (facts.new_messages >= facts.messages) return 0;
  const first = messages.findIndex(({ place }) => place !== null && place >= listed - facts.new_messages);
  return first === -1 ? messages.length : first;
}
