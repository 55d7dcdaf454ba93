import type { ChatMessage, ChatPart, ChatTool, ChatToolCall, Conversation } from './chat.ts';
import type { Part } from './parts.ts';

/** Puts messages together; calls and results that bear no ids (Gemini, Ollama) get some that match. */
export class ConversationBuilder {
  readonly #messages: ChatMessage[] = [];
  readonly #tools: ChatTool[] = [];
  /** Calls without a result so far, in order. */
  readonly #open: { id: string; name: string }[] = [];
  #made = 0;

  /** System prompts, and what the developer says. Media and tools have no place in it. */
  system(role: 'system' | 'developer', parts: readonly Part[]): void {
    const content = contentOf(parts);
    if (content !== null) this.#messages.push({ role, content });
  }

  /** What a user says, and results of tools, which some dialects let the user bring: those come first, as messages. */
  user(parts: readonly Part[], name: string | null = null): void {
    for (const part of parts) if (part.kind === 'result') this.#result(part.id, part.name, part.parts);
    const content = contentOf(parts);
    if (content !== null) this.#messages.push({ role: 'user', content, ...(name === null ? {} : { name }) });
  }

  /** A result that is a message of its own. */
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
    const made = id ?? `call_${++this.#made}`;
    this.#open.push({ id: made, name });
    return { id: made, type: 'function', function: { name, arguments: input } };
  }

  #result(id: string | null, name: string | null, parts: readonly Part[]): void {
    const at = this.#open.findIndex((call) => (id === null ? name === null || call.name === name : call.id === id));
    const [call] = at < 0 ? [] : this.#open.splice(at, 1);
    this.#messages.push({
      role: 'tool',
      tool_call_id: id ?? call?.id ?? `call_${++this.#made}`,
      content: contentOf(parts) ?? '',
    });
  }
}

/** A text where there is nothing but texts; `null` where there is nothing. */
function contentOf(parts: readonly Part[]): string | ChatPart[] | null {
  const content = parts.flatMap((part) => (part.kind === 'content' ? [part.part] : []));
  if (content.length === 0) return null;
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === content.length ? texts.join('\n') : content;
}
