/** Calls of made-up conversations, as the recorder shows them to session/tracker.ts. */
import type { ConversationTip } from '../../src/core/sessions.ts';
import type { SeenCall } from '../../src/session/seen-call.ts';
import type { StoredAnswer, StoredSession, StoredSessions } from '../../src/session/states.ts';
import { SessionTracker } from '../../src/session/tracker.ts';
import { cutBody } from '../../src/store/blocks/cut.ts';

export type Message = Record<string, unknown>;

export const user = (content: unknown): Message => ({ role: 'user', content });
export const assistant = (content: unknown): Message => ({ role: 'assistant', content });

export function toolUse(id: string, name: string, input: unknown = {}): Message {
  return { type: 'tool_use', id, name, input };
}

export function toolResult(id: string, content: string, isError = false): Message {
  return user([{ type: 'tool_result', tool_use_id: id, content, ...(isError ? { is_error: true } : {}) }]);
}

export interface Answer {
  text?: string;
  tools?: { id: string | null; name: string; input?: unknown }[];
}

let count = 0;

/** A call that asks `body` and is answered so; null = it failed. One second after the one before. */
export function aCall(body: Message, answer: Answer | null, over: Partial<SeenCall> = {}): SeenCall {
  count += 1;
  const startedAt = Date.UTC(2026, 0, 1) + count * 1000;
  const tools = answer?.tools ?? [];
  return {
    id: `call_${String(count).padStart(6, '0')}`,
    startedAt,
    endedAt: startedAt + 500,
    provider: 'anthropic',
    host: 'api.anthropic.com',
    client: 'tester/1.0',
    run: null,
    connection: 1,
    key: 'k1',
    clientSession: null,
    parentClientSession: null,
    agentId: null,
    group: null,
    keptConversation: null,
    previousResponse: null,
    responseId: null,
    retryCount: null,
    model: 'model-1',
    inference: true,
    request: cutBody(Buffer.from(JSON.stringify({ model: 'model-1', ...body })), 'request'),
    assembled: {
      text: answer?.text ?? '',
      thinking: '',
      toolCalls: tools.map(({ id, name, input }) => ({ id, name, input: JSON.stringify(input ?? {}) })),
    },
    toolCalls: tools.map(({ id, name }) => ({ id, name })),
    isAnswered: answer !== null,
    status: answer === null ? 529 : 200,
    error: answer === null ? { type: 'overloaded_error', message: 'Overloaded' } : null,
    usage: { input_tokens: null, cache_read_tokens: null, cache_write_tokens: null },
    ...over,
  };
}

/** A store that remembers what it is told. */
export class RememberedSessions implements StoredSessions {
  readonly slots = new Map<number, ConversationTip>();
  readonly sessions = new Map<string, StoredSession>();
  readonly answers = new Map<string, StoredAnswer>();

  onLoaded(listener: (tips: readonly ConversationTip[]) => void): void {
    listener([...this.slots.values()]);
  }

  session(id: string): StoredSession | null {
    return this.sessions.get(id) ?? null;
  }

  callOfResponse(_provider: string, _host: string, responseId: string): StoredAnswer | null {
    return this.answers.get(responseId) ?? null;
  }
}

/** A tracker, and a store into which it writes what a sink would. */
export function aTracker(
  store = new RememberedSessions(),
  capacity?: { fresh: number; kept: number; past: number },
): { tracker: SessionTracker; store: RememberedSessions; place: SessionTracker['place'] } {
  let ids = 0;
  const prefix = `ses_${String(store.slots.size)}x`;
  const tracker = new SessionTracker({
    store,
    newId: () => `${prefix}${String((ids += 1))}`,
    ...(capacity === undefined ? {} : { capacity }),
  });
  const place: SessionTracker['place'] = (call) => {
    const placed = tracker.place(call);
    if (placed.part?.tip != null) store.slots.set(placed.part.tip.slot, placed.part.tip);
    if (placed.part !== null) {
      const toolCalls = placed.facts?.session_tool_calls ?? 0;
      store.sessions.set(placed.part.session.id, { facts: placed.part.session, toolCalls });
    }
    if (call.responseId !== null && placed.facts !== null)
      store.answers.set(call.responseId, { call: call.id, session: placed.facts.session, turn: placed.facts.turn });
    return placed;
  };
  return { tracker, store, place };
}
