import { createHash } from 'node:crypto';
import type { Notes } from './notes.ts';
import type { Format, Tool } from './model.ts';

const NAME_CHARACTERS = /[^a-zA-Z0-9_-]/g;
const ID_CHARACTERS = /[^a-zA-Z0-9_-]/g;
/** OpenAI's; Anthropic takes 128. */
const LONGEST_NAME = 64;
/** Of calls. */
const LONGEST_ID: Readonly<Record<Format, number>> = {
  'anthropic-messages': 64,
  'openai-chat': 40,
  'openai-responses': 64,
};
const HASH_DIGITS = 8;

/** What a tool is called on the client's side. */
export interface ClientTool {
  name: string;
  namespace: string | null;
  freeform: boolean;
}

/** Names and ids that the target takes, and the way back. Of one request. */
export class ToolNames {
  readonly #longestId: number;
  readonly #notes: Notes;
  readonly #byTarget = new Map<string, ClientTool>();
  readonly #ids = new Map<string, string>();
  readonly #usedIds = new Set<string>();

  /** @param target whose rules hold. */
  constructor(target: Format, notes: Notes) {
    this.#longestId = LONGEST_ID[target];
    this.#notes = notes;
  }

  add(tool: Tool): void {
    this.target(tool.name, tool.namespace, tool.freeform !== null);
  }

  /** The name for the target: the same wherever it takes it. */
  target(name: string, namespace: string | null, freeform: boolean): string {
    const whole = namespace === null ? name : `${namespace}__${name}`;
    const made = shortened(whole.replaceAll(NAME_CHARACTERS, '_'), whole);
    if (made !== name) this.#notes.add('tool_renamed', name);
    if (!this.#byTarget.has(made)) this.#byTarget.set(made, { name, namespace, freeform });
    return made;
  }

  /** The name for the target of a tool that was added before: a choice names no namespace. */
  chosen(name: string, freeform: boolean): string {
    for (const [made, tool] of this.#byTarget) if (tool.name === name) return made;
    return this.target(name, null, freeform);
  }

  client(name: string): ClientTool {
    return this.#byTarget.get(name) ?? { name, namespace: null, freeform: false };
  }

  /** The id of a call for the target: results find their calls by it, in this request. */
  id(id: string): string {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const plain = id.replaceAll(ID_CHARACTERS, '_');
    const isTaken = plain === '' || plain.length > this.#longestId || this.#usedIds.has(plain);
    const made = isTaken ? `call_${hashOf(id)}` : plain;
    if (made !== id) this.#notes.add('tool_id_renamed', id);
    this.#ids.set(id, made);
    this.#usedIds.add(made);
    return made;
  }
}

function shortened(plain: string, whole: string): string {
  if (plain === whole && plain.length <= LONGEST_NAME) return plain;
  // Two names must not become one.
  return `${plain.slice(0, LONGEST_NAME - HASH_DIGITS - 1)}_${hashOf(whole)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
