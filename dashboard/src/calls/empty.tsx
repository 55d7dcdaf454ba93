/** Why there is no row, and what to do about it. */
import { useQuery } from '@tanstack/react-query';
import { ApiError, get } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Empty, Failure } from '../kit/states.tsx';
import { type Period, within } from '../url/range.ts';
import { SetupCards } from '../settings/setup-cards.tsx';
import { useSetParams } from '../url/use-route.ts';

interface NoCallsProps {
  period: Period;
  filter: string;
  /** Parts of the filter that nothing can be found by. */
  ignored: readonly string[];
  /** Texts that are not in the index yet. */
  behind: number;
}

export function NoCalls({ period, filter, ignored, behind }: NoCallsProps) {
  const setParams = useSetParams();
  const isAll = period.since === null && period.until === null;
  const whole = useQuery({
    queryKey: ['calls', 'any'],
    queryFn: () => get<{ calls: unknown[] }>('/api/calls', { limit: 1 }),
  });
  if (whole.isPending) return null;
  const hasAny = whole.data === undefined || whole.data.calls.length > 0;
  if (filter !== '') {
    return (
      <Empty title={`No call matches${within(period)}`}>
        <p className="mb-2">
          {ignored.length > 0
            ? `Nothing can be found by ${ignored.map((part) => `“${part}”`).join(', ')}: there is no letter or digit in it.`
            : 'All calls of the period were looked at.'}
          {behind > 0 && ` The search index is ${behind} texts behind; it catches up by itself.`}
        </p>
        <div className="flex gap-2">
          <Button look="primary" onClick={() => setParams({ filter: null })}>
            Clear the filter
          </Button>
          {!isAll && <AllTime onClick={() => setParams({ range: 'all', since: null, until: null })} />}
        </div>
      </Empty>
    );
  }
  if (hasAny) {
    return (
      <Empty title={`No calls${within(period)}`}>
        <p className="mb-2">There are older ones. New calls appear here as they end.</p>
        <AllTime onClick={() => setParams({ range: 'all', since: null, until: null })} />
      </Empty>
    );
  }
  return <FirstCall />;
}

function AllTime({ onClick }: { onClick: () => void }) {
  return <Button onClick={onClick}>Show all time</Button>;
}

/** Nothing was ever recorded. It gives way by itself: the first call that ends is a row. */
function FirstCall() {
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      <h2 className="text-title font-semibold">No calls yet</h2>
      <p role="status" className="mb-4 text-muted">
        Waiting for the first one. It appears here by itself.
      </p>
      <SetupCards />
    </div>
  );
}

/** A list that could not be had at all. */
export function NoAnswer({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (error instanceof ApiError && error.type === 'store_unusable') {
    return (
      <div role="alert">
        <Empty title="The database cannot be read at the moment">
          <p className="mb-2">{error.message}</p>
          <p className="mb-2">Calls flow all the same, and what is recorded meanwhile is kept.</p>
          <Button onClick={onRetry}>Try again</Button>
        </Empty>
      </div>
    );
  }
  return <Failure error={error} onRetry={onRetry} />;
}
