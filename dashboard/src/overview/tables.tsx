import type { ReactNode } from 'react';
import type { ListedSession, PeriodGroup } from '../api/shapes.ts';
import { compact, percent, usd, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Money, TokenSum } from '../kit/amounts.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { hrefOf, type Route } from '../url/route.ts';

interface TableColumn<Row> {
  title: string;
  end?: true;
  cell: (row: Row) => ReactNode;
}

function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full" aria-label={label}>
        <thead>
          <tr className="h-7 text-sm text-muted">
            {columns.map(({ title, end }) => (
              <th
                key={title}
                scope="col"
                className={`px-2 font-normal whitespace-nowrap first:pl-0 last:pr-0 ${end === true ? 'text-right' : 'text-left'}`}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="h-8 border-t border-line hover:bg-raised">
              {columns.map(({ title, end, cell }) => (
                <td
                  key={title}
                  className={`px-2 whitespace-nowrap first:pl-0 last:pr-0 ${end === true ? 'text-right' : ''}`}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function tokenBarOf(
  row: Pick<
    PeriodGroup,
    'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'output_tokens' | 'reasoning_tokens'
  >,
): ReactNode {
  return (
    <TokenBar
      classes={{
        input: Math.max(0, row.input_tokens - row.cache_read_tokens - row.cache_write_tokens),
        cacheRead: row.cache_read_tokens,
        cacheWrite: row.cache_write_tokens,
        output: Math.max(0, row.output_tokens - row.reasoning_tokens),
        reasoning: row.reasoning_tokens,
      }}
    />
  );
}

const MOST_ROWS = 20;

/** A runaway loop disappears in a sum and stands out here. @param sessions undefined = they are awaited */
export function DearestSessions({ route, sessions }: { route: Route; sessions: readonly ListedSession[] | undefined }) {
  const rows = sessions ?? [];
  return (
    <section className="min-w-0">
      <h2 className="mb-1 font-semibold">Most expensive sessions</h2>
      {rows.length === 0 ? (
        <p className="text-muted">{sessions === undefined ? '' : 'No session in this period.'}</p>
      ) : (
        <Table
          label="Most expensive sessions"
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            {
              title: 'Session',
              cell: (row) => (
                <a
                  href={hrefOf(route, 'sessions', row.id)}
                  className="flex max-w-80 min-w-40 items-center gap-1.5 hover:text-accent hover:underline"
                >
                  <ProviderDot provider={row.provider} />
                  <bdi className="truncate">{row.title ?? row.id}</bdi>
                </a>
              ),
            },
            { title: 'Client', cell: (row) => <span className="text-muted">{row.client ?? '–'}</span> },
            { title: 'Calls', end: true, cell: (row) => whole(row.calls) },
            { title: 'In', end: true, cell: (row) => compact(row.input_tokens) },
            { title: 'Out', end: true, cell: (row) => compact(row.output_tokens) },
            { title: 'Kinds', cell: tokenBarOf },
            { title: 'Cost', end: true, cell: (row) => <Money amount={row.cost_usd} missing={row.unpriced_calls} /> },
          ]}
        />
      )}
    </section>
  );
}

export interface BreakdownRow extends PeriodGroup {
  name: string;
  href: string;
  provider: string | null;
}

/** What the period is made of, by the thing that is chosen above. */
export function Breakdown({ label, rows, leftOut }: { label: string; rows: readonly BreakdownRow[]; leftOut: number }) {
  const shown = rows.slice(0, MOST_ROWS);
  const hidden = rows.length - shown.length + leftOut;
  const spent = rows.reduce((sum, row) => sum + row.cost_usd, 0);
  return (
    <section className="min-w-0">
      <h2 className="mb-1 font-semibold">By {label}</h2>
      <Table
        label={`By ${label}`}
        rows={shown}
        keyOf={({ key }) => key ?? ''}
        columns={[
          {
            title: label.slice(0, 1).toUpperCase() + label.slice(1),
            cell: (row) => (
              <a
                href={row.href}
                className="flex max-w-80 min-w-40 items-center gap-1.5 hover:text-accent hover:underline"
              >
                {row.provider !== null && <ProviderDot provider={row.provider} />}
                <bdi className={`truncate ${row.key === null ? 'text-muted italic' : ''}`}>{row.name}</bdi>
              </a>
            ),
          },
          { title: 'Calls', end: true, cell: (row) => whole(row.requests) },
          {
            title: 'Failed',
            end: true,
            cell: (row) => (row.errors === 0 ? <span className="text-faint">0</span> : whole(row.errors)),
          },
          { title: 'In', end: true, cell: (row) => <TokenSum value={row.input_tokens} of={row} /> },
          { title: 'Cached', end: true, cell: (row) => percent(row.cache_read_tokens, row.input_tokens) },
          { title: 'Out', end: true, cell: (row) => <TokenSum value={row.output_tokens} of={row} /> },
          { title: 'Kinds', cell: tokenBarOf },
          {
            title: 'First token',
            end: true,
            cell: (row) => (row.ttft_ms.p50 === null ? '–' : duration(row.ttft_ms.p50)),
          },
          {
            title: 'Per call',
            end: true,
            cell: (row) => (row.requests === 0 || row.cost_usd === 0 ? '–' : usd(row.cost_usd / row.requests)),
          },
          { title: 'Share', end: true, cell: (row) => percent(row.cost_usd, spent) },
          {
            title: 'Cost',
            end: true,
            cell: (row) => <Money amount={row.cost_usd} missing={row.unpriced_calls} of={row} />,
          },
        ]}
      />
      {hidden > 0 && <p className="mt-1 text-sm text-muted">{whole(hidden)} more that cost less are not listed.</p>}
    </section>
  );
}
