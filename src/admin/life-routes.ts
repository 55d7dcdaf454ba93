/** `POST /api/prune`, `/api/purge`, pins: what happens to what is stored. Formats: docs/api.md. */
import type { Context, Hono } from 'hono';
import type { CallRecord } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { PurgeSlice, PurgeTarget, RecorderService } from '../core/ports.ts';
import { emptyPurge } from '../core/purge.ts';
import type { Remote } from '../core/rpc.ts';
import type { Database } from '../store/driver.ts';
import { listPins, type PinKind } from '../store/pins.ts';
import { countDoomed } from '../store/purge.ts';
import { isStored } from '../store/queries.ts';
import { getSession } from '../store/sessions.ts';
import { countOld } from '../store/sweep.ts';
import { refuse } from './access.ts';
import { flagOf, pruneLimitsOf, purgeTargetOf, textOf } from './life-query.ts';
import type { Search } from './search.ts';

export interface LifeDeps {
  calls: {
    ask<T>(question: (database: Database) => T): T;
    get(id: string): CallRecord | 'ambiguous' | null;
  };
  recorder: () => Pick<Remote<RecorderService>, 'prune' | 'purge' | 'pin'>;
  /** Null = there is no index. */
  search: Pick<Search, 'index' | 'forgetRemoved'> | null;
  /** Finished calls that are kept for those who lost the line. */
  live: { forget(isGone: (call: CallRecord) => boolean): void };
}

/** The last step of a purge is not the recorder's: this thread writes the index. */
const INDEX = 'index';
const ANSWER_MS = 1000;
const SLICE_MS = 100;

export function lifeRoutes(app: Hono, deps: LifeDeps): void {
  app.post('/api/prune', async (context) => {
    const given = await bodyOf(context);
    const limits = pruneLimitsOf(given);
    if (!flagOf(given, 'dry_run')) return context.json(await deps.recorder().prune(limits));
    if (limits === null) throw new AppError('config_invalid', 'dry_run needs older_than');
    return context.json({ ...deps.calls.ask((database) => countOld(database, limits)), done: true });
  });
  app.post('/api/purge', async (context) => {
    const given = await bodyOf(context);
    const target = whole(purgeTargetOf(given), deps);
    if (target === 'ambiguous') return refuse(context, 409, 'ambiguous', 'several calls begin so; give more of the id');
    if (flagOf(given, 'dry_run')) return context.json(deps.calls.ask((database) => countDoomed(database, target)));
    const cursor = textOf(given, 'cursor');
    if (cursor === INDEX) return context.json(forgetInIndex(deps.search));
    const slice = await deps.recorder().purge(target, cursor);
    deps.calls.ask((database) => deps.live.forget(({ id }) => !isStored(database, id)));
    return context.json({ ...slice, next_cursor: slice.next_cursor ?? INDEX });
  });
  app.get('/api/pins', (context) => context.json({ pins: deps.calls.ask(listPins) }));
  pins(app, 'call', '/api/calls/:id/pin', deps);
  pins(app, 'session', '/api/sessions/:id/pin', deps);
}

function pins(app: Hono, kind: PinKind, path: string, deps: LifeDeps): void {
  const answer = async (context: Context, on: boolean): Promise<Response> => {
    const target = whole({ kind, id: context.req.param('id') ?? '' }, deps);
    if (target === 'ambiguous') return refuse(context, 409, 'ambiguous', 'several calls begin so; give more of the id');
    const result = await deps.recorder().pin(kind, target.id, on);
    if (result === 'unknown') return refuse(context, 404, 'not_found', `there is no such ${kind}`);
    return context.json({ kind, id: target.id, pinned: on, changed: result === 'changed' });
  };
  app.put(path, (context) => answer(context, true));
  app.delete(path, (context) => answer(context, false));
}

function forgetInIndex(search: LifeDeps['search']): PurgeSlice {
  const slice = emptyPurge();
  if (search === null) return slice;
  try {
    let isDone = false;
    for (const until = performance.now() + ANSWER_MS; !isDone && performance.now() < until;)
      isDone = search.index(SLICE_MS).done;
    if (!isDone) return { ...slice, next_cursor: INDEX };
    search.forgetRemoved();
    return slice;
  } catch (error) {
    return { ...slice, left: [`the search index still holds words of it: ${messageOf(error)}`] };
  }
}

/** The beginning of an id is enough. A call that is not there may still be pinned, or named in files. */
function whole(target: PurgeTarget, { calls }: LifeDeps): PurgeTarget | 'ambiguous' {
  const { kind, id } = target;
  if (kind !== 'call' && kind !== 'session') return target;
  const found = kind === 'call' ? calls.get(id) : calls.ask((database) => getSession(database, id));
  if (found === 'ambiguous') return found;
  // What is whole stays as it is: a client's name, which calls may bear that are in no session.
  const isBeginning = found !== null && ['', 'ses_', 'call_'].some((prefix) => found.id.startsWith(prefix + id));
  const isName = found !== null && 'client_session_id' in found && found.client_session_id === id;
  return isBeginning && !isName ? { kind, id: found.id } : target;
}

async function bodyOf(context: Context): Promise<Record<string, unknown>> {
  const body: unknown = await context.req.json().catch(() => null);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AppError('config_invalid', 'the body must be a JSON object');
  return body as Record<string, unknown>;
}
