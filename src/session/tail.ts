/** The end of a conversation: the model's last turn, as the client repeats it, and what is new behind it. */
import type { CutBody } from '../core/blocks.ts';
import { repeatedBy, type Repeated } from './answer.ts';
import { readMessage } from './message.ts';
import { MODEL_ROLES, type ReadMessage } from './scanned-message.ts';

export interface Tail {
  /** `null` = the model has not spoken, or long ago. */
  turn: Turn | null;
  /** Behind it; all, when there is none. */
  added: readonly ReadMessage[];
}

export interface Turn {
  /** Place of its first message, and of the one behind its last. */
  from: number;
  to: number;
  repeated: Repeated;
}

/** Messages that are read, from the end. Tools that run in parallel send one result each. */
const MAX_READ = 200;

export function readTail(body: CutBody): Tail {
  const added: ReadMessage[] = [];
  const { messages } = body;
  const first = Math.max(0, messages.length - MAX_READ);
  for (let at = messages.length - 1; at >= first; at -= 1) {
    const isLast = at === messages.length - 1;
    // What stands at the very end was put into the model's mouth.
    if (!isLast && isModelRole(messages[at]?.role)) return { turn: turnUpTo(body, at + 1), added: added.toReversed() };
    const message = readAt(body, at);
    if (!isLast && message.isModel) return { turn: turnUpTo(body, at + 1), added: added.toReversed() };
    added.push(message);
  }
  return { turn: null, added: added.toReversed() };
}

/** The turn of the model that ends before this message; `null` = another speaks there. */
export function turnUpTo(body: CutBody, to: number): Turn | null {
  const said: ReadMessage[] = [];
  let from = to;
  while (from > 0 && to - from < MAX_READ) {
    const role = body.messages[from - 1]?.role ?? null;
    if (role !== null && !isModelRole(role)) break;
    const message = readAt(body, from - 1);
    if (!message.isModel) break;
    said.push(message);
    from -= 1;
  }
  return from === to ? null : { from, to, repeated: repeatedBy(said.toReversed()) };
}

/** What a user says first. */
export function firstTexts(body: CutBody, { turn, added }: Tail = readTail(body)): string[] {
  // Where the model has not spoken, all is read already.
  if (turn === null && added.length === body.messages.length)
    return added.find(({ isUser, texts }) => isUser && texts.length > 0)?.texts ?? [];
  for (let at = 0; at < Math.min(body.messages.length, 4); at += 1) {
    const message = readAt(body, at);
    if (message.isModel) return [];
    if (message.isUser && message.texts.length > 0) return message.texts;
  }
  return [];
}

function readAt({ bytes, messages }: CutBody, at: number): ReadMessage {
  const message = messages[at];
  return readMessage(message === undefined ? new Uint8Array() : bytes.subarray(message.start, message.end));
}

function isModelRole(role: string | null | undefined): boolean {
  return role !== null && role !== undefined && MODEL_ROLES.has(role.toLowerCase());
}
