/** A call that has not ended: its clock runs, its text comes. */
import { useSyncExternalStore } from 'react';
import type { RunningCall } from '../api/shapes.ts';
import { bytes, whole } from '../format/numbers.ts';

const TICK_MS = 100;
const ticking = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let tick = 0;

/** One clock for all rows; it stands while nobody looks. */
function onTick(changed: () => void): () => void {
  ticking.add(changed);
  timer ??= setInterval(() => {
    tick += 1;
    for (const tell of ticking) tell();
  }, TICK_MS);
  return () => {
    ticking.delete(changed);
    if (ticking.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

export function RunningClock({ since }: { since: string }) {
  useSyncExternalStore(onTick, () => tick);
  const ms = Date.now() - Date.parse(since);
  return <span className="text-accent">{(Math.max(0, ms) / 1000).toFixed(1)}</span>;
}

export function RunningDot() {
  return (
    <span role="img" aria-label="under way" title="under way" className="text-xs text-accent">
      ◌
    </span>
  );
}

export function RunningTokens({ call }: { call: RunningCall }) {
  if (call.output_tokens !== null) return <span className="text-muted">≥ {whole(call.output_tokens)}</span>;
  return <span className="text-faint">{call.bytes === 0 ? '…' : bytes(call.bytes)}</span>;
}

/** The end of what was said so far, and the caret behind it. */
export function RunningText({ call }: { call: RunningCall }) {
  if (call.text === null || call.text === '') return <span className="text-faint">{call.path}</span>;
  return (
    // What comes last is what is looked at: the beginning gives way.
    <span className="flex min-w-0 text-muted" title="what was answered so far">
      <bdi className="min-w-0 overflow-hidden text-left whitespace-nowrap [direction:rtl]">
        <bdi className="[direction:ltr]">{call.text.slice(-MOST_TEXT).replaceAll(/\s+/g, ' ')}</bdi>
      </bdi>
      <span aria-hidden="true" className="text-accent">
        ▍
      </span>
    </span>
  );
}

const MOST_TEXT = 200;
