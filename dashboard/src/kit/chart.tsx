/** Amounts over time: stacked bars or lines, drawn by uPlot. Empty spans are gaps, y begins at 0. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTheme } from './theme.ts';
import { Button } from './button.tsx';
import { ChartTable } from './chart-table.tsx';
import { optionsOf, stacked } from './chart-options.ts';

export interface Series {
  key: string;
  name: string;
  /** A CSS colour, `var(--...)` too. */
  colour: string;
  /** One for each bucket; `null` = nothing is known of it. */
  values: readonly (number | null)[];
  /** Where its name leads. */
  href?: string;
}

export interface ChartProps {
  title: string;
  /** Beginnings of the buckets, milliseconds since 1970, in equal steps. */
  times: readonly number[];
  bucketMs: number;
  series: readonly Series[];
  shape: 'bars' | 'lines';
  /** For people: of values and of the axis. */
  format: (value: number) => string;
  /** Of the axis, where that is shorter. */
  axis?: (value: number) => string;
  /** Of a bucket, for people. */
  timeOf: (ms: number) => string;
  /** What a series amounts to when no bucket is pointed at; absent = nothing is said. */
  total?: (series: Series) => string;
  onBrush: (since: number, until: number) => void;
}

const HEIGHT = 180;

export function Chart(props: ChartProps) {
  const [at, setAt] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const { title, series, times, timeOf, total, format } = props;
  const hasData = series.some(({ values }) => values.some((value) => value !== null));
  return (
    <figure className="flex min-w-0 flex-col" aria-label={title}>
      <figcaption className="flex min-h-7 items-center gap-2">
        <h2 className="font-semibold">{title}</h2>
        <span className="text-sm text-muted">{at === null ? '' : timeOf(times[at] ?? 0)}</span>
        <Button
          look="quiet"
          className="ml-auto print:hidden"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'As chart' : 'As table'}
        </Button>
      </figcaption>
      <ul className="flex min-h-5 flex-wrap content-start gap-x-3 text-sm">
        {series.map((one) => (
          <li key={one.key} className="flex min-h-6 items-center gap-1.5">
            <span aria-hidden="true" className="size-2 rounded-[2px]" style={{ backgroundColor: one.colour }} />
            {one.href === undefined ? (
              <span className="max-w-48 truncate text-muted">{one.name}</span>
            ) : (
              <a href={one.href} className="max-w-48 truncate leading-6 text-muted hover:text-accent hover:underline">
                {one.name}
              </a>
            )}
            {/* Room for both: who points at the chart must not make it move. */}
            <span className="grid *:[grid-area:1/1]">
              <span className={at === null ? '' : 'invisible'}>{total?.(one)}</span>
              {at !== null && <span>{valueText(one.values[at], format)}</span>}
            </span>
          </li>
        ))}
      </ul>
      {asTable ? (
        <ChartTable {...props} />
      ) : hasData ? (
        <Canvas {...props} onPoint={setAt} />
      ) : (
        <p className="flex items-center justify-center text-muted" style={{ height: HEIGHT }}>
          Nothing in this period
        </p>
      )}
    </figure>
  );
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '' : format(value);
}

/** A picture for eyes: readers of screens get the table. */
function Canvas({ onPoint, ...props }: ChartProps & { onPoint: (index: number | null) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ ...props, onPoint });
  latest.current = { ...props, onPoint };
  const { shown } = useTheme();
  const { times, bucketMs, series, shape } = props;
  // What is drawn changes with each answer; how, only with these.
  const form = JSON.stringify([shape, bucketMs, shown, series.map(({ key, colour }) => [key, colour])]);
  useEffect(() => {
    const parent = element.current;
    if (parent === null) return;
    const width = parent.clientWidth;
    const options = optionsOf(latest, { width, height: HEIGHT });
    plot.current = new uPlot(options, stacked(latest.current), parent);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: parent.clientWidth, height: HEIGHT }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
      latest.current.onPoint(null);
    };
  }, [form]);
  useEffect(() => {
    plot.current?.setData(stacked(latest.current));
  }, [times, series]);
  return (
    <div ref={element} aria-hidden="true" style={{ height: HEIGHT }} className="mt-auto min-w-0 overflow-hidden" />
  );
}
