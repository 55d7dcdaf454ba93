import type { CutBody } from '../core/blocks.ts';
import type { CallRecord } from '../core/capture.ts';
import type { Edge, EdgeType, SessionPart } from '../core/sessions.ts';
import { edgeId, namedSession, placeOf } from '../session/scope.ts';
import { firstTexts } from '../session/tail.ts';
import { titleOf } from '../session/title.ts';

/** Ids that we gave; others are names that clients use. */
const OURS = /^ses_/;

/** The place of a call of another store in its conversation, as that store found it: nothing is guessed anew. */
export function importedSession(record: CallRecord, request: CutBody | null): SessionPart | null {
  const { agent_facts: facts, session_id: name, parent_session_id: parent } = record;
  if (facts === null) return null;
  const title = request === null ? null : titleOf(firstTexts(request));
  const edges = new Map<string, Edge>();
  const add = (from: string | null, type: EdgeType): void => {
    if (from === null || from === record.id) return;
    const id = edgeId(type, from, record.id);
    edges.set(id, { id, from, to: record.id, type });
  };
  if (facts.follows !== null) add(facts.follows.call, facts.follows.how);
  for (const { call } of facts.tool_results) add(call, 'tool_result');
  return {
    session: {
      id: facts.session,
      client_session_id: name === facts.session ? null : name,
      parent_session_id: parent === null || OURS.test(parent) ? parent : namedIn(record, parent),
      title,
      // As the session tracker has it: a call with tools is the conversation itself.
      title_rank: title === null ? 0 : request?.tools === null ? 1 : 2,
    },
    edges: [...edges.values()],
    tip: null,
  };
}

function namedIn({ provider, host }: CallRecord, name: string): string {
  return namedSession(placeOf(provider, host), name);
}
