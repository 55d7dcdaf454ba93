/** What an answer is known by when the client sends it back with its next request. */
import type { AssembledOutput, ToolCall } from '../core/capture.ts';
import { shortHash } from './scope.ts';
import type { ReadMessage } from './scanned-message.ts';

/** Kept of each answer. */
export interface AnswerPrint {
  /** The first characters of its text, without white space, or `#` and a hash of them; empty = it has none. */
  text: string;
  /** Ids of its tool calls. */
  tools: readonly ToolCall[];
}

const KEPT = 160;
/** White space may be most of it. */
const READ = 2000;
/** A text that was cut, by us or by the client, is known by so many characters. */
const MIN_PART = 24;
const MAX_TOOLS = 128;

/** Reasoning that a server writes into the text is left out by most clients. */
const THINKING = /^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/;

export function answerPrint(assembled: AssembledOutput | null, tools: readonly ToolCall[]): AnswerPrint {
  return { text: textPrint(assembled?.text ?? ''), tools: tools.slice(0, MAX_TOOLS) };
}

export function textPrint(text: string): string {
  const spoken = text.includes('<think') ? text.replace(THINKING, '') : text;
  const words = spoken.slice(0, READ).replaceAll(/\s+/g, '').slice(0, KEPT);
  return words.startsWith('#') ? ` ${words}` : words;
}

/** Equal for equal texts, hashed or not; what is stored holds no words. */
export function hashedText(text: string): string {
  return text === '' || text.startsWith('#') ? text : `#${shortHash(text)}`;
}

/** What a request repeats of an answer, over one or more messages. */
export interface Repeated {
  text: string;
  toolIds: ReadonlySet<string>;
  toolNames: readonly string[];
}

export function repeatedBy(messages: readonly ReadMessage[]): Repeated {
  const calls = messages.flatMap(({ toolCalls }) => toolCalls);
  return {
    text: textPrint(messages.flatMap(({ texts }) => texts).join('')),
    toolIds: new Set(calls.flatMap(({ id }) => (id === null ? [] : [id]))),
    toolNames: calls.flatMap(({ name }) => (name === null ? [] : [name])),
  };
}

/** `ids` and `text` prove it; `names` and `part` are as good as a short text. */
export type Likeness = 'ids' | 'text' | 'part' | 'names' | null;

export function likeness(answer: AnswerPrint, repeated: Repeated): Likeness {
  if (answer.tools.some(({ id }) => id !== null && repeated.toolIds.has(id))) return 'ids';
  // Whoever repeats tool calls with ids repeats these ids: it is another answer.
  if (repeated.toolIds.size > 0 && answer.tools.some(({ id }) => id !== null)) return null;
  const isSame = answer.text === (answer.text.startsWith('#') ? hashedText(repeated.text) : repeated.text);
  if (isSame && answer.text !== '') return 'text';
  if (isPart(answer.text, repeated.text)) return 'part';
  if (!isSame || answer.tools.length === 0) return null;
  return answer.tools.map(({ name }) => name).join('\n') === repeated.toolNames.join('\n') ? 'names' : null;
}

function isPart(one: string, other: string): boolean {
  if (Math.min(one.length, other.length) < MIN_PART) return false;
  return one.startsWith(other) || other.startsWith(one);
}
