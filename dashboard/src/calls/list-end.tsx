import { Button } from '../kit/button.tsx';
import { usd } from '../format/numbers.ts';
import { useSetParams } from '../url/use-route.ts';
import { wordsOf } from '../kit/states.tsx';
import type { CallList } from './call-list.ts';

/** Behind the last row: more is on its way, was not looked at, could not be had, or there is none. */
export function ListEnd({ list }: { list: CallList }) {
  const setParams = useSetParams();
  const last = list.at(list.length - 1)?.call;
  if (list.error !== null) {
    return (
      <p role="alert" className="flex items-center gap-2 p-3">
        <span className="text-bad">{wordsOf(list.error).text}</span>
        <Button onClick={() => list.goOn()}>Try again</Button>
      </p>
    );
  }
  if (list.rests) {
    return (
      <p role="status" className="flex items-center gap-2 p-3 text-muted">
        Not all calls were looked at yet{list.length === 0 ? ', and none matched so far' : ''}.
        <Button onClick={() => list.goOn()}>Look further</Button>
      </p>
    );
  }
  if (list.isFull && last !== undefined) {
    return (
      <p className="flex items-center gap-2 p-3 text-muted">
        That is as long as a list can be.
        <Button onClick={() => setParams({ range: null, since: null, until: last.started_at })}>
          Go on with earlier calls
        </Button>
      </p>
    );
  }
  if (!list.hasMore && list.aboveUsd !== undefined) {
    return (
      <p className="p-3 text-muted">
        By cost: calls whose price is not known are not listed
        {list.aboveUsd !== null &&
          `, nor those below ${usd(list.aboveUsd)}, of which the period holds too many: a shorter one lists them`}
        .
      </p>
    );
  }
  if (list.hasMore) {
    return (
      <p role="status" className="animate-appear p-3 text-muted">
        {list.partial ? 'Looking further back …' : 'Loading …'}
      </p>
    );
  }
  return null;
}
