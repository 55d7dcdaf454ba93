/** Shapes of answers of the admin API (docs/api.md). The types are the daemon's own wherever it exports them. */
import type { CallRecord } from '../../../src/core/capture.ts';
import type { HitText } from '../../../src/admin/search.ts';

export type { CallRecord, CostLine } from '../../../src/core/capture.ts';
export type { PeriodGroup, PeriodStats, RecorderHealth } from '../../../src/core/ports.ts';
export type { Changes } from '../../../src/core/sessions.ts';
export type { ConversationAnswer as Conversation } from '../../../src/admin/conversation.ts';
export type { ViewMedia, ViewMessage, ViewPart, ViewTool } from '../../../src/interchange/conversation/view.ts';
export type { OutlinePage } from '../../../src/admin/outline-routes.ts';
export type { ListedSession, SessionSummary } from '../../../src/admin/sessions.ts';
export type { TokenShares } from '../../../src/admin/token-shares.ts';
export type { Step } from '../../../src/store/outline.ts';
export type { Trace } from '../../../src/store/traces.ts';
export type { RunningCall } from '../../../src/core/running-call.ts';
export type { Usage } from '../../../src/core/usage.ts';
export type { HitText };

/** `GET /api/calls`. */
export interface CallPage {
  calls: CallRecord[];
  next_cursor: string | null;
  /** Not all calls could be looked at in time: the next page goes on there. */
  partial: boolean;
}

/** `GET /api/calls?with=texts,titles`. */
export interface ListedCalls extends CallPage {
  /** Where the words of the filter stand, for each call; `null` = none was looked for. */
  texts: (HitText | null)[];
  /** Texts that the index does not hold yet. */
  behind: number;
  /** Parts of the filter that nothing can be found by. */
  ignored: string[];
  /** Of `sort=cost`: US dollars below which calls are not listed, for there are too many; null = all are. */
  above_usd?: number | null;
  /** By `agent_facts.session`. */
  titles: Record<string, string>;
}

/** `GET /api/facets`. `value` is `null` for calls that say none. */
export interface Facets {
  facets: Record<string, { value: string | null; calls: number }[]>;
  /** Calls that were looked at, the newest ones; all when `complete`. */
  counted: number;
  complete: boolean;
}
