/** What is remembered of each session, and asked of the store when it is not. */
import { RecentMap } from '../core/recent-map.ts';
import type { ConversationTip, SessionFacts } from '../core/sessions.ts';
import type { KnownCall } from './known-calls.ts';

export interface SessionState {
  facts: SessionFacts;
  /** Of all answers. */
  toolCalls: number;
  /** Id of its latest call; `null` = not known any more. */
  lastCall: string | null;
}

export interface StoredSession {
  facts: SessionFacts;
  toolCalls: number;
}

export interface StoredAnswer {
  call: string;
  session: string;
  turn: number;
}

/** What the store knows of before. Answers `null` when it cannot be asked. */
export interface StoredSessions {
  /** Told where conversations ended, once it is open. */
  onLoaded(listener: (tips: readonly ConversationTip[]) => void): void;
  session(id: string): StoredSession | null;
  callOfResponse(provider: string, host: string, responseId: string): StoredAnswer | null;
}

const SESSIONS = 12_000;
/** Conversations beside each other in one session: sub-agents without a name, titles, summaries. */
const CONVERSATIONS = 8;

export class SessionStates {
  readonly #known = new RecentMap<SessionState>(SESSIONS);
  readonly #last = new RecentMap<KnownCall[]>(SESSIONS);
  readonly #store: StoredSessions;

  constructor(store: StoredSessions) {
    this.#store = store;
  }

  get(id: string): SessionState | null {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const stored = this.#store.session(id);
    return stored === null ? null : this.#keep({ ...stored, lastCall: null });
  }

  /** @param names told of a new session; of an old one, what it has no word for yet */
  open(id: string, names: Pick<SessionFacts, 'client_session_id' | 'parent_session_id'>): SessionState {
    const known = this.get(id);
    if (known === null) return this.begin(id, names);
    known.facts.client_session_id ??= names.client_session_id;
    known.facts.parent_session_id ??= names.parent_session_id;
    return known;
  }

  /** A session whose id was made just now: nobody need be asked whether it is known. */
  begin(id: string, names: Pick<SessionFacts, 'client_session_id' | 'parent_session_id'>): SessionState {
    return this.#keep({ facts: { id, ...names, title: null, title_rank: 0 }, toolCalls: 0, lastCall: null });
  }

  /** What is said of sessions may have been deleted: it is asked of the store again. */
  forget(): void {
    this.#known.clear();
  }

  /** Its conversations, by their last calls; the newest last. */
  lastOf(id: string): readonly KnownCall[] {
    return this.#last.get(id) ?? [];
  }

  /** @param from the call that it follows */
  note(known: KnownCall, from: KnownCall | null): void {
    const others = (this.#last.get(known.session) ?? []).filter((call) => call !== from);
    this.#last.set(known.session, [...others.slice(1 - CONVERSATIONS), known]);
  }

  #keep(state: SessionState): SessionState {
    this.#known.set(state.facts.id, state);
    return state;
  }
}
