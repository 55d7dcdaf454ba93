/** Names and upkeep of `<folder>/<host>/<YYYY-MM-DD>/<session>.jsonl`. Only files whose names are ours are touched. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';
import { type FileLimits, isAbove } from './log-retention.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;
const FILE = /^[A-Za-z0-9_-]{1,200}(?:\.\d{1,4})?\.jsonl$/;
const SAFE_SESSION = /^[A-Za-z0-9_-]{1,128}$/;
const LINE_FEED = 10;
const PIECE_BYTES = 64 * 1024;
/** Day folders in which a session is looked for when it goes on. */
const MAX_DAYS_BACK = 400;

/** What stands for a session in file names: itself, or a readable part of it with a hash. */
export function fileStemOf(session: string): string {
  return SAFE_SESSION.test(session) ? session : `${slugOf(session, /[^A-Za-z0-9_-]+/g)}-${hashOf(session)}`;
}

/** A folder name for a host with its port; never a path, never hidden. */
export function folderOf(host: string): string {
  const name = host.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '_');
  return /^[a-z0-9_]/.test(name) && name.length <= 128 ? name : `${slugOf(name, /[^a-z0-9_-]+/g)}-${hashOf(host)}`;
}

function slugOf(text: string, strange: RegExp): string {
  return (
    text
      .replaceAll(strange, '_')
      .replaceAll(/^[-_]+/g, '')
      .slice(0, 60) || 'session'
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** `<stem>.jsonl`, then `<stem>.2.jsonl` ...: a session goes on in the next file when one is full. */
export function fileName(stem: string, part: number): string {
  return part === 1 ? `${stem}.jsonl` : `${stem}.${part}.jsonl`;
}

/** The last file of a session that was written before, on whatever day it began. `null` = none. */
export function findSessionFile(hostFolder: string, stem: string): { day: string; part: number } | null {
  for (const day of namesIn(hostFolder)
    .filter((name) => DAY.test(name))
    .sort()
    .reverse()
    .slice(0, MAX_DAYS_BACK)) {
    let part = 0;
    while (exists(join(hostFolder, day, fileName(stem, part + 1)))) part += 1;
    if (part > 0) return { day, part };
  }
  return null;
}

/**
 * Takes away what a kill or a power cut left of a line: readers of JSON lines fail on half of one.
 * @returns bytes taken away. @throws what the file system says
 */
export function closeTornLine(path: string): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(fd);
    const end = lastFeed(fd, size) + 1;
    if (end < size) ftruncateSync(fd, end);
    return size - end;
  } finally {
    closeSync(fd);
  }
}

/** Lines that are looked at for a number: those of purged calls have none. */
const MAX_LINES_BACK = 2000;

/** The number of the last call in a file; 0 = none. @throws what the file system says */
export function lastSeq(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let end = fstatSync(fd).size - 1;
    for (let line = 0; end > 0 && line < MAX_LINES_BACK; line += 1) {
      // Without the line feed at its end, the next one before it is where a line begins.
      const start = lastFeed(fd, end) + 1;
      const head = read(fd, start, Math.min(end - start, 64)).toString('latin1');
      const seq = /^\{"type":"response","seq":(\d{1,9}),/.exec(head)?.[1];
      if (seq !== undefined) return Number(seq);
      end = start - 1;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** Where the last line feed before `end` is; -1 = nowhere. */
function lastFeed(fd: number, end: number): number {
  for (let to = end; to > 0; to -= PIECE_BYTES) {
    const from = Math.max(0, to - PIECE_BYTES);
    const at = read(fd, from, to - from).lastIndexOf(LINE_FEED);
    if (at >= 0) return from + at;
  }
  return -1;
}

function read(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
}

interface SessionFile {
  path: string;
  bytes: number;
  modified: number;
}

/** Deletes the oldest files until all together are below `maxBytes` and none is older than `maxDays`; then empty folders. */
export async function removeOldSessions(
  folder: string,
  isInUse: (path: string) => boolean,
  limits: FileLimits,
): Promise<string[]> {
  const removed: string[] = [];
  const files = (await sessionFiles(folder)).sort((a, b) => a.modified - b.modified);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  for (const file of files) {
    if (!isAbove(limits, bytes, file.modified) || isInUse(file.path)) continue;
    if (!(await quietly(() => unlink(file.path)))) continue;
    bytes -= file.bytes;
    removed.push(file.path);
  }
  // Fails where something is left, as it should.
  for (const day of new Set(removed.map((path) => join(path, '..')))) await quietly(() => rmdir(day));
  return removed;
}

/** A sweep gives way to others after so many files. */
const FILES_AT_ONCE = 50;

/** Closes the torn lines that an earlier process left, the files that were written last first. */
export async function closeTornLines(folder: string, isInUse: (path: string) => boolean): Promise<void> {
  const files = (await sessionFiles(folder)).sort((a, b) => b.modified - a.modified);
  for (const [index, { path }] of files.entries()) {
    if (!isInUse(path)) await quietly(() => void closeTornLine(path));
    if (index % FILES_AT_ONCE === 0) await giveWay();
  }
}

async function sessionFiles(folder: string): Promise<SessionFile[]> {
  const files: SessionFile[] = [];
  for (const host of await entries(folder)) {
    for (const day of (await entries(join(folder, host))).filter((name) => DAY.test(name))) {
      for (const name of (await entries(join(folder, host, day))).filter((file) => FILE.test(file))) {
        const path = join(folder, host, day, name);
        await quietly(async () => {
          const { size, mtimeMs } = await stat(path);
          files.push({ path, bytes: size, modified: mtimeMs });
        });
      }
    }
  }
  return files;
}

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A file may be gone or not ours to touch: the next one is what matters. */
async function quietly(work: () => void | Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}
