import type { JsonObject } from '../../../providers/families/json.ts';
import { exactText } from '../exact-json.ts';
import type { Notes } from '../notes.ts';
import { inputObject } from './write-blocks.ts';

/** The input of a call as Anthropic has it: an object, whatever a model or a tool of plain text made of it. */
export function callInput(text: string, freeform: boolean, notes: Notes): JsonObject {
  return freeform ? { input: text } : inputObject(text, 'content', notes);
}

/** The same in pieces: clients read it as JSON, and stop at what is none. What begins as an object goes on as it comes. */
export class CallInput {
  readonly #freeform: boolean;
  readonly #notes: Notes;
  /** Null = it goes on as it comes. */
  #held: string[] | null = [];
  #isStrange: boolean;

  constructor(freeform: boolean, notes: Notes) {
    this.#freeform = freeform;
    this.#notes = notes;
    this.#isStrange = freeform;
  }

  /** What goes on now. */
  push(text: string): string {
    if (this.#held === null) return text;
    this.#held.push(text);
    if (this.#isStrange || text.trim() === '') return '';
    const all = this.#held.join('');
    this.#isStrange = !all.trimStart().startsWith('{');
    if (this.#isStrange) return '';
    this.#held = null;
    return all;
  }

  end(): string {
    const text = this.#held?.join('') ?? '';
    return this.#isStrange ? exactText(callInput(text, this.#freeform, this.#notes)) : '';
  }
}
