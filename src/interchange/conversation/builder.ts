import { CallIds } from './call-ids.ts';
import type { ChatMessage, ChatPart, ChatTool, ChatToolCall, Conversation } from './chat.ts';
import type { Part } from './parts.ts';

/** Told what a request says, in order. */
export interface ConversationListener {
  /** The message of this place (0 = first) in the request's own list comes next; what was said before is in no list. */
  at?(place: number): void;
  /** System prompts, and what the developer says. */
  system(role: 'system' | 'developer', parts: readonly Part[]): void;
  /** What a user says, and results of tools, which some dialects let the user bring. */
  user(parts: readonly Part[], name?: string | null): void;
  assistant(parts: readonly Part[]): void;
  /** A result that is a message of its own. @param isError null = the dialect does not say */
  tool(id: string | null, name: string | null, parts: readonly Part[], isError: boolean | null): void;
  addTool(tool: ChatTool): void;
  /** One that the provider runs itself. */
  addHostedTool?(name: string): void;
}

/** Puts chat messages together. Thinking is left out: no reader of datasets has a place for it. */
export class ConversationBuilder implements ConversationListener {
  readonly #messages: ChatMessage[] = [];
  readonly #tools: ChatTool[] = [];
  readonly #ids = new CallIds();

  /** Media and tools have no place in it. */
  system(role: 'system' | 'developer', parts: readonly Part[]): void {
    const content = contentOf(parts);
    if (content !== null) this.#messages.push({ role, content });
  }

  /** Results of tools come first, as messages. */
  user(parts: readonly Part[], name: string | null = null): void {
    for (const part of parts) if (part.kind === 'result') this.#result(part.id, part.name, part.parts);
    const content = contentOf(parts);
    if (content !== null) this.#messages.push({ role: 'user', content, ...(name === null ? {} : { name }) });
  }

  tool(id: string | null, name: string | null, parts: readonly Part[]): void {
    this.#result(id, name, parts);
  }

  assistant(parts: readonly Part[]): void {
    const content = contentOf(parts);
    const calls = parts.flatMap((part) => (part.kind === 'call' ? [this.#call(part)] : []));
    if (content === null && calls.length === 0) return;
    const last = this.#messages.at(-1);
    // The Responses API lists text and calls of one turn one by one.
    if (calls.length > 0 && content === null && last?.role === 'assistant') {
      last.tool_calls = [...(last.tool_calls ?? []), ...calls];
      return;
    }
    this.#messages.push({ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) });
    // Tools that a provider runs itself are answered within the same message.
    for (const part of parts) if (part.kind === 'result') this.#result(part.id, part.name, part.parts);
  }

  addTool(tool: ChatTool): void {
    this.#tools.push(tool);
  }

  done(): Conversation {
    return { messages: this.#messages, tools: this.#tools };
  }

  #call({ id, name, input }: Extract<Part, { kind: 'call' }>): ChatToolCall {
    return { id: this.#ids.asked(id, name), type: 'function', function: { name, arguments: input } };
  }

  #result(id: string | null, name: string | null, parts: readonly Part[]): void {
    const answered = this.#ids.answered(id, name);
    this.#messages.push({ role: 'tool', tool_call_id: answered.id, content: contentOf(parts) ?? '' });
  }
}

/** A text where there is nothing but texts; `null` where there is nothing. */
function contentOf(parts: readonly Part[]): string | ChatPart[] | null {
  const content = parts.flatMap((part) => (part.kind === 'content' ? [part.part] : []));
  if (content.length === 0) return null;
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === content.length ? texts.join('\n') : content;
}
