/** Conversations that go on behind a summary of themselves. */
import type { Shape, KnownCall } from './known-calls.ts';
import { sharedMessages } from './prefix.ts';

/** Letters and digits; a summary is long. */
const MIN_SUMMARY = 200;
const KEPT = 120;
const MOST = 64;
const MAX_TEXT = 64 * 1024;
/** A conversation of fewer messages needs no summary. */
const MIN_MESSAGES = 4;

interface Summary {
  call: KnownCall;
  text: string;
}

/** The last long answers: one of them may be what a conversation begins with anew. */
export class Summaries {
  #kept: Summary[] = [];

  add(call: KnownCall, answer: string): void {
    if (call.messages < MIN_MESSAGES || answer.length < MIN_SUMMARY) return;
    const summary = plain(/<summary>([\s\S]{0,4000})/.exec(answer.slice(0, MAX_TEXT))?.[1] ?? answer.slice(0, 4000));
    if (summary.length < MIN_SUMMARY) return;
    this.#kept.push({ call, text: summary.slice(0, KEPT) });
    if (this.#kept.length > MOST) this.#kept.shift();
  }

  /** The call whose answer stands in the first words of a conversation. */
  find(texts: readonly string[], scope: string, named: string | null): KnownCall | null {
    const ours = this.#kept.filter(({ call }) => call.scope === scope && call.named === named);
    if (ours.length === 0) return null;
    const said = texts.filter(({ length }) => length >= MIN_SUMMARY).map((text) => plain(text.slice(0, MAX_TEXT)));
    return ours.findLast(({ text }) => said.some((words) => words.includes(text)))?.call ?? null;
  }
}

function plain(text: string): string {
  return text.replaceAll(/<[^<>]{1,40}>|[^\p{L}\p{N}]+/gu, '');
}

export interface Leap {
  call: KnownCall;
  how: 'forks' | 'compacts';
}

/**
 * Within a session that the client names: from which conversation a request goes on that repeats none of the answers.
 * @param family the last calls of its conversations
 */
export function leapFrom(family: readonly KnownCall[], now: Shape): Leap | null {
  const { hashes } = now;
  if (hashes === null) return null;
  const alike = family.filter(({ shape }) => shape.system === now.system && shape.tools === now.tools);
  const shared = alike.findLast(({ shape }) => shape.hashes !== null && sharedMessages(shape.hashes, hashes) > 0);
  if (shared !== undefined) return { call: shared, how: 'forks' };
  // Side calls (titles, guesses) have no tools, or other ones.
  if (now.tools === null && now.system === null) return null;
  const longer = alike.findLast(({ messages }) => messages >= MIN_MESSAGES && messages >= hashes.length);
  return longer === undefined ? null : { call: longer, how: 'compacts' };
}
