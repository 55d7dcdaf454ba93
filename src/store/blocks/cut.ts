/** Cuts a body into the blocks of which it is stored. Pure; any bytes; the blocks one after the other are the body. */
import type { Block, BodyMessage, CutBody } from '../../core/blocks.ts';
import { JsonBody, SMALL } from './json-body.ts';
import type { Piece } from './pieces.ts';
import type { Slice, Spoken } from './spoken.ts';

import { cutForm, cutLines, cutBySize } from './plain-body.ts';

/**
 * How the bytes are to be read: `request` = JSON with a conversation, if it is JSON; `document` = an answer in one
 * piece; `stream` = an answer in many; `frames` = one in many, but no text; `binary` = no text.
 */
export type BodyForm = 'request' | 'document' | 'stream' | 'frames' | 'binary';

const BLANKS = /^[\s\uFEFF]*$/;

/** @param bytes secrets masked, content coding removed; they must not change afterwards. */
export function cutBody(bytes: Uint8Array, form: BodyForm): CutBody {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (form === 'stream') return withoutMessages(bytes, cutLines(buffer, 'event'));
  if (form === 'binary') return withoutMessages(bytes, cutForm(buffer) ?? cutBySize(buffer, 'binary'));
  if (form === 'frames') return withoutMessages(bytes, cutBySize(buffer, 'event'));
  if (!beginsAsJson(buffer)) return withoutMessages(bytes, cutLines(buffer, 'text'));
  // One block, whatever is in it.
  if (form === 'document' && bytes.length < SMALL) return withoutMessages(bytes, cutBySize(buffer, 'message'));
  return cutOf(scanned(buffer, form === 'request'), bytes);
}

/** A request, cut, and what it says in whole JSON values. */
export interface ScannedRequest {
  cut: CutBody;
  /** Messages, system prompt, tools: in order, none in another. */
  slices: readonly Slice[];
  /** The bytes are JSON, as far as one pass can tell. */
  isRegular: boolean;
}

/** Null: not JSON. @param bytes as those of `cutBody` */
export function scanRequest(bytes: Uint8Array): ScannedRequest | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!beginsAsJson(buffer)) return null;
  const body = scanned(buffer, true);
  return { cut: cutOf(body, bytes), slices: body.spoken.slices, isRegular: body.isRegular };
}

function scanned(bytes: Buffer, isRequest: boolean): JsonBody {
  const body = new JsonBody(bytes, isRequest);
  body.scan();
  return body;
}

function cutOf({ pieces, spoken }: JsonBody, bytes: Uint8Array): CutBody {
  const list = pieces.finish();
  const { messages, places } = inOrder(spoken);
  return {
    bytes,
    blocks: list.map((piece) => blockOf(piece, places, messages)),
    messages,
    system: spoken.system,
    tools: spoken.tools,
  };
}

function beginsAsJson(bytes: Buffer): boolean {
  for (let at = 0; at < Math.min(bytes.length, 64); at += 1) {
    const byte = bytes[at];
    if (byte === 0x7b || byte === 0x5b) return BLANKS.test(bytes.toString('utf8', 0, at));
  }
  return false;
}

function withoutMessages(bytes: Uint8Array, pieces: readonly Piece[]): CutBody {
  return { bytes, blocks: pieces.map((piece) => blockOf(piece, [], [])), messages: [], system: null, tools: null };
}

function blockOf(piece: Piece, places: readonly number[], messages: readonly BodyMessage[]): Block {
  const { start, end, kind, isMixed, hash } = piece;
  const message = piece.message < 0 ? -1 : (places[piece.message] ?? -1);
  return { start, end, kind, role: isMixed ? null : (messages[message]?.role ?? null), message, hash };
}

/** Lists one after the other as the conversation goes; `places`: of each found message its place among those, or -1. */
function inOrder(spoken: Spoken): { messages: BodyMessage[]; places: number[] } {
  const places = spoken.messages.map(() => -1);
  const said = spoken.messages.filter((message) => spoken.isLast(message));
  const lists = new Set(said.map(({ list }) => list));
  const kept = said.filter(({ list }) => isOfConversation(list, lists));
  if (lists.size > 1) kept.sort((one, other) => one.list - other.list || one.start - other.start);
  const messages = kept.map((message, index) => {
    places[message.place] = index;
    const { start, end, role, fingerprint } = message;
    return { start, end, role, fingerprint };
  });
  return { messages, places };
}

const CHAT_HISTORY = 0;
const MESSAGE = 5;

/** Cohere's old form has a history and a message beside it; elsewhere the first kind of list is the conversation. */
function isOfConversation(list: number, lists: ReadonlySet<number>): boolean {
  if (list === CHAT_HISTORY || (list === MESSAGE && lists.has(CHAT_HISTORY))) return true;
  return !lists.has(CHAT_HISTORY) && list === Math.min(...lists);
}
