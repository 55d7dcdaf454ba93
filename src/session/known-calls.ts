/** The calls that a next call may go on from, found by how their conversation begins and by what was answered. */
import { type AnswerPrint, hashedText } from './answer.ts';

/** Where a conversation stands, by the rules of docs/schema.md. */
export interface AgentState {
  turn: number;
  lastTool: string | null;
  lastError: boolean;
  streak: number;
  retries: number;
}

/** What a request consisted of, for the next one to be compared with. */
export interface Shape {
  model: string | null;
  system: string | null;
  tools: string | null;
  /** See prefix.ts; `null` = not known any more. */
  hashes: Float64Array | null;
  /** Bytes of each message. */
  lengths: Uint32Array | null;
  /** Tokens that the provider had read or written to its cache; `null` = it does not tell. */
  cached: number | null;
}

export interface KnownCall {
  readonly call: string;
  readonly session: string;
  /** The client's name for the session, as part of a key; `null` = it has none. */
  readonly named: string | null;
  /** Provider, host, key and program. */
  readonly scope: string;
  /** Number of all messages of the request. */
  readonly hash: number;
  readonly messages: number;
  /** Texts of its request are long enough to tell it from the first words of anybody. */
  readonly distinct: boolean;
  readonly answer: AnswerPrint;
  /** There was no answer to go on from. */
  readonly failed: boolean;
  /** Milliseconds since the epoch; of its end. */
  readonly at: number;
  /** -1 = of an earlier run of the daemon. */
  readonly connection: number;
  readonly run: string | null;
  readonly before: AgentState;
  readonly after: AgentState;
  /** Of the last call of a conversation only. */
  shape: Shape;
  /** The call that went on from here; of several the last. */
  next: KnownCall | null;
  /** Place in the store; -1 = none. */
  slot: number;
}

export interface Capacity {
  /** Conversations of one call. */
  fresh: number;
  /** Conversations of more calls. */
  kept: number;
  /** Calls in the middle of conversations: where they may fork. */
  past: number;
}

/** About 15 MB when it is full. */
export const CAPACITY: Capacity = { fresh: 12_000, kept: 6000, past: 8000 };
/** Of equal beginnings with equal answers; there are more only of what no conversation can be told by. */
const MAX_EQUAL = 8;
/** Of equal beginnings, looked through one by one. */
const MAX_LIKE = 32;

type Ring = 'fresh' | 'kept' | 'past';

export class KnownCalls {
  readonly #capacity: Capacity;
  readonly #rings: Record<Ring, Set<KnownCall>> = { fresh: new Set(), kept: new Set(), past: new Set() };
  readonly #byPrefix = new Map<number, KnownCall[]>();
  readonly #byAnswer = new Map<string, KnownCall[]>();
  readonly #freeSlots: number[] = [];
  #slots = 0;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#rings.fresh.size + this.#rings.kept.size + this.#rings.past.size;
  }

  /** Those whose request was this list of messages; the newest last. */
  withPrefix(hash: number): readonly KnownCall[] {
    return this.#byPrefix.get(hash) ?? [];
  }

  /** Those of them that answered this; the newest last. */
  withAnswer(hash: number, answer: string): readonly KnownCall[] {
    return this.#byAnswer.get(answerKey(hash, answer)) ?? [];
  }

  /** @param from the call that it goes on from, which gives it its place in the store */
  add(known: KnownCall, from: KnownCall | null): void {
    const goesOn = from !== null && from.next === null;
    if (from !== null) {
      from.next = known;
      if (goesOn) this.#pass(from, known);
    }
    if (known.slot < 0) known.slot = this.#freeSlots.pop() ?? this.#slots++;
    this.#note(known, known.after.turn > 1 || known.named !== null ? 'kept' : 'fresh');
  }

  /** As they stood in the store. Slots of calls that came before are theirs. */
  restore(calls: readonly KnownCall[]): void {
    const taken = new Set([...this.#rings.fresh, ...this.#rings.kept].map(({ slot }) => slot));
    for (const known of calls) {
      if (taken.has(known.slot)) continue;
      taken.add(known.slot);
      this.#note(known, known.after.turn > 1 || known.named !== null ? 'kept' : 'fresh');
    }
    const most = Math.max(this.#slots, ...taken) + 1;
    this.#freeSlots.length = 0;
    for (let slot = 0; slot < most; slot += 1) if (!taken.has(slot)) this.#freeSlots.push(slot);
    this.#slots = most;
  }

  #note(known: KnownCall, ring: Ring): void {
    this.#enter(known, ring);
    addTo(this.#byPrefix, known.hash, known, MAX_LIKE);
    if (known.answer.text !== '') addTo(this.#byAnswer, answerKey(known.hash, known.answer.text), known, MAX_EQUAL);
  }

  /** Its place in the store and what it knows of its request go to the next call of the conversation. */
  #pass(from: KnownCall, to: KnownCall): void {
    to.slot = from.slot;
    from.slot = -1;
    from.shape = { ...from.shape, hashes: null, lengths: null };
    this.#rings.fresh.delete(from);
    this.#rings.kept.delete(from);
    this.#enter(from, 'past');
  }

  #enter(known: KnownCall, ring: Ring): void {
    const members = this.#rings[ring];
    members.add(known);
    if (members.size > this.#capacity[ring] * 1.125) this.#forget(ring);
  }

  /** Many at once: on its way to the oldest V8 passes all that were deleted (core/recent-map.ts). */
  #forget(ring: Ring): void {
    const members = this.#rings[ring];
    for (const oldest of members) {
      members.delete(oldest);
      removeFrom(this.#byPrefix, oldest.hash, oldest);
      if (oldest.answer.text !== '') removeFrom(this.#byAnswer, answerKey(oldest.hash, oldest.answer.text), oldest);
      if (oldest.slot >= 0) this.#freeSlots.push(oldest.slot);
      oldest.slot = -1;
      // What follows holds on to nothing that is forgotten.
      oldest.next = null;
      if (members.size <= this.#capacity[ring]) return;
    }
  }
}

function answerKey(hash: number, answer: string): string {
  return `${hash}${hashedText(answer)}`;
}

function addTo<Key>(lists: Map<Key, KnownCall[]>, key: Key, known: KnownCall, most: number): void {
  const list = lists.get(key);
  if (list === undefined) {
    lists.set(key, [known]);
    return;
  }
  list.push(known);
  if (list.length > most) list.shift();
}

function removeFrom<Key>(lists: Map<Key, KnownCall[]>, key: Key, known: KnownCall): void {
  const list = lists.get(key);
  if (list === undefined) return;
  const at = list.indexOf(known);
  if (at >= 0) list.splice(at, 1);
  if (list.length === 0) lists.delete(key);
}
