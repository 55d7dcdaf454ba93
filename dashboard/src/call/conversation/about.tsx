/** What is to be said about a conversation beside what was said in it. */
import type { ReactNode } from 'react';
import type { CallRecord, Conversation } from '../../api/shapes.ts';
import { whole } from '../../format/numbers.ts';
import { BodyMissing } from '../body-missing.tsx';
import { Marked } from '../text/plain-text.tsx';

export function BeforeTurns({ call, conversation }: { call: CallRecord; conversation: Conversation }) {
  const { request, messages } = conversation;
  const changed = call.agent_facts?.changes?.first_message ?? null;
  return (
    <>
      {!request.stored && <Note>The request is not stored: only the answer is here.</Note>}
      {request.truncated && (
        <Note>
          The request is stored in part only
          {messages.length === 0 ? ', so that its messages cannot be read. The tab Request shows what there is.' : '.'}
        </Note>
      )}
      {request.masked && <Note>Secrets in the request are masked; they are not stored.</Note>}
      {changed !== null && (
        <Note>
          Message #{whole(changed + 1)} is not as it was in the call before: everything from there on is read anew. The
          tab Diff shows what changed.
        </Note>
      )}
    </>
  );
}

export function AfterTurns({ call, conversation }: { call: CallRecord; conversation: Conversation }) {
  const { answer, response } = conversation;
  const reasoning = call.usage.reasoning_tokens ?? 0;
  const isThoughtTold = answer?.parts.some(({ type }) => type === 'thinking') ?? false;
  return (
    <>
      {reasoning > 0 && !isThoughtTold && (
        <Note>
          Before this answer the model reasoned for {whole(reasoning)} tokens, which the provider does not show.
        </Note>
      )}
      <Ending call={call} hasAnswer={answer !== null} />
      {answer === null && !response.stored && call.status !== null && <BodyMissing call={call.id} side="response" />}
      {response.truncated && <Note>The answer is stored in part only.</Note>}
      {response.masked && <Note>Secrets in the answer are masked; they are not stored.</Note>}
    </>
  );
}

function Ending({ call, hasAnswer }: { call: CallRecord; hasAnswer: boolean }) {
  const { status, outcome, error, stop_reason: reason } = call;
  if (status === null) return <Note bad>No answer came: {error?.message ?? outcome.replaceAll('_', ' ')}.</Note>;
  if (status >= 400) {
    return <Note bad>The provider answered {status}. All that it said of it is in the tab Response.</Note>;
  }
  if (outcome !== 'complete' && outcome !== 'upgraded')
    return <Note bad>{CUT[outcome] ?? 'The answer did not come whole.'}</Note>;
  if (!hasAnswer) return null;
  return reason === null ? null : (
    <Note>
      stopped: <Marked text={reason} />
    </Note>
  );
}

const CUT: Partial<Record<CallRecord['outcome'], string>> = {
  client_aborted: 'Here the client went away: the rest of the answer was never read.',
  upstream_aborted: 'Here the provider cut the answer off.',
  shutdown: 'Here llm-proxy was stopped.',
  interrupted: 'Here llm-proxy ended without being stopped: what was known a moment before.',
  unparsed: 'From here on llm-proxy could not follow; the bytes went on.',
};

function Note({ children, bad = false }: { children: ReactNode; bad?: boolean }) {
  return <p className={`px-4 py-1 text-sm ${bad ? 'text-bad' : 'text-muted'}`}>{children}</p>;
}
