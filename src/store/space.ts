/** How much room the database takes, and how it gives room back without holding up who writes. */
import { statSync } from 'node:fs';
import type { StoreSpace } from '../core/ports.ts';
import { type Database, statementOf } from './driver.ts';

/** @param path of the file, for the size of its -wal */
export function spaceOf(database: Database, path: string): StoreSpace {
  return {
    used: usedBytes(database),
    free: pages(database, 'freelist_count') * pragma(database, 'page_size'),
    wal: sizeOf(`${path}-wal`),
  };
}

/** Bytes in use: what the limits are about. */
export function usedBytes(database: Database): number {
  return (pages(database, 'page_count') - pages(database, 'freelist_count')) * pragma(database, 'page_size');
}

/** Of which bodies: about, for what a row takes beside its blobs is a guess (migrations/0018-body-space.ts). */
export function bodyBytes(database: Database): number {
  return Number(statementOf(database, 'SELECT bytes FROM body_space').get()?.['bytes'] ?? 0);
}

/** Free pages below this stay: a file that shrinks and grows again all day wears out the disk for nothing. */
const KEPT_FREE_BYTES = 4 * 1024 * 1024;
/** 64 pages take 0.3 ms from the cache, some ms from a disk. */
const PAGES_AT_ONCE = 64;

/**
 * Moves pages from the end of the file into free ones and cuts the file, for about `ms`. True = there is nothing more to
 * do. A file made before this version cannot (auto_vacuum = 0): its free pages are used again, and `prune --vacuum`
 * makes it anew.
 */
export function giveBack(database: Database, ms: number, now: () => number, keptBytes = KEPT_FREE_BYTES): boolean {
  if (!canShrink(database)) return true;
  const kept = Math.floor(keptBytes / pragma(database, 'page_size'));
  for (const until = now() + ms; ;) {
    const free = pages(database, 'freelist_count');
    if (free <= kept) return true;
    database.exec(`PRAGMA incremental_vacuum(${Math.min(PAGES_AT_ONCE, free - kept)})`);
    if (pages(database, 'freelist_count') >= free) return true;
    if (now() >= until) return false;
  }
}

export function canShrink(database: Database): boolean {
  return pragma(database, 'auto_vacuum') === 2;
}

/**
 * Merges the -wal into the file and empties it. False = somebody still reads an older state of the database; later.
 * Waits as long as the busy timeout of the connection.
 */
export function emptyWal(database: Database): boolean {
  return Number(database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] ?? 1) === 0;
}

/** Writes the file anew, without free pages and remains. Nobody else can write meanwhile: not for a daemon that serves. */
export function rebuild(database: Database): void {
  database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

/** Asked for each few calls that are removed, and answered anew each time; other pragmas answer when they are prepared. */
function pages(database: Database, name: 'page_count' | 'freelist_count'): number {
  return Number(statementOf(database, `PRAGMA ${name}`).get()?.[name] ?? 0);
}

function pragma(database: Database, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
