import { useMemo, useState } from 'react';
import type { CallRecord, Conversation } from '../api/shapes.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { keep, kept } from '../url/kept.ts';
import { AfterTurns, BeforeTurns } from './conversation/about.tsx';
import { BodyMissing } from './body-missing.tsx';
import { ConversationProvider, useFolds } from './conversation/context.tsx';
import { isConversation } from './operations.ts';
import { useConversation } from './conversation/use-conversation.ts';
import { useWaits } from './conversation/use-waits.ts';
import { ConversationView } from './conversation/view.tsx';

const RAW_KEY = 'llm-proxy.raw-text';

/** What was said: what is new in this call open, all else in one line each. */
export function ConversationTab({
  call,
  hrefOfCall,
  label,
}: {
  call: CallRecord;
  hrefOfCall: (id: string) => string;
  /** Of the region, where there are two of them. */
  label?: string;
}) {
  const { data, error, retry, isWhole, wantAll } = useConversation(call);
  if (error !== null) return <Failure error={error} onRetry={retry} />;
  if (data === undefined) return <Loading what="the conversation" />;
  return (
    <Found
      call={call}
      conversation={data}
      isWhole={isWhole}
      onWantAll={wantAll}
      hrefOfCall={hrefOfCall}
      {...(label === undefined ? {} : { label })}
    />
  );
}

interface FoundProps {
  call: CallRecord;
  conversation: Conversation;
  isWhole: boolean;
  onWantAll: () => void;
  hrefOfCall: (id: string) => string;
  label?: string;
}

function Found({ call, conversation, isWhole, onWantAll, hrefOfCall, label = 'Conversation' }: FoundProps) {
  const [isRaw, setRaw] = useState(() => kept(RAW_KEY) === '1');
  const folds = useFolds();
  const waits = useWaits(call);
  const inputTokens = call.usage.input_tokens;
  const scope = useMemo(
    () => ({ call: call.id, inputTokens, isRaw, waits, hrefOfCall, folds }),
    [call.id, inputTokens, isRaw, waits, hrefOfCall, folds],
  );
  const chooseRaw = (raw: boolean): void => {
    setRaw(raw);
    keep(RAW_KEY, raw ? '1' : '0');
  };
  const { messages, answer, request, response } = conversation;
  if (messages.length === 0 && answer === null) {
    if (!request.stored && !response.stored) return <BodyMissing call={call.id} side="request" />;
    return <NothingSaid call={call} />;
  }
  // A text that was embedded or painted was said to nobody.
  if (answer === null && !isConversation(call)) return <NothingSaid call={call} />;
  return (
    <ConversationProvider scope={scope}>
      <div className="flex h-full min-h-0 flex-col">
        <div className="flex shrink-0 flex-wrap items-center gap-1 border-b border-line px-3 py-0.5">
          <span className="mr-auto px-1 text-sm text-muted">{summary(conversation)}</span>
          <Button look="quiet" onClick={() => folds.setAll(folds.all !== true)} title="E">
            {folds.all === true ? 'Close all' : 'Open all'}
          </Button>
          <Button look="quiet" aria-pressed={isRaw} onClick={() => chooseRaw(!isRaw)} title="m">
            {isRaw ? 'Show markdown' : 'Show as text'}
          </Button>
        </div>
        <div className="min-h-0 flex-1">
          <ConversationView
            label={label}
            conversation={conversation}
            isWhole={isWhole}
            onWantAll={onWantAll}
            isRaw={isRaw}
            onRaw={chooseRaw}
            before={<BeforeTurns call={call} conversation={conversation} />}
            after={<AfterTurns call={call} conversation={conversation} />}
          />
        </div>
      </div>
    </ConversationProvider>
  );
}

/** `44 messages, 2 new`. */
function summary({ messages, new_from: from }: Conversation): string {
  // The system prompt is told apart.
  const said = messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  const count = said.length;
  const fresh = messages.slice(from ?? 0).filter((message) => said.includes(message)).length;
  const all = `${whole(count)} ${count === 1 ? 'message' : 'messages'}`;
  return from === null ? all : `${all}, ${fresh === count ? 'all' : whole(fresh)} new`;
}

function NothingSaid({ call }: { call: CallRecord }) {
  return (
    <Empty title="No conversation">
      <p>
        Nobody speaks in this call ({call.operation ?? 'no known operation'}), or in a form that llm-proxy does not
        read. The tabs Request and Response show all that was sent.
      </p>
    </Empty>
  );
}
