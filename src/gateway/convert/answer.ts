import { unknownUsage } from '../../core/usage.ts';
import type { AnswerError, AnswerEvent, AnswerPart, AnswerUsage, OpenPart, StopReason } from './model.ts';

/** A whole answer. */
export interface Answer {
  id: string;
  model: string;
  /** Seconds since the epoch; null = the target does not say. */
  created: number | null;
  parts: readonly AnswerPart[];
  stop: StopReason;
  stopSequence: string | null;
  usage: AnswerUsage;
  error: AnswerError | null;
}

/** Puts the pieces of an answer together. */
export class AnswerCollector {
  readonly #parts: AnswerPart[] = [];
  #texts: string[] = [];
  #id = '';
  #model = '';
  #created: number | null = null;
  #stop: StopReason = 'end';
  #stopSequence: string | null = null;
  #usage: AnswerUsage = unknownUsage();
  #error: AnswerError | null = null;

  add(event: AnswerEvent): void {
    switch (event.kind) {
      case 'start':
        this.#id = event.id;
        this.#model = event.model;
        this.#created = event.created;
        break;
      case 'open':
        this.#texts = [];
        this.#parts.push(emptyPart(event.part));
        break;
      case 'delta':
        this.#texts.push(event.text);
        break;
      case 'seal':
        this.#seal(event.seal);
        break;
      case 'close':
        this.#close();
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'stop':
        this.#stop = event.reason;
        this.#stopSequence = event.sequence;
        break;
      case 'error':
        this.#error = event.error;
        break;
      case 'end':
      case 'ping':
        break;
    }
  }

  /** So far. */
  answer(): Answer {
    return {
      id: this.#id,
      model: this.#model,
      created: this.#created,
      parts: this.#parts,
      stop: this.#stop,
      stopSequence: this.#stopSequence,
      usage: this.#usage,
      error: this.#error,
    };
  }

  #seal(seal: Extract<AnswerEvent, { kind: 'seal' }>['seal']): void {
    const part = this.#parts.at(-1);
    if (part?.kind === 'thinking') part.seal = seal;
  }

  #close(): void {
    const part = this.#parts.at(-1);
    const text = this.#texts.join('');
    this.#texts = [];
    if (part?.kind === 'call') part.input = text;
    else if (part !== undefined) part.text = text;
  }
}

function emptyPart(part: OpenPart): AnswerPart {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { kind: part.kind, text: '' };
    case 'thinking':
      return { kind: 'thinking', text: '', seal: null };
    case 'call':
      return { ...part, input: '' };
  }
}
