/** Items of an answer of the Responses API: texts that follow each other are one message. */
import type { JsonObject } from '../../../providers/families/json.ts';
import type { Answer } from '../answer.ts';
import type { AnswerEvent, AnswerPart, ThinkingPart } from '../model.ts';
import { sealed } from '../seals.ts';

type TextPart = Extract<AnswerPart, { kind: 'text' | 'refusal' }>;
type Item = { kind: 'message'; parts: TextPart[] } | { kind: 'one'; part: Exclude<AnswerPart, TextPart> };
type Status = 'in_progress' | 'completed';

export function outputOf(answer: Answer): JsonObject[] {
  return itemsOf(answer.parts).map((item, index) => itemOf(item, answer.id, index, 'completed'));
}

function itemsOf(parts: readonly AnswerPart[]): Item[] {
  const items: Item[] = [];
  for (const part of parts) {
    const last = items.at(-1);
    if (part.kind !== 'text' && part.kind !== 'refusal') items.push({ kind: 'one', part });
    else if (last?.kind === 'message') last.parts.push(part);
    else items.push({ kind: 'message', parts: [part] });
  }
  return items;
}

const PREFIXES = { message: 'msg', thinking: 'rs', call: 'fc' } as const;

/** Items have ids of their own, which nobody asks for again. */
function idOf(kind: keyof typeof PREFIXES, answer: string, index: number): string {
  return `${PREFIXES[kind]}_${answer.replaceAll(/[^a-zA-Z0-9]/g, '').slice(-40)}_${index}`;
}

function itemOf(item: Item, answer: string, index: number, status: Status): JsonObject {
  if (item.kind === 'message') {
    const id = idOf('message', answer, index);
    const content = status === 'completed' ? item.parts.map(contentOf) : [];
    return { id, type: 'message', status, role: 'assistant', content };
  }
  const { part } = item;
  if (part.kind === 'thinking') return thoughtOf(part, answer, index, status);
  const { id: callId, name, namespace, freeform, input } = part;
  const called = { call_id: callId, name, ...(namespace === null ? {} : { namespace }) };
  const id = idOf('call', answer, index);
  if (freeform) return { id, type: 'custom_tool_call', status, ...called, input };
  return { id, type: 'function_call', status, ...called, arguments: input };
}

function contentOf(part: TextPart): JsonObject {
  if (part.kind === 'refusal') return { type: 'refusal', refusal: part.text };
  return { type: 'output_text', text: part.text, annotations: [], logprobs: [] };
}

function thoughtOf({ text, seal }: ThinkingPart, answer: string, index: number, status: Status): JsonObject {
  const own = seal?.by === 'openai-responses' ? seal : null;
  const id = own === null || own.id === '' ? idOf('thinking', answer, index) : own.id;
  const encrypted = own === null ? (seal === null ? null : sealed(seal)) : own.encrypted;
  return {
    id,
    type: 'reasoning',
    summary: text === '' || status === 'in_progress' ? [] : [{ type: 'summary_text', text }],
    ...(encrypted === null ? {} : { encrypted_content: encrypted }),
  };
}

/** Writes the events of items, as their pieces come. */
export class ItemWriter {
  /** Of the open item. */
  #index = -1;
  /** Of the open part of a message; -1 = the open item is none. */
  #content = -1;
  #part: AnswerPart | null = null;
  #itemId: unknown = null;

  /** @param answer with this event in it. */
  write(event: Extract<AnswerEvent, { kind: 'open' | 'delta' | 'seal' | 'close' }>, answer: Answer): JsonObject[] {
    const part = answer.parts.at(-1);
    if (part === undefined || event.kind === 'seal') return [];
    if (event.kind === 'delta') return [this.#delta(event.text)];
    if (event.kind === 'open') return this.#open(part, answer);
    return this.#close(part, answer);
  }

  /** The answer is over: a message is done when no further text comes. */
  finish(answer: Answer): JsonObject[] {
    return this.#content < 0 ? [] : this.#endMessage(answer);
  }

  #open(part: AnswerPart, answer: Answer): JsonObject[] {
    this.#part = part;
    const isText = part.kind === 'text' || part.kind === 'refusal';
    const events: JsonObject[] = [];
    if (!isText && this.#content >= 0) events.push(...this.#endMessage(answer));
    if (!isText || this.#content < 0) {
      this.#index += 1;
      const item = this.#item(answer, 'in_progress');
      this.#itemId = item['id'];
      events.push(this.#at('response.output_item.added', { item }));
    }
    if (isText) {
      this.#content += 1;
      events.push(this.#in('response.content_part.added', { part: contentOf({ kind: part.kind, text: '' }) }));
    } else if (part.kind === 'thinking') {
      const empty = { type: 'summary_text', text: '' };
      events.push(this.#in('response.reasoning_summary_part.added', { part: empty }));
    }
    return events;
  }

  #delta(text: string): JsonObject {
    switch (this.#part?.kind) {
      case 'refusal':
        return this.#in('response.refusal.delta', { delta: text });
      case 'thinking':
        return this.#in('response.reasoning_summary_text.delta', { delta: text });
      case 'call':
        return this.#in(`response.${this.#inputName()}.delta`, { delta: text });
      default:
        return this.#in('response.output_text.delta', { delta: text, logprobs: [] });
    }
  }

  #inputName(): string {
    return this.#part?.kind === 'call' && this.#part.freeform ? 'custom_tool_call_input' : 'function_call_arguments';
  }

  #close(part: AnswerPart, answer: Answer): JsonObject[] {
    switch (part.kind) {
      case 'text':
        return [
          this.#in('response.output_text.done', { text: part.text, logprobs: [] }),
          this.#in('response.content_part.done', { part: contentOf(part) }),
        ];
      case 'refusal':
        return [
          this.#in('response.refusal.done', { refusal: part.text }),
          this.#in('response.content_part.done', { part: contentOf(part) }),
        ];
      case 'thinking': {
        const whole = { type: 'summary_text', text: part.text };
        return [
          this.#in('response.reasoning_summary_text.done', { text: part.text }),
          this.#in('response.reasoning_summary_part.done', { part: whole }),
          this.#done(answer),
        ];
      }
      case 'call': {
        const input = part.freeform ? { input: part.input } : { arguments: part.input, name: part.name };
        return [this.#in(`response.${this.#inputName()}.done`, input), this.#done(answer)];
      }
    }
  }

  #endMessage(answer: Answer): JsonObject[] {
    this.#content = -1;
    return [this.#done(answer)];
  }

  #done(answer: Answer): JsonObject {
    return this.#at('response.output_item.done', { item: this.#item(answer, 'completed') });
  }

  #item(answer: Answer, status: Status): JsonObject {
    const item = itemsOf(answer.parts)[this.#index];
    return item === undefined ? {} : itemOf(item, answer.id, this.#index, status);
  }

  #at(type: string, members: JsonObject): JsonObject {
    return { type, output_index: this.#index, ...members };
  }

  /** Of a part of the open item. */
  #in(type: string, members: JsonObject): JsonObject {
    const place = type.includes('reasoning_summary')
      ? { summary_index: 0 }
      : this.#content >= 0
        ? { content_index: this.#content }
        : {};
    return this.#at(type, { item_id: this.#itemId, ...place, ...members });
  }
}
