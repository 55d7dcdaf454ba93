import type { AnswerEvent, OpenPart } from './model.ts';

interface Waiting {
  key: string;
  part: OpenPart;
  texts: string[];
}

/**
 * Brings parts that a stream tells by turns into one row: one part is open at a time. What belongs to another waits
 * until the open one is whole: a call is when its input is JSON, everything else when something else begins.
 */
export class PartOrder {
  /** What is to be said of a part right before it is closed. */
  readonly #closing: (part: OpenPart) => readonly AnswerEvent[];
  #open: Waiting | null = null;
  readonly #waiting: Waiting[] = [];

  constructor(closing: (part: OpenPart) => readonly AnswerEvent[] = () => []) {
    this.#closing = closing;
  }

  /** @param key tells parts of one kind apart; those with the same key in a row are one part. */
  *add(key: string, part: OpenPart, text: string): Generator<AnswerEvent> {
    if (this.#open?.key === key) {
      yield* this.#delta(text);
      // Only now may it be whole.
      if (this.#waiting.length > 0 && /\}\s*$/.test(text)) yield* this.#advance();
      return;
    }
    const waiting = this.#waiting.findLast((each) => each.key === key);
    if (waiting !== undefined && (part.kind === 'call' || waiting === this.#waiting.at(-1))) {
      waiting.texts.push(text);
      return;
    }
    this.#waiting.push({ key, part, texts: [text] });
    yield* this.#advance();
  }

  /** The part is whole, as the stream says. */
  *closed(key: string): Generator<AnswerEvent> {
    if (this.#open?.key !== key) return;
    yield* this.#close();
    yield* this.#advance();
  }

  /** Nothing more comes. */
  *finish(): Generator<AnswerEvent> {
    yield* this.#close();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      yield* this.#begin(next);
      yield* this.#close();
    }
  }

  *#advance(): Generator<AnswerEvent> {
    while (this.#waiting.length > 0) {
      if (this.#open !== null && isUnfinished(this.#open)) return;
      yield* this.#close();
      const next = this.#waiting.shift();
      if (next !== undefined) yield* this.#begin(next);
    }
  }

  *#begin(next: Waiting): Generator<AnswerEvent> {
    this.#open = { ...next, texts: [] };
    yield { kind: 'open', part: next.part };
    yield* this.#delta(next.texts.join(''));
  }

  *#delta(text: string): Generator<AnswerEvent> {
    if (text === '' || this.#open === null) return;
    if (this.#open.part.kind === 'call') this.#open.texts.push(text);
    yield { kind: 'delta', text };
  }

  *#close(): Generator<AnswerEvent> {
    if (this.#open === null) return;
    const { part, texts } = this.#open;
    this.#open = null;
    // A tool without input has an empty text at some, and JSON everywhere else.
    if (part.kind === 'call' && texts.length === 0 && !part.freeform) yield { kind: 'delta', text: '{}' };
    yield* this.#closing(part);
    yield { kind: 'close' };
  }
}

function isUnfinished({ part, texts }: Waiting): boolean {
  if (part.kind !== 'call' || part.freeform) return false;
  try {
    JSON.parse(texts.join(''));
    return false;
  } catch {
    return true;
  }
}
