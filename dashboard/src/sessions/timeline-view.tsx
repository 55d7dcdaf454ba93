/** All calls in time: who worked beside whom, what took long. Zoomed by dragging, or by keys. */
import { useMemo, useState } from 'react';
import { modelOf, statusText } from '../format/call.ts';
import { compact, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { useKeys } from '../keyboard/keys.ts';
import { CallCost, When } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { Split } from '../kit/split.tsx';
import { goTo, useSetParams } from '../url/use-route.ts';
import { usePlace } from './place.ts';
import { toolsText } from './texts.ts';
import { type Bar, barBeside, type Lanes, lanesOf, pausesOf, scaleOf } from './timeline.ts';
import { TimelineCanvas } from './timeline-canvas.tsx';
import { OpenCall } from './tree-view.tsx';

export function TimelineView() {
  const { call } = usePlace();
  return <Split list={<Timeline />} detail={call === null ? null : <OpenCall />} />;
}

interface Window {
  from: number;
  to: number;
}

function Timeline() {
  const { outline, route, call, hrefOfCall } = usePlace();
  const lanes = useMemo(() => lanesOf(outline), [outline]);
  const whole = useMemo(() => boundsOf(lanes.bars), [lanes]);
  const window = useMemo(() => windowOf(route.params, whole), [route.params, whole]);
  const isZoomed = window.from > whole.from || window.to < whole.to;
  const showsPauses = route.params.has('pauses');
  const pauses = useMemo(() => (showsPauses ? [] : pausesOf(lanes.bars)), [lanes, showsPauses]);
  const scale = useMemo(() => scaleOf(window.from, window.to, pauses), [window.from, window.to, pauses]);
  const setParams = useSetParams();
  const [pointed, setPointed] = useState<Bar | null>(null);
  const zoom = (next: Window | null): void =>
    setParams(next === null ? { t0: null, t1: null } : { t0: String(next.from), t1: String(next.to) });
  const open = lanes.bars.find(({ step }) => step.id === call) ?? null;
  const go = (bar: Bar | null | undefined): void => {
    if (bar === null || bar === undefined) return;
    if (bar.start < window.from || bar.end > window.to) zoom(null);
    goTo(hrefOfCall(bar.step.id), call !== null);
  };
  useTimelineKeys({ lanes, open, go, zoom, window, whole });
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex min-h-8 shrink-0 flex-wrap items-center gap-x-3 gap-y-0.5 border-b border-line px-3 py-1 text-sm text-muted">
        <span role="status" className="min-w-0 flex-1 truncate">
          <About bar={pointed ?? open} window={window} lanes={lanes} />
        </span>
        <span className="inline-flex items-center gap-1.5 whitespace-nowrap max-md:hidden">
          <span aria-hidden="true" className="h-2 w-3 bg-series-input opacity-45" />
          waits for the first token
          <span aria-hidden="true" className="ml-1 h-2 w-3 bg-series-input" />
          answers
        </span>
        {isZoomed && (
          <Button look="quiet" onClick={() => zoom(null)} title="0">
            Show all
          </Button>
        )}
        <label className="inline-flex items-center gap-1.5 whitespace-nowrap">
          <input
            type="checkbox"
            checked={showsPauses}
            onChange={() => setParams({ pauses: showsPauses ? null : '1' })}
            className="accent-(--accent)"
          />
          pauses at their length
        </label>
      </div>
      <TimelineCanvas
        lanes={lanes}
        window={window}
        scale={scale}
        pauses={pauses}
        open={open}
        onPoint={setPointed}
        onOpen={(bar) => goTo(hrefOfCall(bar.step.id))}
        onZoom={zoom}
      />
    </div>
  );
}

/** Of what is pointed at or open; else of all that is in sight. */
function About({ bar, window, lanes }: { bar: Bar | null; window: Window; lanes: Lanes }) {
  if (bar === null) {
    const shown = lanes.bars.filter(({ start, end }) => end >= window.from && start <= window.to).length;
    return (
      <>
        {whole(shown)} {shown === 1 ? 'call' : 'calls'} in {duration(window.to - window.from)}; drag over a stretch to
        enlarge it
      </>
    );
  }
  const { step } = bar;
  return (
    <span className="text-text">
      <When iso={step.started_at} /> · {duration(step.duration_ms)}
      {step.ttft_ms !== null && <> (first token after {duration(step.ttft_ms)})</>} · <bdi>{modelOf(step)}</bdi>
      {step.tools.length > 0 && <bdi> · {toolsText(step.tools)}</bdi>}
      {step.usage.input_tokens !== null && (
        <>
          {' '}
          · {compact(step.usage.input_tokens)} in, {compact(step.usage.output_tokens ?? 0)} out
        </>
      )}{' '}
      · <CallCost call={step} />
      {step.status !== 200 && <span className="text-bad"> · {statusText(step)}</span>}
    </span>
  );
}

function boundsOf(bars: readonly Bar[]): Window {
  const [first] = bars;
  if (first === undefined) return { from: 0, to: 1 };
  const to = bars.reduce((end, bar) => Math.max(end, bar.end), first.end);
  // A hundredth of air, so that the last bar does not end at the edge.
  return { from: first.start, to: Math.max(first.start + 1, Math.ceil(to + (to - first.start) * 0.01)) };
}

function windowOf(params: URLSearchParams, all: Window): Window {
  const from = Math.max(all.from, Number(params.get('t0') ?? all.from));
  const to = Math.min(all.to, Number(params.get('t1') ?? all.to));
  return from < to ? { from, to } : all;
}

interface Keys {
  lanes: Lanes;
  open: Bar | null;
  go: (bar: Bar | null | undefined) => void;
  zoom: (window: Window | null) => void;
  window: Window;
  whole: Window;
}

function useTimelineKeys({ lanes: { bars }, open, go, zoom, window, whole: all }: Keys): void {
  const where = 'timeline';
  const step = (by: number): void => {
    const at = open === null ? (by > 0 ? -1 : bars.length) : bars.indexOf(open);
    go(bars[Math.max(0, Math.min(bars.length - 1, at + by))]);
  };
  const beside = (by: 1 | -1): void => (open === null ? step(by) : go(barBeside(bars, open, by)));
  const resize = (factor: number): void => {
    const centre = open === null ? (window.from + window.to) / 2 : (open.start + open.end) / 2;
    const half = ((window.to - window.from) * factor) / 2;
    const next = { from: Math.round(centre - half), to: Math.round(centre + half) };
    zoom(next.from <= all.from && next.to >= all.to ? null : next);
  };
  useKeys([
    { keys: 'ArrowRight', does: 'next call in time', where, run: () => step(1) },
    { keys: 'ArrowLeft', does: 'call before in time', where, run: () => step(-1) },
    { keys: 'j', does: 'next call in time', where, run: () => step(1) },
    { keys: 'k', does: 'call before in time', where, run: () => step(-1) },
    { keys: 'ArrowDown', does: 'call on the lane below', where, run: () => beside(1) },
    { keys: 'ArrowUp', does: 'call on the lane above', where, run: () => beside(-1) },
    { keys: 'Home', does: 'first call', where, run: () => go(bars[0]) },
    { keys: 'End', does: 'last call', where, run: () => go(bars.at(-1)) },
    { keys: '+', does: 'enlarge', where, run: () => resize(0.5) },
    { keys: '-', does: 'make smaller', where, run: () => resize(2) },
    { keys: '0', does: 'show all', where, run: () => zoom(null) },
  ]);
}
