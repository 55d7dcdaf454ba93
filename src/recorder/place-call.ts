import type { AssembledOutput, CallRecord } from '../core/capture.ts';
import type { CutBody } from '../core/blocks.ts';
import { headerValue } from '../core/headers.ts';
import { maskText } from '../core/redact.ts';
import { bodyIds } from '../session/body-ids.ts';
import { keyPrint } from '../session/scope.ts';
import type { Placed, SeenCall } from '../session/seen-call.ts';
import type { FinishedExchange } from './live-exchange.ts';

/** What of a finished exchange its conversation is known by. */
export interface Placeable {
  finished: FinishedExchange;
  record: CallRecord;
  /** Secrets masked. */
  request: CutBody | null;
  assembled: AssembledOutput | null;
}

/** Calls of a model whose input is no conversation, whatever it looks like. */
const NO_CONVERSATIONS: ReadonlySet<string> = new Set([
  'embeddings',
  'rerank',
  'moderation',
  'search',
  'query',
  'image_generation',
  'image_upscale',
  'video_generation',
  'music_generation',
  'speech',
  'transcription',
  'ocr',
]);

const AGENT_ID = /^[\w.:-]{1,255}$/;

export function seenCall({ finished: { facts, metered }, record, request: body, assembled }: Placeable): SeenCall {
  const request = NO_CONVERSATIONS.has(record.operation ?? '') ? null : body;
  const ids = bodyIds(record.path, request);
  const { usage, error } = record;
  return {
    id: record.id,
    startedAt: facts.wall,
    endedAt: facts.wall + record.duration_ms,
    provider: record.provider,
    host: record.host,
    client: record.client,
    run: record.run_id,
    connection: facts.connection.connection,
    key: keyPrint(metered.requestHeaders, metered.path),
    clientSession: record.session_id ?? ids.conversation,
    parentClientSession: record.parent_session_id,
    agentId: agentIdOf(metered.requestHeaders),
    group: groupOf(record),
    keptConversation: ids.isKept ? ids.conversation : null,
    previousResponse: ids.previousResponse,
    responseId: record.response_id,
    retryCount: record.retry_count,
    model: record.request_model,
    inference: record.inference,
    request,
    assembled,
    toolCalls: record.tool_calls,
    isAnswered: record.outcome === 'complete' && error === null && (record.status ?? 0) < 400,
    status: record.status,
    error,
    usage,
  };
}

/** Fills in what the record says of its place. */
export function notePlace(record: CallRecord, { sessionId, parentSessionId, facts }: Placed): void {
  record.session_id ??= sessionId;
  record.parent_session_id ??= parentSessionId;
  record.agent_facts = facts;
}

/** All that Claude Code's sub-agents have of their own: the name of the session is that of the agent that sent them. */
function agentIdOf(headers: Parameters<typeof headerValue>[0]): string | null {
  const id = headerValue(headers, 'x-claude-code-agent-id')?.trim() ?? '';
  return AGENT_ID.test(id) ? maskText(id) : null;
}

/** A task, or a trace of a tracer. A run of a program may have many conversations. */
function groupOf({ trace_id: trace, run_id: run, session_id: session }: CallRecord): string | null {
  return trace === run || trace === session ? null : trace;
}
