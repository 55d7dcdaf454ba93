/** Rows under the days of which they are, page after page: conversations, tasks. */
import { type ReactNode, useCallback, useMemo } from 'react';
import { dayHeading } from '../format/time.ts';
import { type Column, Grid } from '../kit/grid.tsx';
import { Failure, Loading } from '../kit/states.tsx';
import { NewRows } from './new-rows.tsx';
import type { Pages } from './use-pages.ts';

interface DayListProps<Row> {
  list: Pages<Row>;
  label: string;
  /** What they are called while they load, and in the list of keys. */
  where: string;
  columns: readonly Column<Row>[];
  headless: boolean;
  keyOf: (row: Row) => string;
  /** ISO 8601. Always the same function. */
  timeOf: (row: Row) => string;
  onOpen: (row: Row) => void;
  /** In place of no rows. */
  empty: ReactNode;
}

export function DayList<Row>({
  list,
  label,
  where,
  columns,
  headless,
  keyOf,
  timeOf,
  onOpen,
  empty,
}: DayListProps<Row>) {
  const { rows } = list;
  // The headings are of the moment in which the rows came.
  const headings = useMemo(() => headingsOf(rows.map(timeOf), new Date()), [rows, timeOf]);
  const headingOf = useCallback((index: number) => headings[index] ?? null, [headings]);
  if (list.isPending || (list.isStale && rows.length === 0)) return <Loading what={where} />;
  if (rows.length === 0) return list.error === null ? empty : <Failure error={list.error} onRetry={list.refetch} />;
  return (
    <div
      aria-busy={list.isStale}
      className="relative flex min-h-0 flex-1 flex-col transition-opacity delay-100 aria-busy:opacity-50"
    >
      <NewRows isBehind={list.isBehind} onShow={list.refetch} />
      <Grid
        label={label}
        where={where}
        columns={columns}
        headless={headless}
        rows={rows}
        keyOf={keyOf}
        headingOf={headingOf}
        open={null}
        onOpen={onOpen}
        hasMore={list.hasMore}
        onNearEnd={list.more}
        rowHeight={52}
        onAtTop={list.setAtTop}
      />
    </div>
  );
}

function headingsOf(times: readonly string[], now: Date): (string | null)[] {
  let before = '';
  return times.map((at) => {
    const heading = dayHeading(at, now);
    if (heading === before) return null;
    before = heading;
    return heading;
  });
}
