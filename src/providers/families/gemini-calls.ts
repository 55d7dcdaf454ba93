import { objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import { PartialArgs, type Room } from './partial-args.ts';
import type { Reading } from './reading.ts';

/** A call, as far as its parts have come. */
export interface StreamedCall {
  /** Its own among all calls of the answer. */
  readonly key: string;
  id: string | null;
  name: string | null;
  /** More of it is to come. */
  open: boolean;
  /** Null: its input was told; what comes later changes nothing. */
  args: PartialArgs | null;
}

export interface CallListener {
  /** Something of it came; its id and name as far as they are known. */
  said(call: StreamedCall): void;
  /** Told once. @param input JSON text of the arguments, as far as they came */
  done(call: StreamedCall, input: string): void;
}

/**
 * Puts the calls of an answer together. Vertex AI streams the arguments of one call over many parts, if it is asked to
 * (`streamFunctionCallArguments`): the first has its name, those behind it `partialArgs` and no name, the last no
 * `willContinue`; that one may be all empty.
 * Source: google/cloud/aiplatform/v1beta1/tool.proto, `FunctionCall`.
 */
export class StreamedCalls {
  readonly #listener: CallListener;
  readonly #room: Room;
  readonly #idsAreUnique: boolean;
  /** By candidate: calls that more may come of, and the one that was heard of last, which stands last. */
  readonly #live = new Map<number, StreamedCall[]>();
  readonly #byId = new Map<string, StreamedCall>();
  #begun = 0;

  /**
   * @param room characters of arguments to keep while their calls are under way
   * @param idsAreUnique a whole call with a known id is that call again
   */
  constructor(listener: CallListener, room: number, idsAreUnique = false) {
    this.#listener = listener;
    this.#room = { left: room };
    this.#idsAreUnique = idsAreUnique;
  }

  /** @param piece a `functionCall` @returns the call that it is of; null when it says nothing, or ends nothing */
  add(candidate: number, piece: JsonObject): StreamedCall | null {
    const live = this.#liveOf(candidate);
    const known = this.#continued(live, candidate, piece);
    if (known === undefined && saysNothing(piece)) return null;
    const call = known ?? this.#begin(live, candidate);
    this.#name(call, candidate, piece);
    this.#listener.said(call);
    this.#read(call, piece, known === undefined);
    // What was heard of last stands last.
    const at = live.indexOf(call);
    if (at !== -1) live.splice(at, 1);
    live.push(call);
    return call;
  }

  /** No more will come. */
  end(): void {
    for (const live of this.#live.values()) for (const call of live) this.#finish(call);
    this.#live.clear();
  }

  #liveOf(candidate: number): StreamedCall[] {
    const key = this.#live.size < MAX_CANDIDATES || this.#live.has(candidate) ? candidate : OTHERS;
    const live = this.#live.get(key) ?? [];
    this.#live.set(key, live);
    return live;
  }

  #continued(live: readonly StreamedCall[], candidate: number, piece: JsonObject): StreamedCall | undefined {
    const id = stringAt(piece, 'id');
    const name = stringAt(piece, 'name');
    const sameId = id === null ? undefined : this.#byId.get(`${candidate}.${id}`);
    if (sameId !== undefined && (name === null || sameId.open || this.#idsAreUnique)) return sameId;
    const open = live.findLast((call) => call.open);
    if (open !== undefined && (id === null || open.id === null) && isMoreOf(open, name, piece)) return open;
    // What comes after its last part is still of nothing else.
    return name === null && id === null ? live.at(-1) : undefined;
  }

  #begin(live: StreamedCall[], candidate: number): StreamedCall {
    const waiting = live.filter((call) => call.open).slice(1 - MAX_OPEN);
    for (const call of live) if (!waiting.includes(call)) this.#finish(call);
    live.splice(0, live.length, ...waiting);
    const key = `${candidate}.${this.#begun}`;
    this.#begun += 1;
    return { key, id: null, name: null, open: true, args: new PartialArgs(this.#room) };
  }

  #name(call: StreamedCall, candidate: number, piece: JsonObject): void {
    call.name ??= stringAt(piece, 'name');
    if (call.id !== null) return;
    call.id = stringAt(piece, 'id');
    if (call.id !== null && this.#byId.size < MAX_IDS) this.#byId.set(`${candidate}.${call.id}`, call);
  }

  #read(call: StreamedCall, piece: JsonObject, isNew: boolean): void {
    call.open = willContinue(piece);
    if (call.args === null) return;
    const args = objectAt(piece, 'args');
    const partials = partialsOf(piece);
    // Nearly always all of it is there at once.
    if (isNew && !call.open && args !== null && !isEmpty(args) && partials.length === 0) {
      this.#tell(call, JSON.stringify(args));
      return;
    }
    if (args !== null) call.args.assign(args);
    for (const partial of partials) call.args.add(partial);
  }

  #finish(call: StreamedCall): void {
    if (call.args !== null) this.#tell(call, call.args.json());
  }

  #tell(call: StreamedCall, input: string): void {
    call.args = null;
    this.#listener.done(call, input);
  }
}

/** Gemini answers with up to 8. */
const MAX_CANDIDATES = 64;
const OTHERS = -1;
/** Calls of one candidate at the same time. */
const MAX_OPEN = 64;
const MAX_IDS = 1000;

/** The name again and no arguments begin the next call of the same function. */
function isMoreOf(open: StreamedCall, name: string | null, piece: JsonObject): boolean {
  return name === null || ((open.name ?? name) === name && partialsOf(piece).length > 0);
}

function willContinue(piece: JsonObject): boolean {
  return (valueAt(piece, 'willContinue') ?? valueAt(piece, 'will_continue')) === true;
}

function partialsOf(piece: JsonObject): readonly JsonObject[] {
  const partials = objectsAt(piece, 'partialArgs');
  return partials.length > 0 ? partials : objectsAt(piece, 'partial_args');
}

/** Ends a call, or comes between its parts. */
function saysNothing(piece: JsonObject): boolean {
  const isNamed = stringAt(piece, 'name') !== null || stringAt(piece, 'id') !== null;
  return !isNamed && isEmpty(objectAt(piece, 'args') ?? {}) && partialsOf(piece).length === 0;
}

/** Not all of a call: the parts before and behind it are to be looked at. */
export function isPiece(call: JsonObject): boolean {
  return stringAt(call, 'name') === null || willContinue(call) || partialsOf(call).length > 0;
}

function isEmpty(value: JsonObject): boolean {
  return Object.keys(value).length === 0;
}

const CALLS = 'calls';

/** Those of an answer that is being read. */
export function callsOf(reading: Reading, idsAreUnique = false): StreamedCalls {
  const known = reading.memory.get(CALLS);
  if (known instanceof StreamedCalls) return known;
  const listener: CallListener = {
    said: ({ key, id, name }) => reading.tool(key, { id, name }),
    done: ({ key }, input) => reading.tool(key, { input }),
  };
  const calls = new StreamedCalls(listener, reading.inputRoom, idsAreUnique);
  reading.memory.set(CALLS, calls);
  return calls;
}

/** Before the answer is settled: arguments that were cut off count as far as they came. */
export function endCalls(reading: Reading): void {
  const known = reading.memory.get(CALLS);
  if (known instanceof StreamedCalls) known.end();
}
