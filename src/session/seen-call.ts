import type { CutBody } from '../core/blocks.ts';
import type { AssembledOutput, ToolCall } from '../core/capture.ts';
import type { AgentFacts, SessionPart } from '../core/sessions.ts';
import type { CacheCounts } from './changes.ts';

/** A finished call, secrets masked. Times: milliseconds since the epoch. */
export interface SeenCall {
  id: string;
  startedAt: number;
  endedAt: number;
  provider: string;
  host: string;
  client: string | null;
  run: string | null;
  connection: number;
  /** See keyPrint. */
  key: string;
  /** The client's own names. */
  clientSession: string | null;
  parentClientSession: string | null;
  /** Of a sub-agent that shares the session's name. */
  agentId: string | null;
  /** What else the client groups its calls by: a task, a trace. */
  group: string | null;
  /** Of a conversation that the provider keeps: the request goes on from all that was said in it. */
  keptConversation: string | null;
  /** Id of the answer that the request goes on from. */
  previousResponse: string | null;
  responseId: string | null;
  retryCount: number | null;
  model: string | null;
  inference: boolean;
  request: CutBody | null;
  assembled: AssembledOutput | null;
  toolCalls: readonly ToolCall[];
  /** An answer came, as far as the client knows. */
  isAnswered: boolean;
  status: number | null;
  error: { type: string; message: string } | null;
  usage: CacheCounts;
}

/** Where a call belongs. */
export interface Placed {
  /** As the client names it, else as we do; `null` = it is part of no session. */
  sessionId: string | null;
  parentSessionId: string | null;
  facts: AgentFacts | null;
  part: SessionPart | null;
}

export const NOWHERE: Placed = { sessionId: null, parentSessionId: null, facts: null, part: null };
