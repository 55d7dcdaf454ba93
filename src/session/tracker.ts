/** Puts each call into its conversation. The rules, and why they are so: docs/decisions/0008-sessions.md. */
import type { CutBody } from '../core/blocks.ts';
import { errorClass } from '../core/error-class.ts';
import { RecentMap } from '../core/recent-map.ts';
import type { AgentFacts, ConversationTip, ToolResult } from '../core/sessions.ts';
import { BEGINNING, nextState } from './agent-state.ts';
import { answerPrint } from './answer.ts';
import { changesSince, shapeOf } from './changes.ts';
import { leapFrom, Summaries } from './compaction.ts';
import { Delegations } from './delegations.ts';
import { type AgentState, CAPACITY, type Capacity, type KnownCall, KnownCalls, type Shape } from './known-calls.ts';
import { findPredecessor, type Knowledge } from './predecessor.ts';
import { prefixHashes } from './prefix.ts';
import { Privacy } from './privacy.ts';
import { retriedCall } from './retries.ts';
import { namedSession, placeOf, productOf } from './scope.ts';
import { NOWHERE, type Placed, type SeenCall } from './seen-call.ts';
import { type SessionState, SessionStates, type StoredSessions } from './states.ts';
import { firstTexts, readTail, type Tail } from './tail.ts';
import { restoredCall, tipOf } from './tips.ts';
import { titleOf } from './title.ts';
import { ToolLinks } from './tool-links.ts';

export interface TrackerOptions {
  store: StoredSessions;
  /** A new id that sorts by time. */
  newId(wall: number): string;
  capacity?: Capacity;
}

const RESPONSES = 16_000;
const GROUPS = 4096;
/** Bytes of a message that is more than a greeting. */
const DISTINCT = 56;

/** One call on its way into its conversation. */
interface Step {
  call: SeenCall;
  place: string;
  scope: string;
  named: string | null;
  body: CutBody;
  hashes: Float64Array;
  shape: Shape;
  tail: Tail;
}

/** What it goes on from. */
interface Origin {
  call: string;
  how: NonNullable<AgentFacts['follows']>['how'];
  /** `null` = only the store knows it. */
  known: KnownCall | null;
  session: string;
  newFrom: number;
  /** Of that call, where only the store knows it. */
  turn: number;
}

export class SessionTracker {
  readonly #options: TrackerOptions;
  readonly #store: StoredSessions;
  readonly #calls: KnownCalls;
  readonly #states: SessionStates;
  readonly #tools = new ToolLinks();
  readonly #delegations = new Delegations();
  readonly #summaries = new Summaries();
  readonly #privacy = new Privacy();
  readonly #responses = new RecentMap<KnownCall>(RESPONSES);
  readonly #groups = new RecentMap<string>(GROUPS);

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#calls = new KnownCalls(options.capacity ?? CAPACITY);
    this.#states = new SessionStates(options.store);
    options.store.onLoaded((tips) => this.#restore(tips));
  }

  /** Calls that another may go on from. */
  get size(): number {
    return this.#calls.size;
  }

  /** Calls were purged: a title that was said in them is not written again. */
  forgetTitles(): void {
    this.#states.forget();
  }

  place(call: SeenCall): Placed {
    const place = placeOf(call.provider, call.host);
    const named = nameOf(place, call);
    const { request } = call;
    const isConversation = call.inference && request !== null && request.messages.length > 0;
    if (!isConversation) return named === null ? NOWHERE : this.#beside(call, this.#namedState(place, call));
    const scope = `${place}\n${call.key}\n${productOf(call.client)}`;
    const hashes = prefixHashes(`${named ?? scope}\n${call.previousResponse ?? ''}`, request.messages);
    const shape = shapeOf(request, call.model, hashes, call.usage);
    const step: Step = { call, place, scope, named, body: request, hashes, shape, tail: readTail(request) };
    const origin = this.#originOf(step);
    return this.#take(step, origin, this.#stateOf(step, origin));
  }

  /** Counted in a session, but no part of its conversation: embeddings, token counting. */
  #beside({ id }: SeenCall, state: SessionState): Placed {
    state.lastCall ??= id;
    const session = { ...state.facts };
    return { ...this.#ids(state), facts: null, part: { session, edges: [], tip: null } };
  }

  #originOf(step: Step): Origin | null {
    const { call, hashes, shape, named } = step;
    const count = step.body.messages.length;
    const alike = this.#calls.withPrefix(hashes[count] ?? 0);
    const { startedAt, retryCount } = call;
    const { system, tools } = shape;
    const retried =
      alike.length === 0 ? null : retriedCall(alike, { startedAt, retryCount, system, tools, isNamed: named !== null });
    if (retried !== null) return originOf(retried, 'retries', count);
    if (call.previousResponse !== null) {
      const answered = this.#ofResponse(step, call.previousResponse);
      if (answered !== null) return answered;
    }
    return this.#inKept(step) ?? this.#goingOn(step) ?? this.#anew(step);
  }

  /** The provider answers one request of such a conversation at a time: it goes on from the last. */
  #inKept({ call, place }: Step): Origin | null {
    if (call.keptConversation === null) return null;
    const key = keptKey(place, call.keptConversation);
    const isOwnName = call.clientSession === call.keptConversation;
    const last = this.#responses.get(key) ?? (isOwnName ? this.#states.lastOf(namedId(place, call)).at(-1) : undefined);
    return last === undefined ? null : originOf(last, 'continues', 0);
  }

  #ofResponse({ place, call }: Step, responseId: string): Origin | null {
    const known = this.#responses.get(`${place}\0${responseId}`);
    if (known !== undefined) return originOf(known, isPassed(known) ? 'forks' : 'continues', 0);
    const stored = this.#store.callOfResponse(call.provider, call.host, responseId);
    return stored === null ? null : { ...stored, how: 'continues', known: null, newFrom: 0 };
  }

  #goingOn(step: Step): Origin | null {
    const { call, place, scope, named, body, tail, hashes } = step;
    const family = named === null ? [] : this.#states.lastOf(namedId(place, call));
    const { connection, run } = call;
    const question = { body, tail, hashes, scope, named, family, connection, run };
    const found = findPredecessor(question, this.#knowledge(place, scope));
    if (found === null || found === 'doubt') return null;
    const isShorter = !found.isWhole && found.newFrom <= found.call.messages;
    const how = isShorter ? 'compacts' : isPassed(found.call) ? 'forks' : 'continues';
    return originOf(found.call, how, found.newFrom);
  }

  #knowledge(place: string, scope: string): Knowledge {
    return {
      calls: this.#calls,
      ofTool: (id) => this.#tools.callOf(place, id),
      lastOf: (session) => this.#states.lastOf(session),
      isPrivate: (connection) => this.#privacy.isPrivate(connection, scope),
    };
  }

  /** A conversation that begins, maybe with what another one ended with. */
  #anew(step: Step): Origin | null {
    const { call, place, scope, named, body, shape, tail } = step;
    const texts = firstTexts(body, tail);
    const summed = this.#summaries.find(texts, scope, named);
    if (summed !== null) return originOf(summed, 'compacts', 0);
    const delegation = this.#delegations.find(programOf(call), texts, call.startedAt);
    if (delegation !== null) {
      const session = this.#delegatedTo(step, delegation.tool, delegation.session);
      return { call: delegation.call, how: 'delegates', known: null, session, newFrom: 0, turn: 0 };
    }
    if (named === null) return null;
    const leap = leapFrom(this.#states.lastOf(namedId(place, call)), shape);
    return leap === null ? null : originOf(leap.call, leap.how, 0);
  }

  #delegatedTo({ call, place, named }: Step, tool: string, parent: string): string {
    const { clientSession: name } = call;
    const isOwnName = named !== null && namedId(place, call) !== parent;
    const id = isOwnName
      ? namedId(place, call)
      : named === null
        ? this.#options.newId(call.startedAt)
        : namedSession(named, 'tool', tool);
    this.#tools.delegate(tool, id);
    this.#states.open(id, { client_session_id: name, parent_session_id: parent });
    return id;
  }

  #stateOf(step: Step, origin: Origin | null): SessionState {
    const { call, place, named } = step;
    if (origin !== null && origin.how === 'delegates') return this.#opened(origin.session);
    if (named !== null) {
      const isTheirs = origin?.known?.named === named;
      return isTheirs ? this.#opened(origin.session) : this.#namedState(place, call);
    }
    return this.#unnamedState(step, origin);
  }

  #unnamedState({ call, place, scope }: Step, origin: Origin | null): SessionState {
    if (origin !== null && origin.how !== 'forks') return this.#opened(origin.session);
    if (origin !== null) return this.#newState(call, origin.session);
    // Who goes on from the same answer, which was not seen, goes on with the same conversation.
    if (call.previousResponse !== null) return this.#opened(namedSession(place, 'response', call.previousResponse));
    const grouped = call.group === null ? undefined : this.#groups.get(`${scope}\0${call.group}`);
    return grouped === undefined ? this.#newState(call, null) : this.#opened(grouped);
  }

  #opened(id: string): SessionState {
    return this.#states.open(id, { client_session_id: null, parent_session_id: null });
  }

  #newState({ startedAt }: SeenCall, parent: string | null): SessionState {
    return this.#states.begin(this.#options.newId(startedAt), { client_session_id: null, parent_session_id: parent });
  }

  #namedState(place: string, call: SeenCall): SessionState {
    const { clientSession, parentClientSession: parent, agentId } = call;
    const id = namedId(place, call);
    const isSub = agentId !== null && clientSession !== null;
    const ofMain = isSub ? namedSession(place, clientSession) : null;
    const parentId = parent === null || parent === clientSession ? ofMain : namedSession(place, parent);
    return this.#states.open(id, {
      client_session_id: clientSession,
      parent_session_id: parentId === id ? null : parentId,
    });
  }

  #take(step: Step, origin: Origin | null, state: SessionState): Placed {
    const { call, shape } = step;
    const from = origin?.known ?? null;
    const results = this.#resultsOf(step, origin);
    const errors = results.filter((result) => result.is_error === true).length;
    const known = knownOf(step, origin, state.facts.id, errors > 0);
    const changes = from === null ? null : changesSince(from, shape, call.usage, call.startedAt);
    state.toolCalls += call.toolCalls.length;
    this.#entitle(state, step);
    const lastOf = (session: string): string | null => this.#states.get(session)?.lastCall ?? null;
    const edges = this.#tools.edgesOf(call.id, origin, results, step.place, lastOf);
    this.#remember(known, from, step, state);
    const facts: AgentFacts = {
      session: state.facts.id,
      follows: origin === null ? null : { call: origin.call, how: origin.how },
      turn: known.after.turn,
      messages: known.messages,
      new_messages: Math.max(0, known.messages - (origin?.newFrom ?? 0)),
      tool_results: results,
      tool_errors: errors,
      error_recovered: known.before.lastError,
      tool_streak: known.after.streak,
      tool_retries: known.after.retries,
      session_tool_calls: state.toolCalls,
      error_class: errorClass(call.status, call.error),
      changes,
    };
    return { ...this.#ids(state, call), facts, part: { session: { ...state.facts }, edges, tip: tipOf(known) } };
  }

  /** Of what is new: a result is told once. */
  #resultsOf({ place, tail, body }: Step, origin: Origin | null): ToolResult[] {
    if (origin?.how === 'retries') return [];
    const added = origin === null ? tail.added : addedBehind(tail, body.messages.length, origin.newFrom);
    return this.#tools.resultsOf(place, added, origin?.known ?? null);
  }

  #remember(known: KnownCall, from: KnownCall | null, { call, place }: Step, state: SessionState): void {
    this.#calls.add(known, from);
    this.#states.note(known, from);
    state.lastCall = known.call;
    this.#privacy.note(known.connection, known.scope, known.session);
    if (call.keptConversation !== null) this.#responses.set(keptKey(place, call.keptConversation), known);
    if (call.responseId !== null) this.#responses.set(`${place}\0${call.responseId}`, known);
    if (call.group !== null) this.#groups.set(`${known.scope}\0${call.group}`, known.session);
    this.#tools.asked(place, known);
    this.#summaries.add(known, call.assembled?.text ?? '');
    const program = programOf(call);
    for (const [index, { id, input }] of (call.assembled?.toolCalls ?? []).entries()) {
      const tool = this.#tools.keyOf(place, known.call, id, index);
      this.#delegations.add({ call: known.call, session: known.session, program, tool, at: known.at }, input);
    }
  }

  /** A call with tools is the conversation itself; others are made by programs, and mostly about it. */
  #entitle({ facts }: SessionState, { shape, body, tail }: Step): void {
    const rank = shape.tools === null ? 1 : 2;
    if (facts.title_rank >= rank) return;
    const title = titleOf(firstTexts(body, tail));
    if (title === null) return;
    facts.title = title;
    facts.title_rank = rank;
  }

  #ids({ facts }: SessionState, call?: SeenCall): Pick<Placed, 'sessionId' | 'parentSessionId'> {
    const sessionId = facts.client_session_id ?? facts.id;
    const { parent_session_id: parent } = facts;
    const stated = call?.parentClientSession ?? null;
    if (stated !== null || parent === null) return { sessionId, parentSessionId: stated };
    const name = this.#states.get(parent)?.facts.client_session_id ?? parent;
    return { sessionId, parentSessionId: name === sessionId ? parent : name };
  }

  #restore(tips: readonly ConversationTip[]): void {
    const restored = tips.map(restoredCall).filter((known) => known !== null);
    this.#calls.restore(restored);
    for (const known of restored) this.#states.note(known, null);
  }
}

function nameOf(place: string, { clientSession, agentId }: SeenCall): string | null {
  return clientSession === null ? null : [place, clientSession, agentId ?? ''].join('\0');
}

function namedId(place: string, { clientSession, agentId }: SeenCall): string {
  return namedSession(place, clientSession ?? '', ...(agentId === null ? [] : [agentId]));
}

function programOf({ client, run }: SeenCall): string {
  return `${productOf(client)}\n${run ?? ''}`;
}

function keptKey(place: string, conversation: string): string {
  return `${place}\0kept\0${conversation}`;
}

function originOf(known: KnownCall, how: Origin['how'], newFrom: number): Origin {
  return { call: known.call, how, known, session: known.session, newFrom, turn: known.after.turn };
}

function isPassed({ next }: KnownCall): boolean {
  return next !== null && !next.failed;
}

function baseOf(origin: Origin | null): AgentState {
  if (origin === null || origin.known === null) return { ...BEGINNING, turn: origin?.turn ?? 0 };
  return origin.how === 'retries' ? origin.known.before : origin.known.after;
}

function knownOf(step: Step, origin: Origin | null, session: string, hasToolError: boolean): KnownCall {
  const { call, named, scope, body, hashes, shape } = step;
  const before = baseOf(origin);
  const isRetry = origin?.how === 'retries';
  const after = nextState(before, {
    hasToolError: isRetry ? (origin?.known?.after.lastError ?? false) : hasToolError,
    tools: call.toolCalls,
    isAnswered: call.isAnswered,
  });
  return {
    call: call.id,
    session,
    named,
    scope,
    hash: hashes[body.messages.length] ?? 0,
    messages: body.messages.length,
    distinct: isDistinct(step),
    answer: answerPrint(call.assembled, call.toolCalls),
    failed: !call.isAnswered,
    at: call.endedAt,
    connection: call.connection,
    run: call.run,
    before,
    after,
    shape,
    next: null,
    slot: -1,
  };
}

function addedBehind({ added }: Tail, messages: number, newFrom: number): Tail['added'] {
  return added.slice(Math.max(0, newFrom - (messages - added.length)));
}

function isDistinct({ call, body, tail }: Step): boolean {
  // Nobody else goes on from that answer.
  if (call.previousResponse !== null) return true;
  const last = body.messages.at(-1);
  return tail.turn !== null || (last !== undefined && last.end - last.start >= DISTINCT);
}
