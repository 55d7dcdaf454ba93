/** What a call cost, line by line, and why it cost so much. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { CallRecord } from '../api/shapes.ts';
import { usd } from '../format/numbers.ts';
import { CallCost } from '../kit/amounts.tsx';
import { Cache } from './cost/cache.tsx';
import { CostLines } from './cost/lines.tsx';
import { reasons } from './cost/reasons.ts';
import { Section } from './cost/section.tsx';
import { TokensOf } from './cost/tokens.tsx';
import { ContextWindow } from './cost/window.tsx';
import { Whereabouts } from './cost/whereabouts.tsx';

export function CostTab({ call }: { call: CallRecord }) {
  const before = useCallBefore(call);
  return (
    <div className="@container flex flex-col gap-5 p-4">
      <Total call={call} before={before} />
      {call.cost.lines.length > 0 && (
        <Section title="Cost, line by line">
          <CostLines call={call} />
        </Section>
      )}
      <Section title="Cache">
        <Cache call={call} />
      </Section>
      <ContextWindow call={call} />
      <Section title="Where the input went">
        <Whereabouts call={call} />
      </Section>
      <Section title="As counted">
        <TokensOf call={call} />
      </Section>
    </div>
  );
}

/** The call that this one follows: what it is compared with. */
function useCallBefore(call: CallRecord): CallRecord | null {
  const id = call.agent_facts?.follows?.call ?? null;
  const before = useQuery({
    queryKey: ['call', id],
    queryFn: ({ signal }) => get<CallRecord>(`/api/calls/${encodeURIComponent(id ?? '')}`, {}, signal),
    enabled: id !== null,
  });
  return before.data ?? null;
}

function Total({ call, before }: { call: CallRecord; before: CallRecord | null }) {
  const words = reasons(call, before);
  const note = billingNote(call);
  return (
    <div>
      <p className="text-figure font-semibold">
        <CallCost call={call} />
      </p>
      {words.map((reason) => (
        <p key={reason}>{reason}.</p>
      ))}
      {note !== null && <p className="text-muted">{note}</p>}
    </div>
  );
}

function billingNote(call: CallRecord): string | null {
  const { cost, billing, cost_usd: amount, usage } = call;
  if (amount === null) return unpricedNote(call);
  if (billing === 'subscription')
    return `Paid by a subscription: ${usd(amount)} is what it would have cost at list prices.`;
  if (billing === 'cached_by_gateway') return 'Answered from the cache of the gateway.';
  if (billing === 'free') return 'The provider takes nothing for it.';
  if (cost.confidence === 'partial') {
    const isCut = usage.state === 'partial';
    return `${isCut ? 'The answer was cut' : 'Something in it has no known price'}: it cost at least so much.`;
  }
  if (cost.confidence === 'estimated') return 'A count in it is an estimate of llm-proxy: the provider stated none.';
  return cost.source === 'provider' ? 'Stated by the provider itself.' : null;
}

function unpricedNote({ cost, usage, inference }: CallRecord): string {
  if (cost.reason === 'billed_amount_unknown')
    return 'The answer was cut before the provider said how much it used. It bills the call, and nobody knows how much.';
  if (!inference) return 'This is no call of a model: nothing is billed by tokens.';
  if (usage.input_tokens === null && usage.output_tokens === null)
    return 'The provider stated no usage, so there is nothing to price.';
  return 'No price is known for this model. Add one under [prices] in the configuration, then run "llm-proxy prices".';
}
