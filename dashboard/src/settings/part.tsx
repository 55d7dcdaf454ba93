import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure, Loading } from '../kit/states.tsx';

/** A heading, a sentence, and what it is about. */
export function Part({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-3">
      <div>
        <h2 className="text-title font-semibold">{title}</h2>
        {text !== undefined && <p className="max-w-[76ch] text-muted">{text}</p>}
      </div>
      {children}
    </section>
  );
}

/** What an answer holds, or why there is none. */
export function Answered<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>;
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.isPending) return <Loading what={what} />;
  if (query.isLoadingError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <>{children(query.data)}</>;
}

/** Names and what they stand for. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(8rem,auto)_1fr] gap-x-6 gap-y-1 self-start">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function SimpleTable({
  label,
  head,
  rows,
}: {
  label: string;
  head: readonly { title: string; end?: true }[];
  rows: readonly { key: string; cells: readonly ReactNode[] }[];
}) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full max-w-5xl">
        <thead>
          <tr className="h-7 text-sm text-muted">
            {head.map(({ title, end }) => (
              <th
                key={title}
                scope="col"
                className={`pr-4 font-normal whitespace-nowrap ${end === true ? 'text-right' : 'text-left'}`}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key} className="border-t border-line align-top">
              {cells.map((cell, index) => (
                <td key={head[index]?.title} className={`py-1.5 pr-4 ${head[index]?.end === true ? 'text-right' : ''}`}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
