/** How far a destination has been served: one small file beside the database, replaced whole. Format: docs/delivery.md. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where in the store a delivery is. */
export interface Place {
  /** Everything up to this number of a call was taken, refused, or passed over. */
  seq: number;
  /** The call with that number, to know the store by; null = there was none. */
  anchor: { seq: number; id: string; started_at: string } | null;
  /** Deletions that were looked at: numbers of deleted calls are given out again. */
  removals: number;
}

export interface DeliveryState extends Place {
  /** Where to, without secrets. */
  address: string | null;
  /** The highest number that was dealt with: what is missing behind it was deleted before it could be sent. */
  high: number;
  /** Calls, ever. */
  sent: number;
  /** The destination does not want them: given up. */
  refused: number;
  /** Deleted from the store before they could be sent. */
  missed: number;
  /** ISO 8601 UTC; null = never. */
  sent_at: string | null;
  /** Why nothing arrives at the moment; null = it does. */
  error: { message: string; since: string } | null;
  /** The last call that was given up, and why. */
  last_refusal: { call_id: string; message: string; at: string } | null;
}

/** `data/llm-proxy.db` → `data/delivery-otlp.json`; another database has its name before it. */
export function stateFileOf(db: string, name: string): string {
  const file = basename(db);
  const prefix = file === 'llm-proxy.db' ? '' : `${file.replace(/\.db$/, '')}.`;
  return join(dirname(db), `${prefix}delivery-${name}.json`);
}

export function begunAt(place: Place): DeliveryState {
  return {
    ...place,
    address: null,
    high: place.seq,
    sent: 0,
    refused: 0,
    missed: 0,
    sent_at: null,
    error: null,
    last_refusal: null,
  };
}

/** Null = there is none. @throws when it cannot be read, or is none of ours: nobody knows then what was sent */
export function readState(path: string): DeliveryState | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const found = parsed(text);
  if (found === null) throw new Error(`${path} is damaged: delete it to begin with the calls from now on`);
  return found;
}

function parsed(text: string): DeliveryState | null {
  try {
    const found = JSON.parse(text) as DeliveryState | null;
    if (found === null || !Number.isSafeInteger(found.seq) || !Number.isSafeInteger(found.removals)) return null;
    return { ...begunAt({ seq: found.seq, anchor: null, removals: 0 }), ...found };
  } catch {
    return null;
  }
}

/** @throws what the disk says; the file is the one before then */
export function writeState(path: string, state: DeliveryState): void {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify(state)}\n`, { mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** What `llm-proxy sinks rewind` leaves for the delivery to find: ISO 8601 UTC, the start of the first call to send. */
function rewindFileOf(stateFile: string): string {
  return stateFile.replace(/\.json$/, '.rewind');
}

export function askRewind(stateFile: string, since: string): void {
  const path = rewindFileOf(stateFile);
  writeFileSync(`${path}.new`, since, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Null = nobody asked. */
export function askedRewind(stateFile: string): string | null {
  const path = rewindFileOf(stateFile);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

export function forgetRewind(stateFile: string): void {
  rmSync(rewindFileOf(stateFile), { force: true });
}
