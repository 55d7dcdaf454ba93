/** What a request says otherwise than the one before it, and what that did to the provider's cache. */
import type { BodyMessage, CutBody } from '../core/blocks.ts';
import type { ChangedPart, Changes } from '../core/sessions.ts';
import type { TokenCounts } from '../core/usage.ts';
import type { KnownCall, Shape } from './known-calls.ts';
import { sharedMessages } from './prefix.ts';

/** Providers forget after five minutes, unless asked for longer. */
const CACHE_LIFE_MS = 5 * 60_000;
/** Nobody caches less. */
const MIN_CACHED = 1024;

export type CacheCounts = Pick<TokenCounts, 'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens'>;

export function shapeOf(body: CutBody, model: string | null, hashes: Float64Array, usage: CacheCounts): Shape {
  return {
    model,
    system: body.system,
    tools: body.tools,
    hashes,
    lengths: Uint32Array.from(body.messages, lengthOf),
    cached: cachedBy(usage),
  };
}

/** What the next request may find in the cache; `null` = the provider tells nothing of a cache. */
function cachedBy({
  input_tokens: input,
  cache_read_tokens: read,
  cache_write_tokens: written,
}: CacheCounts): number | null {
  if (read === null && written === null) return null;
  // Who caches without being asked does not say what it writes.
  return written === null ? input : (read ?? 0) + written;
}

/** @param startedAt milliseconds since the epoch, of the later request */
export function changesSince(before: KnownCall, now: Shape, usage: CacheCounts, startedAt: number): Changes {
  const { shape } = before;
  const parts: ChangedPart[] = [];
  if (now.model !== shape.model) parts.push('model');
  if (now.tools !== shape.tools) parts.push('tools');
  if (now.system !== shape.system) parts.push('system');
  const shared = sharedWith(before, now);
  if (shared < before.messages) parts.push('messages');
  const missed = isMissed(shape.cached, usage);
  if (parts.length === 0 && missed && hasOtherMarks(shape, now)) parts.push('cache_control');
  return {
    parts,
    first_message: shape.hashes !== null && shared < before.messages ? shared : null,
    cache_missed_by: missed ? (parts[0] ?? missedByTime(startedAt - before.at)) : null,
  };
}

function missedByTime(gap: number): 'expired' | 'unknown' {
  return gap > CACHE_LIFE_MS ? 'expired' : 'unknown';
}

/** How many messages of the call before stand at the beginning of this one. */
function sharedWith({ shape, messages, hash }: KnownCall, { hashes }: Shape): number {
  if (hashes === null) return 0;
  if (hashes[messages] === hash) return messages;
  return shape.hashes === null ? 0 : sharedMessages(shape.hashes, hashes);
}

function isMissed(cached: number | null, { cache_read_tokens: read }: CacheCounts): boolean {
  return cached !== null && cached >= MIN_CACHED && read !== null && read < cached / 2;
}

/** A message that says the same in more or fewer bytes has a mark more or less: that is what fingerprints leave out. */
function hasOtherMarks({ lengths: before }: Shape, { lengths: now }: Shape): boolean {
  if (before === null || now === null) return false;
  const most = Math.min(before.length, now.length);
  for (let index = 0; index < most; index += 1) if (before[index] !== now[index]) return true;
  return false;
}

function lengthOf({ start, end }: BodyMessage): number {
  return end - start;
}
