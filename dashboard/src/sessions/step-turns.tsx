/** What is new in one call of a session: asked for when it comes into sight. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../api/client.ts';
import type { Conversation, Step } from '../api/shapes.ts';
import { ConversationProvider, conversationPath, type Folds } from '../call/conversation/context.tsx';
import { SystemRow, ToolsRow } from '../call/conversation/head-rows.tsx';
import { TurnView } from '../call/conversation/turn.tsx';
import { type Turn, turnsOf } from '../call/conversation/turns.ts';
import { certaintyOf, stateOf, statusText } from '../format/call.ts';
import { whole } from '../format/numbers.ts';
import { CallCost, Tokens, When } from '../kit/amounts.tsx';
import { StatusDot } from '../kit/dots.tsx';
import { wordsOf } from '../kit/states.tsx';
import { formatRoute } from '../url/route.ts';
import type { Mark } from './marks.ts';
import { usePlace } from './place.ts';
import { Marks } from './rail-row.tsx';
import type { Waits } from './waits.ts';

/** Characters of each text that come at first. */
const FIRST_CHARS = 32_768;
/** Of what was said before only what names a tool is shown. */
const PAST_CHARS = 300;

interface StepTurnsProps {
  step: Step;
  marks: readonly Mark[];
  isRaw: boolean;
  folds: Folds;
  isOpen: boolean;
  waits: Waits;
}

export function StepTurns({ step, marks, isRaw, folds, isOpen, waits }: StepTurnsProps) {
  const { hrefOfCall } = usePlace();
  const found = useQuery({
    queryKey: ['step-turns', step.id],
    queryFn: ({ signal }) =>
      get<Conversation>(conversationPath(step.id), { max: FIRST_CHARS, past: PAST_CHARS }, signal),
    // What was said does not change; retention takes it away as a whole.
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const scope = useMemo(() => {
    const own: Folds = {
      ...folds,
      isOpen: (key, otherwise) => folds.isOpen(`${step.id} ${key}`, otherwise),
      set: (key, open) => folds.set(`${step.id} ${key}`, open),
    };
    return {
      call: step.id,
      inputTokens: step.usage.input_tokens,
      isRaw,
      waits: waits.of(step.id),
      hrefOfCall,
      folds: own,
    };
  }, [step, folds, isRaw, hrefOfCall, waits]);
  return (
    <section
      aria-label={`Call of ${step.started_at}`}
      className={`border-t border-line pb-1 ${isOpen ? 'bg-accent-weak' : ''}`}
    >
      <StepLine step={step} marks={marks} />
      <ConversationProvider scope={scope}>
        {found.data !== undefined && <Turns step={step} conversation={found.data} waits={waits} />}
        {found.isPending && <p className="min-h-20 px-4 text-muted">…</p>}
        {found.isError && <p className="px-4 text-sm text-bad">{wordsOf(found.error).text}</p>}
      </ConversationProvider>
    </section>
  );
}

/** When, how much, and where to see all of it. */
function StepLine({ step, marks }: { step: Step; marks: readonly Mark[] }) {
  const { route } = usePlace();
  const params = new URLSearchParams(route.params);
  params.set('call', step.id);
  params.set('view', 'tree');
  const certainty = certaintyOf(step);
  return (
    <p className="flex min-h-7 flex-wrap items-center gap-x-2 px-4 pt-1 text-sm text-muted">
      <StatusDot call={step} />
      <a
        href={formatRoute({ ...route, params })}
        title="Open this call"
        className="underline-offset-2 hover:text-accent hover:underline"
      >
        <When iso={step.started_at} />
      </a>
      {step.inference && (
        <span>
          <Tokens value={step.usage.input_tokens} certainty={certainty} /> in ·{' '}
          <Tokens value={step.usage.output_tokens} certainty={certainty} /> out
        </span>
      )}
      <CallCost call={step} />
      <Marks step={step} marks={marks} />
    </p>
  );
}

function Turns({ step, conversation, waits }: { step: Step; conversation: Conversation; waits: Waits }) {
  const told = useMemo(() => turnsOf(conversation), [conversation]);
  const fresh = useMemo(() => told.fresh.map((turn) => answeredBelow(turn, waits)), [told, waits]);
  const { tools, request, response } = conversation;
  return (
    <>
      {told.system.length > 0 && brings(step, 'system') && (
        <SystemRow row={{ kind: 'system', key: 'system', turns: told.system }} />
      )}
      {tools.length > 0 && brings(step, 'tools') && <ToolsRow row={{ kind: 'tools', key: 'tools', tools }} />}
      {told.pastIs === 'first_seen' && told.past.length > 0 && (
        <p className="px-4 py-1 text-sm text-muted">
          {whole(told.past.length)} earlier messages came with this call; open it to read them.
        </p>
      )}
      {fresh.map((turn) => (
        <TurnView key={turn.key} turn={turn} />
      ))}
      <Ending step={step} />
      {!request.stored && !response.stored && (
        <p className="px-4 py-1 text-sm text-muted">What was said in this call is not stored (any more).</p>
      )}
    </>
  );
}

/** The next call brings the result: it stands there. */
function answeredBelow(turn: Turn, waits: Waits): Turn {
  const blocks = turn.blocks.map((block) =>
    block.kind === 'tool' && block.result === null && block.call !== null && waits.isBrought(block.call.part.id)
      ? { ...block, isAnsweredLater: true }
      : block,
  );
  return { ...turn, blocks };
}

function Ending({ step }: { step: Step }) {
  if (stateOf(step) === 'ok') return null;
  const error = step.error_type === null ? '' : `: ${step.error_type.replaceAll('_', ' ')}`;
  return (
    <p className="px-4 py-1 text-sm text-bad">
      {statusText(step)}
      {error}
    </p>
  );
}

/** They stand where they came first, and where they are others. */
function brings({ facts }: Step, part: 'system' | 'tools'): boolean {
  return facts === null || facts.follows === null || (facts.changes?.parts.includes(part) ?? false);
}
