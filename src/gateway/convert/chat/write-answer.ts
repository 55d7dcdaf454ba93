import type { JsonObject } from '../../../providers/families/json.ts';
import type { Answer } from '../answer.ts';
import type { AnswerContext, StreamWriter } from '../answer-format.ts';
import { COMMENT, eventText } from '../event-stream.ts';
import { exactText } from '../exact-json.ts';
import type { AnswerError, AnswerEvent, AnswerPart, OpenPart, Seal, StopReason, ThinkingPart } from '../model.ts';
import { chatUsage } from '../usage.ts';
import { detailOf } from './reasoning-details.ts';

const FINISH_REASONS = {
  end: 'stop',
  max_tokens: 'length',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
} as const satisfies Record<StopReason, string>;

export function writeWhole(answer: Answer, context: AnswerContext): JsonObject {
  const calls = answer.parts.filter((part) => part.kind === 'call');
  const message = {
    role: 'assistant',
    content: textOf(answer.parts, 'text'),
    refusal: textOf(answer.parts, 'refusal'),
    ...thoughtsOf(answer.parts.filter((part) => part.kind === 'thinking')),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(callOf) }),
  };
  return {
    id: answer.id,
    object: 'chat.completion',
    created: answer.created ?? context.now,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH_REASONS[answer.stop] }],
    usage: chatUsage(answer.usage, context.notes),
  };
}

function textOf(parts: readonly AnswerPart[], kind: 'text' | 'refusal'): string | null {
  const texts = parts.flatMap((part) => (part.kind === kind ? [part.text] : []));
  return texts.length === 0 ? null : texts.join('');
}

/** As DeepSeek and its kin have it, which most clients read; with it, what its provider wants to see again. */
function thoughtsOf(thoughts: readonly ThinkingPart[]): JsonObject {
  if (thoughts.length === 0) return {};
  const text = thoughts.map((thought) => thought.text).join('');
  const details = thoughts.flatMap(({ text, seal }, index) => (seal === null ? [] : [detailOf(text, seal, index)]));
  return {
    ...(text === '' ? {} : { reasoning_content: text }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  };
}

function callOf(part: Extract<AnswerPart, { kind: 'call' }>): JsonObject {
  return part.freeform
    ? { id: part.id, type: 'custom', custom: { name: part.name, input: part.input } }
    : { id: part.id, type: 'function', function: { name: part.name, arguments: part.input } };
}

export class ChatStreamWriter implements StreamWriter {
  readonly #context: AnswerContext;
  #head: JsonObject = {};
  #open: OpenPart | null = null;
  #calls = 0;
  #thoughts = 0;
  #thought: string[] = [];
  #usage: JsonObject | null = null;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  write(event: AnswerEvent): string {
    switch (event.kind) {
      case 'start':
        return this.#start(event);
      case 'open':
        return this.#openPart(event.part);
      case 'delta':
        return this.#delta(event.text);
      case 'seal':
        return this.#seal(event.seal);
      case 'close':
        this.#open = null;
        return '';
      case 'usage':
        this.#usage = chatUsage(event.usage, this.#context.notes);
        return '';
      case 'stop':
        return this.#chunk({}, FINISH_REASONS[event.reason]);
      case 'end':
        return this.#end();
      case 'error':
        return eventText('', exactText(writeError(event.error)));
      case 'ping':
        return COMMENT;
    }
  }

  #start({ id, model, created }: Extract<AnswerEvent, { kind: 'start' }>): string {
    this.#head = { id, object: 'chat.completion.chunk', created: created ?? this.#context.now, model };
    return this.#chunk({ role: 'assistant', content: '' }, null);
  }

  #openPart(part: OpenPart): string {
    this.#open = part;
    this.#thought = [];
    if (part.kind !== 'call') return '';
    this.#calls += 1;
    const { id, name, freeform } = part;
    const inner = freeform
      ? { type: 'custom', custom: { name, input: '' } }
      : { type: 'function', function: { name, arguments: '' } };
    return this.#chunk({ tool_calls: [{ index: this.#calls - 1, id, ...inner }] }, null);
  }

  #delta(text: string): string {
    switch (this.#open?.kind) {
      case 'text':
        return this.#chunk({ content: text }, null);
      case 'refusal':
        return this.#chunk({ refusal: text }, null);
      case 'thinking':
        this.#thought.push(text);
        return this.#chunk({ reasoning_content: text }, null);
      case 'call': {
        const inner = this.#open.freeform ? { custom: { input: text } } : { function: { arguments: text } };
        return this.#chunk({ tool_calls: [{ index: this.#calls - 1, ...inner }] }, null);
      }
      case undefined:
        return '';
    }
  }

  #seal(seal: Seal): string {
    if (this.#open?.kind !== 'thinking') return '';
    this.#thoughts += 1;
    return this.#chunk({ reasoning_details: [detailOf(this.#thought.join(''), seal, this.#thoughts - 1)] }, null);
  }

  #chunk(delta: JsonObject, finish: string | null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    const usage = this.#context.asked.includeUsage ? { usage: null } : {};
    return eventText('', exactText({ ...this.#head, choices, ...usage }));
  }

  #end(): string {
    const done = eventText('', '[DONE]');
    if (!this.#context.asked.includeUsage) return done;
    return eventText('', exactText({ ...this.#head, choices: [], usage: this.#usage })) + done;
  }
}

export function writeError({ status, type, message }: AnswerError): JsonObject {
  return { error: { message, type: ownType(status, type), param: null, code: codeOf(status, type) } };
}

const CODES: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };

function ownType(status: number, type: string): string {
  if (status === 429) return 'rate_limit_error';
  if (status >= 500) return 'server_error';
  return type.endsWith('_error') ? type : 'invalid_request_error';
}

function codeOf(status: number, type: string): string | null {
  return CODES[status] ?? (type === '' || type.startsWith('http_') ? null : type);
}
