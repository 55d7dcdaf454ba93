/** A conversation for people to look at: all that was said, media by reference. Format: docs/api.md. */
import type { AssembledOutput } from '../../core/capture.ts';
import type { ConversationListener } from './builder.ts';
import { CallIds } from './call-ids.ts';
import type { ChatPart, ChatTool } from './chat.ts';
import { type Media, mediaOf } from './media.ts';
import type { Part } from './parts.ts';

/** How much room it takes. */
export interface Sized {
  /** Characters of its texts. */
  chars: number;
  /** About so many tokens (shares.ts); null = nobody can say. */
  tokens: number | null;
}

export interface ViewMessage extends Sized {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  /** Place of the message (of the first, where several are one turn) in the request's own list; null = in none. */
  place: number | null;
  name: string | null;
  parts: ViewPart[];
}

export type ViewPart = Sized & ViewContent;

export type ViewContent =
  /** `unknown`: a part of a kind that nobody knows; `text` is its JSON, long texts in it cut. */
  | { type: 'text'; text: string; unknown?: true }
  /** `redacted`: there was a thought that the provider keeps to itself. */
  | { type: 'thinking'; text: string; redacted: boolean }
  /** `arguments`: JSON text, as the model wrote it. */
  | { type: 'tool_call'; id: string; name: string; arguments: string }
  /** `is_error`: null = the dialect does not say. */
  | { type: 'tool_result'; id: string; name: string | null; is_error: boolean | null; parts: ViewPart[] }
  | ViewMedia;

export interface ViewMedia {
  type: 'image' | 'audio' | 'file';
  /** Number of its bytes among those of the call; null = they are not in it. */
  media: number | null;
  /** Where it is instead: an address or the provider's id. Never to be loaded unasked. */
  ref: string | null;
  mime: string | null;
  bytes: number | null;
  name: string | null;
}

export interface ViewTool extends Sized {
  name: string;
  /** The provider runs it; nothing more is known of it. */
  hosted: boolean;
  description: string | null;
  /** JSON schema. */
  parameters: unknown;
}

/** Puts turns together as they were said. What one answer was made of (thoughts, text, calls) is one message. */
export class ViewBuilder implements ConversationListener {
  readonly messages: ViewMessage[] = [];
  readonly tools: ViewTool[] = [];
  /** In the order of their numbers. */
  readonly media: Media[] = [];
  readonly #ids = new CallIds();
  #place: number | null = null;

  /** How many messages the request's own list has. */
  get listed(): number {
    return (this.#place ?? -1) + 1;
  }

  at(place: number): void {
    this.#place = place;
  }

  system(role: 'system' | 'developer', parts: readonly Part[]): void {
    this.#add(role, parts);
  }

  user(parts: readonly Part[], name: string | null = null): void {
    this.#add('user', parts, name);
  }

  assistant(parts: readonly Part[]): void {
    const last = this.messages.at(-1);
    // The Responses API lists what makes one turn one by one.
    const isMore = last?.role === 'assistant' && (!parts.some(isSaid) || last.parts.every(isThought));
    if (!isMore) {
      this.#add('assistant', parts);
      return;
    }
    const more = this.#parts(parts);
    last.parts.push(...more);
    last.chars += sumOf(more);
  }

  tool(id: string | null, name: string | null, parts: readonly Part[], isError: boolean | null): void {
    this.#add('tool', [{ kind: 'result', id, name, isError, parts: [...parts] }]);
  }

  addTool({ function: told }: ChatTool): void {
    const { name, description, parameters = null } = told;
    const chars = JSON.stringify(told).length;
    this.tools.push({ name, hosted: false, description: description ?? null, parameters, chars, tokens: null });
  }

  addHostedTool(name: string): void {
    this.tools.push({ name, hosted: true, description: null, parameters: null, chars: name.length, tokens: null });
  }

  #add(role: ViewMessage['role'], parts: readonly Part[], name: string | null = null): void {
    if (parts.length === 0) return;
    this.messages.push(messageOf(role, this.#place, name, this.#parts(parts)));
  }

  #parts(parts: readonly Part[]): ViewPart[] {
    return parts.map((part) => sized(this.#content(part)));
  }

  #content(part: Part): ViewContent {
    switch (part.kind) {
      case 'content':
        return part.part.type === 'text' ? { type: 'text', text: part.part.text } : this.#media(part.part);
      case 'other':
        return { type: 'text', text: part.json, unknown: true };
      case 'thinking':
        return { type: 'thinking', text: part.text, redacted: part.redacted };
      case 'call':
        return {
          type: 'tool_call',
          id: this.#ids.asked(part.id, part.name),
          name: part.name,
          arguments: part.input,
        };
      case 'result':
        return {
          type: 'tool_result',
          ...this.#ids.answered(part.id, part.name),
          is_error: part.isError,
          parts: this.#parts(part.parts),
        };
    }
  }

  #media(part: Exclude<ChatPart, { type: 'text' }>): ViewMedia {
    const { view, media } = mediaOf(part);
    if (media === null) return view;
    this.media.push(media);
    return { ...view, media: this.media.length - 1 };
  }
}

function isSaid(part: Part): boolean {
  return part.kind === 'content';
}

function isThought(part: ViewPart): boolean {
  return part.type === 'thinking';
}

function messageOf(
  role: ViewMessage['role'],
  place: number | null,
  name: string | null,
  parts: ViewPart[],
): ViewMessage {
  return { role, place, name, parts, chars: sumOf(parts), tokens: null };
}

function sumOf(parts: readonly Sized[]): number {
  return parts.reduce((sum, { chars }) => sum + chars, 0);
}

function sized(content: ViewContent): ViewPart {
  return { ...content, chars: charsOf(content), tokens: null };
}

function charsOf(content: ViewContent): number {
  switch (content.type) {
    case 'text':
    case 'thinking':
      return content.text.length;
    case 'tool_call':
      return content.name.length + content.arguments.length;
    case 'tool_result':
      return sumOf(content.parts);
    case 'image':
    case 'audio':
    case 'file':
      return 0;
  }
}

/** What was answered, as a message, with the pictures in it. In which order the parts came is not known any more. */
export function answerView(answer: AssembledOutput | null, made: readonly ViewMedia[] = []): ViewMessage {
  const { text, thinking, toolCalls } = answer ?? NOTHING_SAID;
  const parts: ViewContent[] = [];
  if (thinking !== '') parts.push({ type: 'thinking', text: thinking, redacted: false });
  if (text !== '') parts.push({ type: 'text', text });
  for (const [index, { id, name, input }] of toolCalls.entries()) {
    parts.push({ type: 'tool_call', id: id ?? `call_answer_${index + 1}`, name, arguments: input });
  }
  return messageOf('assistant', null, null, [...parts, ...made].map(sized));
}

const NOTHING_SAID: AssembledOutput = { text: '', thinking: '', toolCalls: [] };
