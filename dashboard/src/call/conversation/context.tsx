/** What all pieces of a conversation on the screen know: whose it is, what is open, how texts are shown. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { get } from '../../api/client.ts';
import type { Conversation, ViewPart } from '../../api/shapes.ts';
import { Fold } from '../../kit/fold.tsx';
import type { PartPlace } from './turns.ts';

/** When the result of a tool came back, by the id of its call. */
export interface ToolWait {
  /** From the end of the answer that asked to the start of the request that brought the result. Milliseconds. */
  ms: number;
  /** The call that brought it, where that is another one. */
  broughtBy: string | null;
  isError: boolean | null;
}

export interface ConversationScope {
  call: string;
  /** Of the input, as stated; null = unknown. */
  inputTokens: number | null;
  /** Texts as they are, instead of as markdown. */
  isRaw: boolean;
  waits: ReadonlyMap<string, ToolWait>;
  hrefOfCall: (id: string) => string;
  folds: Folds;
}

export interface Folds {
  isOpen: (key: string, otherwise: boolean) => boolean;
  set: (key: string, open: boolean) => void;
  /** All of them; null = each as it is by itself. */
  setAll: (open: boolean | null) => void;
  all: boolean | null;
}

const Context = createContext<ConversationScope | null>(null);

export function ConversationProvider({ scope, children }: { scope: ConversationScope; children: ReactNode }) {
  return <Context value={scope}>{children}</Context>;
}

export function useScope(): ConversationScope {
  const scope = useContext(Context);
  if (scope === null) throw new Error('a piece of a conversation stands outside of one');
  return scope;
}

export function useFolds(): Folds {
  const [state, setState] = useState<{ all: boolean | null; one: ReadonlyMap<string, boolean> }>({
    all: null,
    one: new Map(),
  });
  const set = useCallback(
    (key: string, open: boolean) => setState(({ all, one }) => ({ all, one: new Map(one).set(key, open) })),
    [],
  );
  const setAll = useCallback((all: boolean | null) => setState({ all, one: new Map() }), []);
  return useMemo(
    () => ({
      isOpen: (key, otherwise) => state.one.get(key) ?? state.all ?? otherwise,
      set,
      setAll,
      all: state.all,
    }),
    [state, set, setAll],
  );
}

/** A fold of the conversation: stays as it is while it scrolls out of sight. */
export function KeptFold({
  id,
  label,
  children,
  open = false,
}: {
  id: string;
  label: ReactNode;
  children: ReactNode;
  open?: boolean;
}) {
  const { folds } = useScope();
  return (
    <Fold label={label} kept={{ open: folds.isOpen(id, open), set: (next) => folds.set(id, next) }}>
      {children}
    </Fold>
  );
}

export function conversationPath(call: string): string {
  return `/api/calls/${encodeURIComponent(call)}/conversation`;
}

/** The whole of a part of which only the beginning came. */
export async function wholePart(call: string, { message, path }: PartPlace, signal: AbortSignal): Promise<ViewPart> {
  const range = message === null ? { from: 0, to: 0 } : { from: message, to: message + 1 };
  const found = await get<Conversation>(conversationPath(call), { ...range, max: 0 }, signal);
  let parts = (message === null ? found.answer : found.messages[0])?.parts;
  let part: ViewPart | undefined;
  for (const index of path) {
    part = parts?.[index];
    parts = part?.type === 'tool_result' ? part.parts : undefined;
  }
  if (part === undefined) throw new Error('this part of the message is not there any more');
  return part;
}
