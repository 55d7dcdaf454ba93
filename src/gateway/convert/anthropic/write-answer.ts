import { unknownUsage } from '../../../core/usage.ts';
import type { JsonObject } from '../../../providers/families/json.ts';
import type { Answer } from '../answer.ts';
import type { AnswerContext, StreamWriter } from '../answer-format.ts';
import { eventText } from '../event-stream.ts';
import { exactText } from '../exact-json.ts';
import type { AnswerEvent, AnswerPart, OpenPart, StopReason } from '../model.ts';
import { signatureOf } from '../seals.ts';
import { anthropicInput, anthropicUsage } from '../usage.ts';
import { CallInput, callInput } from './call-input.ts';
import { writeError } from './write-error.ts';

const STOP_REASONS = {
  end: 'end_turn',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_use',
  refusal: 'refusal',
} as const satisfies Record<StopReason, string>;

/** Thoughts are for clients that asked for them. */
function isShown(part: { kind: string }, { asked, notes }: AnswerContext): boolean {
  if (part.kind !== 'thinking' || asked.reasoning?.shown === true) return true;
  notes.add('thinking', 'content');
  return false;
}

export function writeWhole(answer: Answer, context: AnswerContext): JsonObject {
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: answer.parts.filter((part) => isShown(part, context)).flatMap((part) => blockOf(part, context) ?? []),
    stop_reason: STOP_REASONS[answer.stop],
    stop_sequence: answer.stopSequence,
    usage: anthropicUsage(answer.usage, context.notes),
  };
}

function blockOf(part: AnswerPart, { notes }: AnswerContext): JsonObject | null {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? null : { type: 'text', text: part.text };
    case 'thinking':
      if (part.seal !== null && 'redacted' in part.seal) return { type: 'redacted_thinking', data: part.seal.redacted };
      return { type: 'thinking', thinking: part.text, signature: part.seal === null ? '' : signatureOf(part.seal) };
    case 'call':
      return { type: 'tool_use', id: part.id, name: part.name, input: callInput(part.input, part.freeform, notes) };
  }
}

export class AnthropicStreamWriter implements StreamWriter {
  readonly #context: AnswerContext;
  /** Of the open block; blocks that are not shown have none. */
  #index = -1;
  #open: OpenPart | null = null;
  #input: CallInput | null = null;
  #usage: JsonObject | null = null;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  write(event: AnswerEvent): string {
    switch (event.kind) {
      case 'start':
        return messageStart(event);
      case 'open':
        return this.#openBlock(event.part);
      case 'delta':
        return this.#text(event.text);
      case 'seal':
        if (this.#open === null || 'redacted' in event.seal) return '';
        return this.#delta({ type: 'signature_delta', signature: signatureOf(event.seal) });
      case 'close':
        return this.#close();
      default:
        return this.#finish(event);
    }
  }

  #finish(event: Extract<AnswerEvent, { kind: 'usage' | 'stop' | 'end' | 'error' | 'ping' }>): string {
    switch (event.kind) {
      case 'usage':
        this.#usage = anthropicUsage(event.usage, this.#context.notes);
        return '';
      case 'stop':
        return eventOf({
          type: 'message_delta',
          delta: { stop_reason: STOP_REASONS[event.reason], stop_sequence: event.sequence },
          usage: this.#usage ?? { output_tokens: 0 },
        });
      case 'end':
        return eventOf({ type: 'message_stop' });
      case 'error':
        return this.#close() + eventOf(writeError(event.error));
      case 'ping':
        return eventOf({ type: 'ping' });
    }
  }

  #openBlock(part: OpenPart): string {
    if (!isShown(part, this.#context)) return '';
    this.#open = part;
    this.#input = part.kind === 'call' ? new CallInput(part.freeform, this.#context.notes) : null;
    this.#index += 1;
    return eventOf({ type: 'content_block_start', index: this.#index, content_block: startOf(part) });
  }

  #text(text: string): string {
    if (this.#open === null) return '';
    const now = this.#input === null ? text : this.#input.push(text);
    return now === '' ? '' : this.#delta(deltaOf(this.#open, now));
  }

  #delta(delta: JsonObject): string {
    return eventOf({ type: 'content_block_delta', index: this.#index, delta });
  }

  #close(): string {
    if (this.#open === null) return '';
    const rest = this.#input?.end() ?? '';
    const last = rest === '' ? '' : this.#delta(deltaOf(this.#open, rest));
    this.#open = null;
    this.#input = null;
    return last + eventOf({ type: 'content_block_stop', index: this.#index });
  }
}

/** The true counts come with the end: an answer in another format begins without them. */
function messageStart({ id, model, usage }: Extract<AnswerEvent, { kind: 'start' }>): string {
  return eventOf({
    type: 'message_start',
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...anthropicInput(usage ?? unknownUsage()), output_tokens: 0 },
    },
  });
}

function startOf(part: OpenPart): JsonObject {
  if (part.kind === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  if (part.kind === 'call') return { type: 'tool_use', id: part.id, name: part.name, input: {} };
  return { type: 'text', text: '' };
}

function deltaOf(part: OpenPart, text: string): JsonObject {
  if (part.kind === 'thinking') return { type: 'thinking_delta', thinking: text };
  if (part.kind === 'call') return { type: 'input_json_delta', partial_json: text };
  return { type: 'text_delta', text };
}

function eventOf(message: JsonObject): string {
  const type = message['type'];
  return eventText(typeof type === 'string' ? type : '', exactText(message));
}
