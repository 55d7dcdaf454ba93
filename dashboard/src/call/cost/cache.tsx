import type { ReactNode } from 'react';
import type { CallRecord } from '../../api/shapes.ts';
import { percent, usd, whole } from '../../format/numbers.ts';
import { Button } from '../../kit/button.tsx';
import { useSetParams } from '../../url/use-route.ts';
import { cacheBalance, cacheVerdict, missWords } from './reasons.ts';

/** Read, written, or missed and why. */
export function Cache({ call }: { call: CallRecord }) {
  const balance = cacheBalance(call);
  return (
    <div className="flex flex-col items-start gap-1">
      <Verdict call={call} />
      {balance !== null && balance.saved > 0 && (
        <p>Reading from it saved {usd(balance.saved)} against the price of uncached input.</p>
      )}
      {balance !== null && balance.surcharge > 0 && (
        <p className="text-muted">Writing to it cost {usd(balance.surcharge)} more than uncached input would have.</p>
      )}
    </div>
  );
}

function Verdict({ call }: { call: CallRecord }): ReactNode {
  const verdict = cacheVerdict(call);
  switch (verdict.kind) {
    case 'untold':
      return <p className="text-muted">The provider states nothing of a cache.</p>;
    case 'unused':
      return <p>Nothing was read from the cache, and nothing was written to it.</p>;
    case 'written':
      return <p>{whole(verdict.written)} tokens were written to the cache: the next call can read them.</p>;
    case 'hit':
      return (
        <p>
          {whole(verdict.read)} tokens
          {verdict.input === null ? '' : ` of ${whole(verdict.input)} (${percent(verdict.read, verdict.input)})`} were
          read from the cache.
        </p>
      );
    case 'missed':
      return <Missed call={call} verdict={verdict} />;
  }
}

function Missed({
  call,
  verdict: { by, read },
}: {
  call: CallRecord;
  verdict: Extract<ReturnType<typeof cacheVerdict>, { kind: 'missed' }>;
}) {
  const setParams = useSetParams();
  const changes = call.agent_facts?.changes;
  return (
    <>
      <p>
        <span className="font-semibold text-warn">Missed</span>
        {read > 0 ? `, but for ${whole(read)} tokens` : ''}: {missWords(by, changes?.first_message ?? null)}.
      </p>
      {by !== 'expired' && by !== 'unknown' && (
        <Button onClick={() => setParams({ tab: 'diff', diff: null })}>Show what changed</Button>
      )}
    </>
  );
}
