/** A request that is sent again. */
import type { KnownCall } from './known-calls.ts';

export interface Again {
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The client's own count. */
  retryCount: number | null;
  system: string | null;
  tools: string | null;
  isNamed: boolean;
}

/** How long a client may wait before it tries again. Milliseconds. */
const BACKOFF_MS = 2 * 60_000;
const NAMED_BACKOFF_MS = 10 * 60_000;
/** An answer that came is asked for again by who did not get it, or did not like it. */
const AGAIN_MS = 30_000;

/** @param alike calls with the same messages, of the same program (or of the session that the client names) */
export function retriedCall(alike: readonly KnownCall[], again: Again): KnownCall | null {
  const tried = alike.filter((call) => isTriedAgain(call, again));
  const last = tried.at(-1);
  if (last === undefined) return null;
  // Two that failed alike: whose next try is it?
  return again.isNamed || tried.every(({ session }) => session === last.session) ? last : null;
}

function isTriedAgain(call: KnownCall, again: Again): boolean {
  const { shape } = call;
  const wait = again.startedAt - call.at;
  if (call.next !== null || wait < -5 || shape.system !== again.system || shape.tools !== again.tools) return false;
  if (again.isNamed) return wait < (call.failed ? NAMED_BACKOFF_MS : AGAIN_MS);
  const isCounted = (again.retryCount ?? 0) > 0;
  if (!call.failed) return isCounted && wait < AGAIN_MS;
  return wait < BACKOFF_MS && (isCounted || call.distinct);
}
