/** The picture of the timeline: drawn on a canvas as large as what is in sight, however many calls there are. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { stateOf } from '../format/call.ts';
import { useTheme } from '../kit/theme.ts';
import { type Bar, barAt, type Lane, type Lanes, type Pause, type Scale, ticksOf } from './timeline.ts';

const LANE = 18;
const BAR = 12;
const AXIS = 24;
const NAMES = 168;

interface CanvasProps {
  lanes: Lanes;
  window: { from: number; to: number };
  scale: Scale;
  pauses: readonly Pause[];
  open: Bar | null;
  onPoint: (bar: Bar | null) => void;
  onOpen: (bar: Bar) => void;
  onZoom: (window: { from: number; to: number }) => void;
}

export function TimelineCanvas(props: CanvasProps) {
  const { lanes, scale, open, pauses, window, onPoint, onOpen, onZoom } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0, top: 0 });
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const { shown: theme } = useTheme();
  const names = size.width < 560 ? 0 : NAMES;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void =>
      setSize({ width: element.clientWidth, height: element.clientHeight, top: element.scrollTop });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current === null || size.width === 0) return;
    draw(canvas.current, { lanes, scale, open, pauses, window, size, names, drag, theme });
  }, [lanes, scale, pauses, open, window, size, names, drag, theme]);
  const latest = useRef(open);
  latest.current = open;
  // A call that is opened by a key may be out of sight. More calls beside it take the reader nowhere.
  useEffect(() => {
    const element = scroller.current;
    const lane = latest.current?.lane;
    if (element === null || lane === undefined) return;
    const top = lane * LANE;
    if (top < element.scrollTop || top + LANE > element.scrollTop + element.clientHeight - AXIS)
      element.scrollTop = top - element.clientHeight / 2;
  }, [open?.step.id]);
  const inner = Math.max(1, size.width - names);
  const place = (event: React.PointerEvent): { at: number; bar: Bar | null } => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const at = Math.max(0, Math.min(1, (event.clientX - left - names) / inner));
    const lane = Math.floor((event.clientY - top - AXIS + size.top) / LANE);
    const slack = Math.abs(scale.time(Math.min(1, at + 3 / inner)) - scale.time(at));
    return { at, bar: event.clientY - top < AXIS ? null : barAt(lanes.bars, lane, scale.time(at), slack) };
  };
  const ended = (event: React.PointerEvent): void => {
    const { at, bar } = place(event);
    const start = drag?.from ?? at;
    setDrag(null);
    if (Math.abs(at - start) * inner >= 5) {
      const [from, to] = [Math.min(at, start), Math.max(at, start)];
      onZoom({ from: Math.floor(scale.time(from)), to: Math.ceil(scale.time(to)) });
    } else if (bar !== null) onOpen(bar);
  };
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Timeline; arrow keys go from call to call"
      onScroll={(event) => {
        const { scrollTop } = event.currentTarget;
        setSize((before) => ({ ...before, top: scrollTop }));
      }}
      className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto focus-visible:-outline-offset-2"
    >
      <div style={{ height: Math.max(size.height, lanes.lanes.length * LANE + AXIS + 8) }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${lanes.bars.length} calls on ${lanes.lanes.length} lanes; the tree has them as text`}
          style={{ width: size.width, height: size.height }}
          className="sticky top-0 block cursor-crosshair touch-pan-y"
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            const { at } = place(event);
            setDrag({ from: at, to: at });
          }}
          onPointerMove={(event) => {
            const { at, bar } = place(event);
            onPoint(bar);
            if (drag !== null) setDrag({ from: drag.from, to: at });
          }}
          onPointerUp={(event) => drag !== null && ended(event)}
          onPointerCancel={() => setDrag(null)}
          onPointerLeave={() => onPoint(null)}
        />
      </div>
    </div>
  );
}

interface Picture extends Pick<CanvasProps, 'lanes' | 'window' | 'scale' | 'pauses' | 'open'> {
  /** The colours are those of the theme: another one is another picture. */
  theme: string;
  size: { width: number; height: number; top: number };
  names: number;
  drag: { from: number; to: number } | null;
}

function draw(canvas: HTMLCanvasElement, picture: Picture): void {
  const { size } = picture;
  const ratio = globalThis.devicePixelRatio;
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`);
  context.scale(ratio, ratio);
  context.font = '11px "Inter Variable", system-ui';
  context.textBaseline = 'middle';
  drawPauses(context, picture, colour);
  drawTicks(context, picture, colour);
  drawBars(context, picture, colour);
  drawNames(context, picture, colour);
  drawDrag(context, picture, colour);
}

type Colour = (name: string) => string;
type Context = CanvasRenderingContext2D;

function xOf({ size, names, scale }: Picture, time: number): number {
  return names + scale.at(time) * Math.max(1, size.width - names);
}

function drawPauses(context: Context, picture: Picture, colour: Colour): void {
  context.fillStyle = colour('raised');
  for (const { start, end } of picture.pauses) {
    if (end < picture.window.from || start > picture.window.to) continue;
    const x = xOf(picture, start);
    context.fillRect(x + 1, AXIS, Math.max(1, xOf(picture, end) - x - 2), picture.size.height);
  }
}

function drawTicks(context: Context, picture: Picture, colour: Colour): void {
  const { window, size, pauses } = picture;
  const { times, step } = ticksOf(window.from, window.to, Math.max(2, Math.floor(size.width / 90)));
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (pauses.some(({ start, end }) => time > start && time < end)) continue;
    const x = xOf(picture, time);
    context.fillStyle = colour('line');
    context.fillRect(Math.round(x), AXIS - 4, 1, size.height);
    const text = tickText(time, step);
    // Where a pause was cut out moments may lie side by side.
    if (x < lastEnd + 8 || x + context.measureText(text).width > size.width) continue;
    context.fillStyle = colour('muted');
    context.fillText(text, x + 3, AXIS / 2);
    lastEnd = x + 3 + context.measureText(text).width;
  }
  context.fillStyle = colour('line');
  context.fillRect(0, AXIS - 1, size.width, 1);
}

function tickText(time: number, step: number): string {
  const at = new Date(time);
  if (step >= 86_400_000) return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  const clock = at.toLocaleTimeString('en-GB');
  return step < 1000 ? `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}` : clock;
}

function drawBars(context: Context, picture: Picture, colour: Colour): void {
  const { lanes, size, window, open, names } = picture;
  const colours = { ok: colour('series-input'), bad: colour('bad'), open: colour('accent'), faint: colour('faint') };
  context.save();
  context.beginPath();
  context.rect(names, AXIS, size.width - names, size.height - AXIS);
  context.clip();
  for (const bar of lanes.bars) {
    const y = AXIS + bar.lane * LANE - size.top + (LANE - BAR) / 2;
    if (bar.start > window.to) break;
    if (bar.end < window.from || y < -LANE || y > size.height) continue;
    const x = xOf(picture, bar.start);
    const width = Math.max(1.5, xOf(picture, bar.end) - x);
    const { step } = bar;
    context.fillStyle = stateOf(step) === 'ok' ? (step.inference ? colours.ok : colours.faint) : colours.bad;
    // Until the first token nothing is seen of the work.
    const wait = step.ttft_ms === null ? 0 : Math.min(width, (width * step.ttft_ms) / Math.max(1, step.duration_ms));
    context.globalAlpha = 0.45;
    context.fillRect(x, y, wait, BAR);
    context.globalAlpha = 1;
    context.fillRect(x + wait, y, width - wait, BAR);
    if (bar !== open) continue;
    context.strokeStyle = colours.open;
    context.lineWidth = 2;
    context.strokeRect(x - 2, y - 2, width + 4, BAR + 4);
  }
  context.restore();
}

function drawNames(context: Context, picture: Picture, colour: Colour): void {
  const { lanes, size, names } = picture;
  if (names === 0) return;
  context.fillStyle = colour('line');
  context.fillRect(names - 1, 0, 1, size.height);
  for (const [index, lane] of lanes.lanes.entries()) {
    const y = AXIS + index * LANE - size.top;
    if (!lane.isFirst || y < AXIS - LANE || y > size.height) continue;
    context.save();
    context.beginPath();
    context.rect(0, AXIS, names - 8, size.height);
    context.clip();
    context.fillStyle = colour(lane.depth === 0 ? 'text' : 'muted');
    context.fillText(nameOf(lane), 12 + Math.min(4, lane.depth) * 10, y + LANE / 2);
    context.restore();
  }
}

function nameOf({ session }: Lane): string {
  if (session === null) return 'no session';
  return (session.title ?? session.client_session_id ?? session.id).slice(0, 60);
}

function drawDrag(context: Context, picture: Picture, colour: Colour): void {
  const { drag, names, size } = picture;
  if (drag === null) return;
  const inner = Math.max(1, size.width - names);
  context.fillStyle = colour('accent-weak');
  context.fillRect(names + Math.min(drag.from, drag.to) * inner, 0, Math.abs(drag.to - drag.from) * inner, size.height);
}
