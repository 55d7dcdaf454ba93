/** All calls of a session and of those below it, or of a trace. */
import { get } from '../api/client.ts';
import type { OutlinePage, SessionSummary, Step, Trace } from '../api/shapes.ts';

export type Topic = 'session' | 'trace';

export interface Outline {
  topic: Topic;
  /** Null = of a session. */
  trace: Trace | null;
  /** Of a session: itself first, then all below it, parents first. */
  sessions: readonly SessionSummary[];
  /** By their start. */
  steps: readonly Step[];
  /** Where the next question goes on. */
  after: number;
  /** False: more calls are on their way, so that sums are lower bounds. */
  isWhole: boolean;
}

export function outlinePath(topic: Topic, id: string, what: 'outline' | 'tokens' = 'outline'): string {
  return `/api/${topic}s/${encodeURIComponent(id)}/${what}`;
}

/** All of it, page by page; of what is known already only what came since. @param onPage told what there is so far */
export async function fetchOutline(
  topic: Topic,
  id: string,
  known: Outline | null,
  signal: AbortSignal,
  onPage: (soFar: Outline) => void,
): Promise<Outline> {
  let after = known?.after ?? 0;
  const steps = new Map(known?.steps.map((step) => [step.id, step]));
  for (;;) {
    const page = await get<OutlinePage>(outlinePath(topic, id), { after }, signal);
    for (const step of page.steps) steps.set(step.id, step);
    ({ after } = page);
    const { trace, sessions, more } = page;
    const found = { topic, trace, sessions, steps: byStart([...steps.values()]), after, isWhole: !more };
    if (!more) return found;
    onPage(found);
  }
}

function byStart(steps: Step[]): Step[] {
  return steps.toSorted((a, b) => {
    if (a.started_at !== b.started_at) return a.started_at < b.started_at ? -1 : 1;
    return a.id < b.id ? -1 : 1;
  });
}
