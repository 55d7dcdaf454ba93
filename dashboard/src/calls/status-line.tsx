import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { PeriodStats } from '../api/shapes.ts';
import { whole } from '../format/numbers.ts';
import { Money } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { wordsOf } from '../kit/states.tsx';
import type { Period } from '../url/range.ts';
import type { CallList } from './call-list.ts';

interface StatusLineProps {
  period: Period;
  filter: string;
  list: CallList;
  onColumns: () => void;
}

/** Under the list: how much of what is shown, and what it came to. */
export function StatusLine({ period, filter, list, onColumns }: StatusLineProps) {
  return (
    <footer className="flex h-8 shrink-0 items-center gap-3 overflow-hidden border-t border-line bg-surface px-3 text-sm whitespace-nowrap text-muted">
      <span role="status" className="truncate">
        {list.ready && list.error !== null ? (
          <span className="text-bad">Not as it is now: {wordsOf(list.error).text}</span>
        ) : (
          list.ready && (filter === '' ? <PeriodTotals period={period} /> : <Found list={list} />)
        )}
      </span>
      <Button look="quiet" onClick={onColumns} className="ml-auto max-md:hidden">
        Columns
      </Button>
    </footer>
  );
}

/** Of a filter only what was found so far is known. */
function Found({ list }: { list: CallList }) {
  const count = whole(list.length);
  const calls = list.length === 1 ? 'call' : 'calls';
  const took = list.tookMs === null ? '' : ` · ${Math.round(list.tookMs)} ms`;
  const behind = list.behind > 0 ? ` · search index ${whole(list.behind)} texts behind` : '';
  const words = list.hasMore
    ? `${count} ${calls} so far${list.partial ? ', not all were looked at' : ''}`
    : `${count} ${calls}${list.isFull ? ', and more' : ''}`;
  return (
    <>
      {words}
      {took}
      {behind}
    </>
  );
}

function PeriodTotals({ period }: { period: Period }) {
  const { since, until } = period;
  const stats = useQuery({
    queryKey: ['stats', since, until],
    queryFn: ({ signal }) => get<PeriodStats>('/api/stats', { since: since ?? '1970-01-01T00:00:00Z', until }, signal),
    refetchInterval: 10_000,
  });
  if (stats.data === undefined) return null;
  const { total_requests: requests, errors, cost_usd: cost, unpriced_calls: unpriced } = stats.data;
  return (
    <>
      {whole(requests)} {requests === 1 ? 'request' : 'requests'} · {period.label} ·{' '}
      <Money amount={cost ?? 0} missing={unpriced} />
      {errors > 0 && ` · ${whole(errors)} failed`}
    </>
  );
}
