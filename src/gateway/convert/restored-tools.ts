import { stringAt } from '../../providers/families/json.ts';
import { parseExact } from './exact-json.ts';
import type { AnswerEvent } from './model.ts';
import type { ToolNames } from './tool-names.ts';

/** Gives calls the names that the client knows, and those of freeform tools their plain text. */
export class RestoredTools {
  readonly #names: ToolNames;
  /** Of the open call whose text lies in JSON: it can be told when that is whole. */
  #held: string[] | null = null;

  constructor(names: ToolNames) {
    this.#names = names;
  }

  *restore(event: AnswerEvent): Generator<AnswerEvent> {
    if (event.kind === 'open' && event.part.kind === 'call') {
      const client = this.#names.client(event.part.name);
      this.#held = client.freeform && !event.part.freeform ? [] : null;
      yield { kind: 'open', part: { ...event.part, ...client } };
    } else if (event.kind === 'delta' && this.#held !== null) {
      this.#held.push(event.text);
    } else if (event.kind === 'close' && this.#held !== null) {
      const text = plainInput(this.#held.join(''));
      this.#held = null;
      if (text !== '') yield { kind: 'delta', text };
      yield event;
    } else {
      yield event;
    }
  }
}

/** What a model writes is not always what it was asked to: then all of it is the input. */
function plainInput(json: string): string {
  try {
    return stringAt(parseExact(json), 'input') ?? '';
  } catch {
    return json;
  }
}
