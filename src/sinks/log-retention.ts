/** What becomes of closed log files: torn tails are closed, old ones deleted. Only files whose names are ours are touched. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** `<provider>-YYYY-MM-DD_HH-MM-SS[-n].log` */
const OURS = /^[a-z0-9][a-z0-9-]*-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:-\d+)?\.log$/;
const LINE_FEED = 10;
const DAY_MS = 24 * 3600 * 1000;

/** 0 = no such limit, as in `[retention]`. */
export interface FileLimits {
  maxBytes: number;
  maxDays: number;
  /** Milliseconds since the epoch; null = nobody knows for sure, and nothing is too old. */
  wall: number | null;
}

interface OldFile {
  path: string;
  bytes: number;
  modified: number;
}

/** Deletes the oldest until all together are below `maxBytes` and none is older than `maxDays`; 0 = no such limit. Gives what it deleted. */
export function removeOld(folder: string, keep: ReadonlySet<string>, limits: FileLimits): string[] {
  const files = ourFiles(folder).sort((a, b) => a.modified - b.modified);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const removed: string[] = [];
  for (const file of files) {
    if (keep.has(file.path) || !isAbove(limits, bytes, file.modified)) continue;
    if (!quietly(() => unlinkSync(file.path))) continue;
    bytes -= file.bytes;
    removed.push(file.path);
  }
  return removed;
}

/** @param bytes of all files that are left @param modified when the oldest of them was written last: Unix ms */
export function isAbove({ maxBytes, maxDays, wall }: FileLimits, bytes: number, modified: number): boolean {
  return (maxBytes > 0 && bytes > maxBytes) || (maxDays > 0 && wall !== null && wall - modified > maxDays * DAY_MS);
}

/** After a kill or a power cut a file may end within a line: it is ended, with a word on why. */
export function closeTornTails(folder: string): void {
  for (const { path, bytes } of ourFiles(folder)) {
    if (bytes > 0) quietly(() => closeTornTail(path));
  }
}

function closeTornTail(path: string): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, fstatSync(fd).size - 1);
    if (last[0] !== LINE_FEED) writeSync(fd, '\n[cut: llm-proxy ended while this was written]\n\n');
  } finally {
    closeSync(fd);
  }
}

function ourFiles(folder: string): OldFile[] {
  const files: OldFile[] = [];
  quietly(() => {
    for (const name of readdirSync(folder)) {
      if (!OURS.test(name)) continue;
      const path = join(folder, name);
      quietly(() => {
        const { size, mtimeMs } = statSync(path);
        files.push({ path, bytes: size, modified: mtimeMs });
      });
    }
  });
  return files;
}

/** A file may be gone or not ours to touch: the next one is what matters. */
function quietly(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
