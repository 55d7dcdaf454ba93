import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { emptyPurge } from '../core/purge.ts';
import type { PurgeSlice, PurgeTarget } from '../core/ports.ts';
import { sessionNameOf } from '../core/session-entries.ts';
import { eraseEntries, eraseSection } from '../sinks/erase.ts';
import { removeBackups } from '../store/backup.ts';
import type { UseStore } from '../store/driver.ts';
import { doomedCalls, purgeCalls, type PurgedCall, purgeNames } from '../store/purge.ts';
import { emptyWal, giveBack, rebuild, usedBytes } from '../store/space.ts';

export interface PurgeDeps {
  /** Of the database file. */
  path: string;
  /** Of session files. */
  sessionFolder: string;
  use: UseStore;
  clock: Pick<Clock, 'now'>;
  /** Nobody else writes: it may take as long as it takes. */
  isAlone: boolean;
}

const ANSWER_MS = 1000;
const SLICE_MS = 10;
const CALLS_AT_ONCE = 4;
/** To write the file anew takes 0.1 s then, for which others who write wait. */
const REBUILT_AT_ONCE = 16 * 1024 * 1024;
/** Whoever reads an old state of the database holds up its -wal: questions take less than this. */
const WAL_PATIENCE_MS = 2000;

/** Behind a call; then what remains between the rows: names, room, the -wal, copies. */
type Step = { after: number } | 'room' | 'rest';

/** About a second of it. Rejects with AppError `config_invalid` on a cursor that is none, and with what SQLite says. */
export async function purgeSlice(target: PurgeTarget, cursor: string | null, deps: PurgeDeps): Promise<PurgeSlice> {
  const slice = emptyPurge();
  const until = deps.clock.now() + ANSWER_MS;
  for (let step: Step | null = stepOf(cursor); step !== null && deps.clock.now() < until; await pause(0)) {
    step = await take(step, target, slice, deps);
    slice.next_cursor = step === null ? null : cursorOf(step);
  }
  return slice;
}

async function take(step: Step, target: PurgeTarget, slice: PurgeSlice, deps: PurgeDeps): Promise<Step | null> {
  const { use, clock } = deps;
  if (step === 'room') {
    await pause(SLICE_MS);
    return use((database) => giveBack(database, SLICE_MS, () => clock.now(), 0)) ? 'rest' : 'room';
  }
  if (step === 'rest') {
    await clean(slice, deps);
    return null;
  }
  const { calls, after } = use((database) => doomedCalls(database, target, step.after));
  await purgePage(calls, target, slice, deps);
  if (after !== null) return { after };
  use((database) => purgeNames(database, target));
  return 'room';
}

/** Files first: a record that is still there leads to what is not erased yet. */
async function purgePage(
  calls: readonly PurgedCall[],
  target: PurgeTarget,
  slice: PurgeSlice,
  deps: PurgeDeps,
): Promise<void> {
  if (calls.length === 0) return;
  for (const { id, log } of calls) {
    if (log === null) continue;
    if (attempt(slice, log.file, () => eraseSection(log, id))) slice.log_sections += 1;
    else slice.log_sections_missing += 1;
  }
  try {
    slice.session_entries += await eraseEntries(
      deps.sessionFolder,
      calls.map(({ id, host, startedAt, sessionId }) => ({
        id,
        host,
        session: sessionNameOf(sessionId, startedAt, id),
      })),
    );
  } catch (error) {
    slice.left.push(`session files of ${deps.sessionFolder} could not be written: ${messageOf(error)}`);
  }
  // A few at a time: lists that build on theirs are written anew.
  for (let first = 0; first < calls.length;) {
    const began = deps.clock.now();
    const few = calls.slice(first, first + CALLS_AT_ONCE);
    deps.use((database) => purgeCalls(database, few, target));
    first += few.length;
    slice.calls += few.length;
    await pause(Math.ceil((deps.clock.now() - began) / 2));
  }
}

function attempt(slice: PurgeSlice, file: string, work: () => boolean): boolean {
  try {
    return work();
  } catch (error) {
    slice.left.push(`${file} could not be written: ${messageOf(error)}`);
    return false;
  }
}

async function clean(slice: PurgeSlice, { use, clock, path, isAlone }: PurgeDeps): Promise<void> {
  // When pages are split, SQLite leaves copies of what it moved between the rows, and does not know of them any more.
  const isClean = use((database) => {
    const isQuick = usedBytes(database) <= REBUILT_AT_ONCE || isAlone;
    if (isQuick) rebuild(database);
    return isQuick;
  });
  if (!isClean)
    slice.left.push(
      'parts of names may stand between the rows of the database: llm-proxy stop, then llm-proxy prune --vacuum',
    );
  const until = clock.now() + WAL_PATIENCE_MS;
  let isEmpty = use(emptyWal);
  for (; !isEmpty && clock.now() < until; isEmpty = use(emptyWal)) await pause(100);
  if (!isEmpty) slice.left.push(`${path}-wal holds some of it while a program reads the database: purge again later`);
  slice.backups = removeBackups(path);
}

function cursorOf(step: Step): string {
  return typeof step === 'string' ? step : String(step.after);
}

function stepOf(cursor: string | null): Step {
  if (cursor === null) return { after: 0 };
  if (cursor === 'room' || cursor === 'rest') return cursor;
  const after = Number(cursor);
  if (!Number.isSafeInteger(after) || after < 0) throw new AppError('config_invalid', 'cursor is not one of ours');
  return { after };
}
