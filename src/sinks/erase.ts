/** Takes calls out of log files: overwritten where they stand, so that what people tail and where others stand stays. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSectionOf, type LogLocation } from '../store/call-row.ts';
import { fileStemOf, folderOf } from './session-files.ts';

const BLANK = Buffer.alloc(64 * 1024, ' ');
const PIECE_BYTES = 256 * 1024;
/** What an entry of a session file is about stands at its beginning. */
const HEAD_BYTES = 4096;
const LINE_FEED = 10;

/**
 * Overwrites the section of a call in the text log by spaces. False = it is not there (any more): the file was moved, cut or
 * deleted by somebody. @throws what the file system says
 */
export function eraseSection({ file, offset, length }: LogLocation, callId: string): boolean {
  const fd = openIfThere(file);
  if (fd === null) return false;
  try {
    const head = Buffer.alloc(Math.min(length, 1024));
    const text = head.toString('utf8', 0, readSync(fd, head, 0, head.length, offset));
    if (!isSectionOf(text, callId)) return false;
    // Its last byte is a line feed, and stays.
    for (let at = 0; at < length - 1;)
      at += writeSync(fd, BLANK, 0, Math.min(BLANK.length, length - 1 - at), offset + at);
    return true;
  } finally {
    closeSync(fd);
  }
}

function openIfThere(file: string): number | null {
  try {
    const fd = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code)))
      return null;
    throw error;
  }
}

/** A call, as far as session files name it. */
export interface SessionCall {
  id: string;
  host: string;
  /** As `_meta.session` has it: of a call without a session, what stands for one. */
  session: string;
}

/**
 * Takes calls out of the session files below `folder`: an entry becomes `{"type":"purged"}` and spaces; a file in which
 * no call is left is deleted. @returns entries that are gone. Rejects with what the file system says.
 */
export async function eraseEntries(folder: string, calls: readonly SessionCall[]): Promise<number> {
  let erased = 0;
  for (const [path, ids] of filesOf(folder, calls)) {
    const { gone, left } = await eraseIn(path, ids);
    erased += gone;
    if (left > 0 || gone === 0) continue;
    unlinkSync(path);
    removeIfEmpty(dirname(path));
  }
  return erased;
}

/** The files of their sessions, on whatever day they began, with the ids that are looked for. */
function filesOf(folder: string, calls: readonly SessionCall[]): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  const stems = new Map<string, Set<string>>();
  for (const { host, session, id } of calls) {
    const key = `${folderOf(host)}\n${fileStemOf(session)}`;
    stems.set(key, (stems.get(key) ?? new Set()).add(id));
  }
  for (const [key, ids] of stems) {
    const [hostFolder = '', stem = ''] = key.split('\n');
    for (const day of namesIn(join(folder, hostFolder))) {
      for (const name of namesIn(join(folder, hostFolder, day))) {
        if (name.startsWith(`${stem}.`) && name.endsWith('.jsonl')) files.set(join(folder, hostFolder, day, name), ids);
      }
    }
  }
  return files;
}

interface Entry {
  start: number;
  /** Of the line feed. */
  end: number;
  head: string;
}

async function eraseIn(path: string, ids: ReadonlySet<string>): Promise<{ gone: number; left: number }> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  const counts = { gone: 0, left: 0 };
  try {
    for await (const { start, end, head } of entriesOf(file)) {
      const id = /^\{"type":"(?:request|response)".{0,2000}?"request_id":"([^"]{1,200})"/.exec(head)?.[1];
      if (id !== undefined && ids.has(id)) {
        await blank(file, start, end);
        counts.gone += 1;
      } else if (id !== undefined) counts.left += 1;
    }
  } finally {
    await file.close();
  }
  return counts;
}

async function blank(file: FileHandle, start: number, end: number): Promise<void> {
  const mark = Buffer.from('{"type":"purged"}');
  for (let at = start; at < end;) at += (await file.write(BLANK, 0, Math.min(BLANK.length, end - at), at)).bytesWritten;
  if (end - start >= mark.length) await file.write(mark, 0, mark.length, start);
}

/** Lines, a piece of the file at a time. */
async function* entriesOf(file: FileHandle): AsyncGenerator<Entry> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let start = 0;
  let head = '';
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    for (let from = 0; from < bytesRead;) {
      const feed = piece.subarray(0, bytesRead).indexOf(LINE_FEED, from);
      const to = feed < 0 ? bytesRead : feed;
      if (head.length < HEAD_BYTES) head += piece.toString('latin1', from, Math.min(to, from + HEAD_BYTES));
      if (feed < 0) break;
      yield { start, end: at + feed, head };
      start = at + feed + 1;
      head = '';
      from = feed + 1;
    }
    at += bytesRead;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something is left in it.
  }
}
