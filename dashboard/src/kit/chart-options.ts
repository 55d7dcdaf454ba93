/** How uPlot is told to draw it. */
import type { RefObject } from 'react';
import uPlot from 'uplot';
import type { ChartProps, Series } from './chart.tsx';

type Latest = RefObject<ChartProps & { onPoint: (index: number | null) => void }>;

/** Times in seconds, then one list for each series: of bars the sum of it and all below it, the topmost first. */
export function stacked({ times, series, shape }: Pick<ChartProps, 'times' | 'series' | 'shape'>): uPlot.AlignedData {
  const x = times.map((ms) => ms / 1000);
  if (shape === 'lines') return [x, ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  const sums: (number | null)[][] = [];
  let below: readonly (number | null)[] = times.map(() => null);
  for (const { values } of series) {
    const sum = values.map((value, index) => plus(below[index] ?? null, value));
    sums.push(sum);
    below = sum;
  }
  return [x, ...sums.toReversed()] as uPlot.AlignedData;
}

function plus(one: number | null, other: number | null): number | null {
  return one === null ? other : one + (other ?? 0);
}

export function optionsOf(latest: Latest, size: { width: number; height: number }): uPlot.Options {
  const { series, shape, times, bucketMs } = latest.current;
  const style = getComputedStyle(document.documentElement);
  const colour = (text: string): string =>
    text.replaceAll(/var\((--[\w-]+)\)/g, (_, name: string) => style.getPropertyValue(name));
  const drawn = shape === 'bars' ? series.toReversed() : series;
  const end = ((times.at(-1) ?? 0) + bucketMs) / 1000;
  return {
    ...size,
    legend: { show: false },
    // On the right half a label of the axis, which is centred below its end.
    padding: [8, 20, 0, 0],
    cursor: { y: false, points: { show: shape === 'lines', size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: () => rangeOf(latest.current) ?? [0, end] },
      y: { range: (_, _least, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    axes: [
      axis(colour, { size: 28, space: 64, values: (_, ticks) => ticks.map(tickText) }),
      axis(colour, {
        size: 56,
        values: (_, ticks) => ticks.map((tick) => (latest.current.axis ?? latest.current.format)(tick)),
      }),
    ],
    series: [{}, ...drawn.map((one) => seriesOf(one, shape, colour))],
    hooks: {
      setCursor: [
        ({ cursor }) =>
          latest.current.onPoint(cursor.left === undefined || cursor.left < 0 ? null : (cursor.idx ?? null)),
      ],
      setSelect: [(plot) => brushed(plot, latest)],
    },
  };
}

/** Midnight is a day, anything else a time. */
function tickText(seconds: number): string {
  const at = new Date(seconds * 1000);
  const isDay = at.getHours() === 0 && at.getMinutes() === 0;
  return isDay
    ? at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
    : at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

function rangeOf({ times, bucketMs, shape }: ChartProps): [number, number] | null {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return null;
  return [first / 1000, (shape === 'bars' ? last + bucketMs : Math.max(last, first + bucketMs)) / 1000];
}

function axis(colour: (text: string) => string, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: colour('var(--muted)'),
    font: '11px "Inter Variable", system-ui',
    grid: { stroke: colour('var(--line)'), width: 1 },
    ticks: { show: false },
    ...more,
  };
}

function seriesOf(
  { colour: own, name }: Series,
  shape: 'bars' | 'lines',
  colour: (text: string) => string,
): uPlot.Series {
  const stroke = colour(own);
  if (shape === 'lines')
    return {
      label: name,
      stroke,
      width: 1.5,
      fill: `color-mix(in srgb, ${stroke} 8%, transparent)`,
      points: { size: 4 },
    };
  const paths = uPlot.paths.bars?.({ align: 1, size: [0.86, 48, 1] });
  return { label: name, fill: stroke, width: 0, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
}

/** Dragged over: the period between. Clicked: the bucket. */
function brushed(plot: uPlot, latest: Latest): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  const { times, bucketMs, onBrush } = latest.current;
  const from = plot.posToVal(left, 'x') * 1000;
  const to = plot.posToVal(left + width, 'x') * 1000;
  const first = times.findLast((time) => time <= from) ?? times[0];
  const last = times.findLast((time) => time < to) ?? times.at(-1);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  // Not every day has 24 hours.
  if (first !== undefined && last !== undefined) onBrush(first, times[times.indexOf(last) + 1] ?? last + bucketMs);
}
