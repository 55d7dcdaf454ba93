import { messageOf } from '../core/errors.ts';
import { isAlive } from '../core/is-alive.ts';
import type { LeftOverCall } from '../core/live-call.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from '../store/driver.ts';
import { findLeftOvers, type LiveOwner, readLeftOver } from '../store/live-calls.ts';

export interface TakeOverOptions {
  /** Of the store. @throws while it is not open */
  ask<T>(question: (database: Database) => T): T;
  recorder: { recover(call: LeftOverCall): Promise<void>; discard(id: string): void; flush(): Promise<void> };
  log: Logger;
  identity: LiveOwner;
  isAlive?: (pid: number) => boolean;
  /** Milliseconds since the epoch. */
  wall?: () => number;
  againMs?: number;
}

/** Recorders that seem to live are asked about again: the number of a process may be another's now. */
const AGAIN_MS = 31_000;
/** The start waits for so much of the work; the rest is done beside the first calls. */
const PATIENCE_MS = 1000;

/** Records the calls that were in flight when an earlier recorder died. Never rejects. */
export async function takeOver(options: TakeOverOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([recoverAll(options), late]);
  clearTimeout(timer);
}

async function recoverAll(options: TakeOverOptions): Promise<void> {
  const { log, identity, wall = Date.now, againMs = AGAIN_MS } = options;
  const again = (): void => void setTimeout(() => void recoverAll(options), againMs).unref();
  try {
    const survivor = { ...identity, wall: wall(), isAlive: options.isAlive ?? isAlive };
    const { ids, others } = options.ask((database) => findLeftOvers(database, survivor));
    for (const id of ids) await recover(id, options);
    if (ids.length > 0) {
      await options.recorder.flush();
      log.warn({ calls: ids.length }, 'calls that were in flight when llm-proxy died are on record');
    }
    if (others > 0) again();
  } catch (error) {
    // Who tells of the store tells of that, too.
    log.debug({ error: messageOf(error) }, 'the store could not be asked for calls that were in flight');
    again();
  }
}

async function recover(id: string, options: TakeOverOptions): Promise<void> {
  const { recorder, log } = options;
  try {
    const call = options.ask((database) => readLeftOver(database, id));
    if (call === null) recorder.discard(id);
    else await recorder.recover(call);
  } catch (error) {
    recorder.discard(id);
    log.warn({ call: id, error: messageOf(error) }, 'a call that was in flight cannot be recorded');
  }
  // Traffic comes first.
  await new Promise((resolve) => setImmediate(resolve));
}
