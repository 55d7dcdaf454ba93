/** The end of a conversation as a text, for the store: after a restart its next call finds it. No word of it is in there. */
import type { ConversationTip } from '../core/sessions.ts';
import { hashedText } from './answer.ts';
import type { KnownCall } from './known-calls.ts';

const VERSION = 1;

type State = Omit<KnownCall, 'call' | 'session' | 'slot' | 'next' | 'connection' | 'shape'> & {
  version: number;
  shape: Pick<KnownCall['shape'], 'model' | 'system' | 'tools' | 'cached'>;
};

export function tipOf(known: KnownCall): ConversationTip {
  const { call, session, slot, named, scope, hash, messages, distinct, answer, failed, at, run, before, after } = known;
  const { model, system, tools, cached } = known.shape;
  const state: State = {
    version: VERSION,
    named,
    scope,
    hash,
    messages,
    distinct,
    answer: { text: hashedText(answer.text), tools: answer.tools },
    failed,
    at,
    run,
    before,
    after,
    shape: { model, system, tools, cached },
  };
  return { slot, session, call, state: JSON.stringify(state) };
}

/** Null for what another version has written. */
export function restoredCall({ slot, session, call, state }: ConversationTip): KnownCall | null {
  let parsed: Partial<State>;
  try {
    parsed = JSON.parse(state) as Partial<State>;
  } catch {
    return null;
  }
  if (parsed.version !== VERSION) return null;
  const { version: _, ...known } = parsed as State;
  const shape = { ...known.shape, hashes: null, lengths: null };
  return { ...known, shape, slot, session, call, connection: -1, next: null };
}
