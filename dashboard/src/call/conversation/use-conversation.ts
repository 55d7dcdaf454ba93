import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { get } from '../../api/client.ts';
import type { CallRecord, Conversation } from '../../api/shapes.ts';
import { conversationPath } from './context.tsx';
import { MOST_OPEN } from './turns.ts';

/** Characters of each text that come at first, and of those that stand folded. */
const FIRST_CHARS = 32_768;
const PAST_CHARS = 1000;

// What was said does not change; retention takes it away as a whole.
const KEPT = { staleTime: Infinity, gcTime: 60_000 } as const;

export interface ConversationQuery {
  data: Conversation | undefined;
  error: Error | null;
  retry: () => void;
  /** False: of what was said before there are beginnings only. */
  isWhole: boolean;
  wantAll: () => void;
}

/** Of a long conversation what is new comes at once, and all the rest when it is wanted. */
export function useConversation({ id, agent_facts: facts }: CallRecord): ConversationQuery {
  const isLong = (facts?.messages ?? 0) > MOST_OPEN;
  const [isWanted, setWanted] = useState(false);
  const first = useQuery({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) =>
      get<Conversation>(conversationPath(id), { max: FIRST_CHARS, past: isLong ? PAST_CHARS : null }, signal),
    ...KEPT,
  });
  // Items that make few messages are all open.
  const isShort = isLong && first.data !== undefined && first.data.message_count <= MOST_OPEN;
  const all = useQuery({
    queryKey: ['conversation', id, 'all'],
    queryFn: ({ signal }) => get<Conversation>(conversationPath(id), { max: FIRST_CHARS }, signal),
    enabled: isLong && (isWanted || isShort),
    ...KEPT,
  });
  return {
    data: all.data ?? first.data,
    error: first.error ?? all.error,
    retry: () => void (first.isError ? first.refetch() : all.refetch()),
    isWhole: !isLong || all.data !== undefined,
    wantAll: useCallback(() => setWanted(true), []),
  };
}
