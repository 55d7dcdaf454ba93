import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifeSettings } from '../core/ports.ts';
import type { Database } from '../store/driver.ts';
import { bodyBytes, spaceOf } from '../store/space.ts';
import { searchFileOf } from '../store/search/index-file.ts';
import type { Calls } from './calls.ts';

/** Bytes, but for counts and times. */
export interface Storage {
  /** `bodies`: what of it bodies take, about. */
  database: { file: string; used: number; free: number; wal: number; bodies: number };
  /** `null` = there is no index (yet). */
  search: { file: string; bytes: number } | null;
  /** `partial`: there are more files than were looked at. */
  logs: { folder: string; bytes: number; files: number; partial: boolean };
  records: number;
  /** ISO 8601 UTC; `null` = there is no record. */
  oldest: string | null;
  newest: string | null;
  pins: { calls: number; sessions: number };
  /** In force; 0 = no limit. */
  retention: {
    bodies_max_age_days: number;
    bodies_max_total_bytes: number;
    records_max_age_days: number;
    records_max_total_bytes: number;
  };
}

/** A folder with more files is not looked through to its end at each look. */
const MAX_FILES = 5000;

export async function storageOf(
  calls: Pick<Calls, 'ask'>,
  { db, logDir, life }: { db: string; logDir: string; life: LifeSettings },
): Promise<Storage> {
  const search = searchFileOf(db);
  const [searchBytes, logs] = await Promise.all([sizeOf(search), folderSize(logDir)]);
  return {
    database: {
      file: db,
      ...calls.ask((database) => ({ ...spaceOf(database, db), bodies: bodyBytes(database) })),
    },
    search: searchBytes === null ? null : { file: search, bytes: searchBytes },
    logs: { folder: logDir, ...logs },
    ...calls.ask(countsOf),
    retention: {
      bodies_max_age_days: life.retention.bodiesMaxAgeDays,
      bodies_max_total_bytes: life.retention.bodiesMaxTotalBytes,
      records_max_age_days: life.retention.recordsMaxAgeDays,
      records_max_total_bytes: life.retention.recordsMaxTotalBytes,
    },
  };
}

function countsOf(database: Database): Pick<Storage, 'records' | 'oldest' | 'newest' | 'pins'> {
  const one = (sql: string): unknown => database.prepare(sql).get()?.['found'] ?? null;
  const pins = (kind: string): number => Number(one(`SELECT count(*) AS found FROM pins WHERE kind = '${kind}'`));
  return {
    records: Number(one('SELECT count(*) AS found FROM llm_calls')),
    oldest: time(one('SELECT min(started_at) AS found FROM llm_calls')),
    newest: time(one('SELECT max(started_at) AS found FROM llm_calls')),
    pins: { calls: pins('call'), sessions: pins('session') },
  };
}

function time(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

async function folderSize(folder: string): Promise<Pick<Storage['logs'], 'bytes' | 'files' | 'partial'>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const all = entries.filter((entry) => entry.isFile());
  const looked = all.slice(0, MAX_FILES);
  const sizes = await Promise.all(looked.map((entry) => sizeOf(join(entry.parentPath, entry.name))));
  const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  return { bytes, files: looked.length, partial: looked.length < all.length };
}

async function sizeOf(file: string): Promise<number | null> {
  return stat(file).then(
    ({ size }) => size,
    () => null,
  );
}
