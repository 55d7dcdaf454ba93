import { objectAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { AnswerCollector, type Answer } from '../answer.ts';
import type { AnswerContext, StreamWriter } from '../answer-format.ts';
import { writeError } from '../chat/write-answer.ts';
import { COMMENT, eventText } from '../event-stream.ts';
import { exactText } from '../exact-json.ts';
import type { AnswerError, AnswerEvent } from '../model.ts';
import { responsesUsage } from '../usage.ts';
import { ItemWriter, outputOf } from './write-output.ts';

/** Members of the request that the answer repeats. */
const REPEATED = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  reasoning: { effort: null, summary: null },
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  truncation: 'disabled',
  user: null,
} as const satisfies JsonObject;

export const REPEATED_MEMBERS = Object.keys(REPEATED);

/** The object of an answer that may not be whole yet. */
function responseOf(answer: Answer, status: string, context: AnswerContext): JsonObject {
  const { repeated, now } = context;
  return {
    id: answer.id,
    object: 'response',
    created_at: answer.created ?? now,
    status,
    background: false,
    error: answer.error === null ? null : { code: answer.error.type, message: answer.error.message },
    incomplete_details: status === 'incomplete' ? { reason: reasonOf(answer) } : null,
    model: answer.model,
    output: outputOf(answer),
    previous_response_id: null,
    store: false,
    ...Object.fromEntries(Object.entries(REPEATED).map(([name, value]) => [name, valueAt(repeated, name) ?? value])),
    usage: status === 'in_progress' || status === 'failed' ? null : responsesUsage(answer.usage, context.notes),
  };
}

function reasonOf({ stop }: Answer): string {
  return stop === 'refusal' ? 'content_filter' : 'max_output_tokens';
}

function statusOf({ stop, error, parts }: Answer): 'completed' | 'incomplete' | 'failed' {
  if (error !== null) return 'failed';
  // A refusal in words is an answer of its own.
  const isSaid = parts.some(({ kind }) => kind === 'refusal');
  return stop === 'max_tokens' || (stop === 'refusal' && !isSaid) ? 'incomplete' : 'completed';
}

export function writeWhole(answer: Answer, context: AnswerContext): JsonObject {
  return responseOf(answer, statusOf(answer), context);
}

export class ResponsesStreamWriter implements StreamWriter {
  readonly #context: AnswerContext;
  readonly #collector = new AnswerCollector();
  readonly #items: ItemWriter;
  #sequence = 0;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#items = new ItemWriter();
  }

  write(event: AnswerEvent): string {
    this.#collector.add(event);
    switch (event.kind) {
      case 'start':
        return this.#events([this.#whole('response.created'), this.#whole('response.in_progress')]);
      case 'open':
      case 'delta':
      case 'seal':
      case 'close':
        return this.#events(this.#items.write(event, this.#collector.answer()));
      case 'end':
        return this.#events([...this.#items.finish(this.#collector.answer()), this.#closing()]);
      case 'error':
        return this.#failed(event.error);
      case 'ping':
        return COMMENT;
      case 'usage':
      case 'stop':
        return '';
    }
  }

  #whole(type: string): JsonObject {
    return { type, response: responseOf(this.#collector.answer(), 'in_progress', this.#context) };
  }

  #closing(): JsonObject {
    const answer = this.#collector.answer();
    const status = statusOf(answer);
    return { type: `response.${status}`, response: responseOf(answer, status, this.#context) };
  }

  /** Some clients wait for the one, some for the other. */
  #failed(error: AnswerError): string {
    const stated = objectAt(writeError(error), 'error') ?? {};
    const { code, message, param } = { code: valueAt(stated, 'code'), message: error.message, param: null };
    return this.#events([{ type: 'error', code, message, param }, this.#closing()]);
  }

  #events(events: readonly JsonObject[]): string {
    return events.map((event) => this.#event(event)).join('');
  }

  #event(event: JsonObject): string {
    const numbered = { ...event, sequence_number: this.#sequence };
    this.#sequence += 1;
    return eventText(String(event['type']), exactText(numbered));
  }
}
