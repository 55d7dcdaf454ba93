/** What changed between a call and the one before it in its session. Pure. */
import type { Step } from '../api/shapes.ts';
import { modelOf } from '../format/call.ts';

export type Break =
  | { what: 'idle'; ms: number }
  | { what: 'model'; from: string; to: string }
  /** Messages in the request before and in this one. */
  | { what: 'compaction'; from: number; to: number }
  | { what: 'system' }
  | { what: 'tools' };

/** Ten minutes: as long as a session counts as active. */
export const IDLE_MS = 600_000;

export function breaksBefore(before: Step, step: Step): Break[] {
  const breaks: Break[] = [];
  const idle = Date.parse(step.started_at) - Date.parse(before.started_at) - before.duration_ms;
  if (idle >= IDLE_MS) breaks.push({ what: 'idle', ms: idle });
  const compaction = compactionOf(before, step);
  if (compaction !== null) breaks.push(compaction);
  const [from, to] = [askedModel(before), askedModel(step)];
  if (from !== to) breaks.push({ what: 'model', from, to });
  const changed = step.facts?.changes?.parts ?? [];
  if (changed.includes('system')) breaks.push({ what: 'system' });
  if (changed.includes('tools')) breaks.push({ what: 'tools' });
  return breaks;
}

function compactionOf(before: Step, { facts }: Step): Break | null {
  if (facts?.follows?.how !== 'compacts') return null;
  return { what: 'compaction', from: before.facts?.messages ?? 0, to: facts.messages };
}

/** What was asked for: a provider may answer an alias with another name each time. */
function askedModel(step: Step): string {
  return step.request_model ?? modelOf(step);
}
