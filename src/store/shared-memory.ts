/**
 * SQLite maps the -shm file beside a database into memory. Where the disk is full, and such a page has no block behind
 * it, the system ends the whole process (SIGBUS), traffic and all. SQLite writes one byte of each 4 kB first, which
 * is enough where blocks are as large and are written in place, as on most disks.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of `statfs`. */
export interface Room {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
}

const MAPPED_BLOCK = 4096;
/** They write each block to a new place: btrfs, ZFS, bcachefs. */
const COPY_ON_WRITE: ReadonlySet<number> = new Set([0x9123683e, 0x2fc12fc1, 0xca451a4e]);
/** The -shm of a -wal of 64 MB is 128 kB; what waits to be written takes room as well. */
const NEEDED_BYTES = 512 * 1024;

/** True where to open a database would endanger the process. @param isRoot who may use the blocks that are set aside */
export function isTooFull({ type, bsize, blocks, bfree, bavail }: Room, isRoot: boolean): boolean {
  if (bsize >= MAPPED_BLOCK && !COPY_ON_WRITE.has(type)) return false;
  // Some file systems do not tell how large they are.
  return blocks > 0 && (isRoot ? bfree : bavail) * bsize < NEEDED_BYTES;
}

/** @param path of a database. False, too, where nothing can be known. */
export function isTooFullAt(path: string): boolean {
  if (path === ':memory:' || process.platform === 'win32') return false;
  try {
    return isTooFull(statfsSync(dirname(path)), process.getuid?.() === 0);
  } catch {
    return false;
  }
}
