/** What a record says of when things happened. What it does not say is not drawn. */
import type { CallRecord } from '../api/shapes.ts';
import type { Chunk } from './body/use-body.ts';

/** Milliseconds after the first byte of the request. */
export interface Phase {
  name: string;
  /** In words for who wonders. */
  what: string;
  from: number;
  to: number;
  kind: 'wait' | 'think' | 'answer';
}

export function phasesOf({ ttfb_ms: head, ttft_ms: first, duration_ms: end, status }: CallRecord): Phase[] {
  if (head === null || status === null) {
    return [
      { name: 'No answer', what: 'from the first byte of the request to its end', from: 0, to: end, kind: 'wait' },
    ];
  }
  const begin = Math.min(head, end);
  const phases: Phase[] = [
    {
      name: 'Request, and waiting',
      what: 'from the first byte of the request to the head of the answer: sending it, and what the provider did before it answered at all',
      from: 0,
      to: begin,
      kind: 'wait',
    },
  ];
  const spoke = first === null ? null : Math.min(Math.max(first, begin), end);
  if (spoke !== null) {
    phases.push({
      name: 'Before the first words',
      what: 'from the head of the answer to the first generated content (TTFT)',
      from: begin,
      to: spoke,
      kind: 'think',
    });
  }
  phases.push({
    name: 'Answer',
    what:
      spoke === null
        ? 'from the head of the answer to its last byte'
        : 'from the first generated content to the last byte',
    from: spoke ?? begin,
    to: end,
    kind: 'answer',
  });
  return phases;
}

/** Of the answer, once it spoke; `null` = it cannot be told. */
export function tokensPerSecond({ usage, ttft_ms: first, duration_ms: end }: CallRecord): number | null {
  if (usage.output_tokens === null || first === null || end - first < 1) return null;
  return (1000 * usage.output_tokens) / (end - first);
}

export interface SpeedStrip {
  /** Milliseconds after the first byte of the request. */
  from: number;
  /** Of one bucket. */
  step: number;
  /** Bytes that came in each. */
  bytes: number[];
}

/** Chunks that a step has at least, as they come on average: fewer say more of chunks than of speed. */
const CHUNKS_A_STEP = 3;

/**
 * How the chunks of an answer came from its first words on, in at most `most` steps of equal length; `null` = that is
 * not known, or too little came to tell.
 */
export function speedOf(chunks: readonly Chunk[], call: CallRecord, most: number): SpeedStrip | null {
  const from = call.ttft_ms ?? chunks[0]?.offset_ms ?? 0;
  const spoken = chunks.filter(({ offset_ms: at }) => at >= from);
  const end = Math.max(call.duration_ms, spoken.at(-1)?.offset_ms ?? 0);
  const count = Math.min(most, Math.floor(spoken.length / CHUNKS_A_STEP));
  if (count < 2 || end <= from) return null;
  const step = (end - from) / count;
  const bytes = Array.from({ length: count }, () => 0);
  for (const { offset_ms: at, bytes: size } of spoken) {
    const bucket = Math.min(count - 1, Math.floor((at - from) / step));
    bytes[bucket] = (bytes[bucket] ?? 0) + size;
  }
  return { from, step, bytes };
}

/** The longest time in which nothing came; `null` = it cannot be told. */
export function longestPause(chunks: readonly Chunk[]): { ms: number; at: number } | null {
  let longest: { ms: number; at: number } | null = null;
  for (const [index, { offset_ms: at }] of chunks.entries()) {
    const before = chunks[index - 1]?.offset_ms;
    if (before !== undefined && (longest === null || at - before > longest.ms))
      longest = { ms: at - before, at: before };
  }
  return longest;
}

/** Round numbers for an axis from 0, at most `most` of them. */
export function ticksOf(end: number, most = 6): number[] {
  if (end <= 0) return [0];
  const rough = end / most;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= rough) ?? 10 * size;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}
