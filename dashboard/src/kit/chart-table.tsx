import type { ChartProps } from './chart.tsx';

/** The same numbers as text; the latest first, empty buckets left out. */
export function ChartTable({ title, times, series, timeOf, format }: ChartProps) {
  const rows = times
    .map((time, index) => ({ time, values: series.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .toReversed();
  return (
    <div className="max-h-60 overflow-auto" tabIndex={0} role="region" aria-label={`${title}, as table`}>
      <table className="w-full text-sm">
        <thead className="sticky top-0 bg-surface text-muted">
          <tr>
            <th scope="col" className="py-1 text-left font-normal">
              From
            </th>
            {series.map(({ key, name }) => (
              <th key={key} scope="col" className="max-w-40 truncate py-1 pl-3 text-right font-normal">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, values }) => (
            <tr key={time} className="border-t border-line">
              <th scope="row" className="py-0.5 text-left font-normal whitespace-nowrap">
                {timeOf(time)}
              </th>
              {values.map((value, index) => (
                <td key={series[index]?.key} className="pl-3 text-right">
                  {value === null ? '–' : format(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
