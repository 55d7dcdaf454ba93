/** What a request itself says of the conversation that it belongs to, beside what session/identify.ts reads. */
import type { CutBody } from '../core/blocks.ts';

export interface BodyIds {
  /** Of a conversation or thread that the client, or the provider for it, has named. */
  conversation: string | null;
  /** The provider keeps what was said in it: requests bring what is new alone. */
  isKept: boolean;
  /** Of the answer that this request goes on from. */
  previousResponse: string | null;
}

/** How far from either end of a body its small members are looked for: SDKs write them before or after the messages. */
const WINDOW = 16 * 1024;
const ID = /^[A-Za-z0-9_.:-]{1,255}$/;
const THREAD = /\/threads\/([A-Za-z0-9_-]{1,255})\/(?:messages|runs)\b/;
const CONVERSATION = /"conversation"\s{0,8}:\s{0,8}(?:\{[^{}]{0,200}?"id"\s{0,8}:\s{0,8})?"([^"\\]{1,255})"/;
const METADATA =
  /"metadata"\s{0,8}:\s{0,8}\{[^{}]{0,4000}?"(?:session_id|conversation_id|thread_id)"\s{0,8}:\s{0,8}"([^"\\]{1,255})"/;
const PREVIOUS = /"previous_response_id"\s{0,8}:\s{0,8}"([^"\\]{1,255})"/;
/** Gemini's interactions and their kin. */
const PREVIOUS_INTERACTION = /"previous_interaction_id"\s{0,8}:\s{0,8}"([^"\\]{1,255})"/;

/**
 * Ids that change with each call (a request's, an answer's) name no conversation, nor does `user`, who has many.
 * @param path with query
 * @param body masked; `null` = unknown
 */
export function bodyIds(path: string, body: CutBody | null): BodyIds {
  const thread = THREAD.exec(path)?.[1] ?? null;
  const windows = body === null ? [] : outsideOfMessages(body);
  const find = (pattern: RegExp): string | null => {
    for (const window of windows) {
      const id = pattern.exec(window)?.[1];
      // A masked one is not the id any more.
      if (id !== undefined && ID.test(id)) return id;
    }
    return null;
  };
  const kept = thread ?? find(CONVERSATION);
  return {
    conversation: kept ?? find(METADATA),
    isKept: kept !== null,
    previousResponse: find(PREVIOUS) ?? find(PREVIOUS_INTERACTION),
  };
}

/** A member name with its quotes cannot stand inside a JSON text, so only messages, which are JSON too, must be left out. */
function outsideOfMessages({ bytes, messages }: CutBody): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = messages[0]?.start ?? buffer.length;
  const to = messages.at(-1)?.end ?? buffer.length;
  const head = buffer.toString('latin1', 0, Math.min(from, WINDOW));
  // A body that ends within a message has nothing behind it.
  const tail = buffer.toString('latin1', Math.max(to, buffer.length - WINDOW));
  return tail === '' ? [head] : [tail, head];
}
