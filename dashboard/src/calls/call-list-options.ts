import type { CallRecord, ListedCalls } from '../api/shapes.ts';

/** Where a list of calls has them from, and whom it tells. */
export interface CallListOptions {
  fetch: (cursor: string | null, limit: number, signal: AbortSignal) => Promise<ListedCalls>;
  /** The list looks different now; told at most once for each event. */
  changed: () => void;
  /** Whether a call that ended belongs to it; `ask`: only the daemon knows. */
  takes: (call: CallRecord) => boolean | 'ask';
  pageSize?: number;
}
