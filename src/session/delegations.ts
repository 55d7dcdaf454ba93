/** Tool calls that start another conversation: a sub-agent's first message is what it was called with. */
import { shortHash } from './scope.ts';

export interface Delegation {
  readonly call: string;
  readonly session: string;
  /** Client and run: a sub-agent may talk to another provider, with another key. */
  readonly program: string;
  /** Provider, host and id of the tool call, or another key of its own. */
  readonly tool: string;
  /** Its argument, without white space. */
  readonly prompt: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  taken: boolean;
}

/** Shorter ones may be anybody's first words. Characters without white space. */
const MIN_PROMPT = 16;
/** A prompt inside a longer message must be longer. */
const MIN_WITHIN = 40;
const MAX_PROMPT = 16 * 1024;
const MAX_INPUT = 64 * 1024;
const MAX_FIRST_TEXT = 64 * 1024;
const LIFE_MS = 60 * 60_000;
const MOST = 512;
/** Arguments that tell somebody what to do. */
const TELLING = /prompt|task|instruction|message|input|request|objective|goal|query|question|description/i;

export class Delegations {
  #pending: Delegation[] = [];

  get size(): number {
    return this.#pending.length;
  }

  /** @param input arguments of a tool call, as JSON */
  add(from: Omit<Delegation, 'prompt' | 'taken'>, input: string): void {
    for (const prompt of promptsOf(input)) this.#pending.push({ ...from, prompt, taken: false });
    if (this.#pending.length > MOST * 1.25) this.#pending = this.#pending.slice(-MOST);
  }

  /** The tool call that began the conversation with these first words of a user, or null. */
  find(program: string, texts: readonly string[], at: number): Delegation | null {
    if (this.#pending.length === 0) return null;
    const said = texts
      .map((text) => withoutSpace(text.slice(0, MAX_FIRST_TEXT)))
      .filter((text) => text.length >= MIN_PROMPT);
    if (said.length === 0) return null;
    let found: Delegation | null = null;
    for (const pending of this.#pending) {
      const isLive = pending.program === program && at - pending.at < LIFE_MS && at >= pending.at;
      // The oldest that nobody has begun, else the newest.
      if (!isLive || (found !== null && !found.taken)) continue;
      if (said.some((text) => isToldBy(text, pending.prompt))) found = pending;
    }
    if (found !== null) found.taken = true;
    return found;
  }
}

function isToldBy(text: string, prompt: string): boolean {
  return text === prompt || (prompt.length >= MIN_WITHIN && text.includes(prompt));
}

function promptsOf(input: string): string[] {
  if (input.length < MIN_PROMPT || input.length > MAX_INPUT || !TELLING.test(input)) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(input);
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return [];
  return Object.entries(parsed)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && TELLING.test(entry[0]))
    .map(([, text]) => withoutSpace(text.slice(0, MAX_PROMPT)))
    .filter((prompt) => prompt.length >= MIN_PROMPT);
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

/** A key for a tool call without an id. */
export function unnamedTool(call: string, index: number): string {
  return shortHash(`${call}\n${index}`);
}
