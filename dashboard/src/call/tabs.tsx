/** The parts of a call, and which of them is open: it stands in the address. */
import type { ReactNode } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import type { Route } from '../url/route.ts';
import { ConversationTab } from './tab-conversation.tsx';
import { isConversation } from './operations.ts';
import { CostTab } from './tab-cost.tsx';
import { DiffTab } from './tab-diff.tsx';
import { HeadersTab } from './tab-headers.tsx';
import { RequestTab } from './tab-request.tsx';
import { ResponseTab } from './tab-response.tsx';
import { TimingTab } from './tab-timing.tsx';

export const TABS = [
  { id: 'conversation', title: 'Conversation', key: '1' },
  { id: 'request', title: 'Request', key: '2' },
  { id: 'response', title: 'Response', key: '3' },
  { id: 'timing', title: 'Timing', key: '4' },
  { id: 'headers', title: 'Headers', key: '5' },
  { id: 'cost', title: 'Cost', key: '6' },
  { id: 'diff', title: 'Diff', key: '7' },
] as const;
export type TabId = (typeof TABS)[number]['id'];

export function openTab(params: URLSearchParams, call: CallRecord): TabId {
  const asked = params.get('tab');
  const known = TABS.find(({ id }) => id === asked);
  if (known !== undefined) return known.id;
  if (params.has('diff')) return 'diff';
  return isConversation(call) ? 'conversation' : 'request';
}

export function tabContent(
  tab: TabId,
  call: CallRecord,
  { params }: Route,
  hrefOfCall: (id: string) => string,
): ReactNode {
  switch (tab) {
    case 'conversation':
      return <ConversationTab key={call.id} call={call} hrefOfCall={hrefOfCall} />;
    case 'request':
      return <RequestTab key={call.id} call={call} />;
    case 'response':
      return <ResponseTab key={call.id} call={call} />;
    case 'timing':
      return <TimingTab key={call.id} call={call} />;
    case 'headers':
      return <HeadersTab key={call.id} call={call} />;
    case 'cost':
      return <CostTab key={call.id} call={call} />;
    case 'diff':
      return (
        <DiffTab
          key={call.id}
          call={call}
          other={params.get('diff') ?? call.agent_facts?.follows?.call ?? null}
          hrefOfCall={hrefOfCall}
        />
      );
  }
}
