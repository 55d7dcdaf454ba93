/**
 * Files that hold keys: private from their first byte (created 0600 in a 0700 folder, never chmod-ed later), replaced
 * whole or not at all, and not read where another user could have put or read them.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';

const LOOSE = 0o077;
const TEMPORARY = '.tmp';

export function unusable(message: string, cause?: unknown): AppError {
  return new AppError('ca_unusable', message, cause === undefined ? {} : { cause });
}

/** Makes the folder 0700 when it is missing; throws ca_unusable when it is not a private folder of ours. */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path, 0o700);
  } catch (error) {
    // EEXIST: something that is no folder; said better below.
    if (codeOf(error) !== 'EEXIST') throw unusable(`cannot create ${path}: ${messageOf(error)}`, error);
  }
  const stats = statOf(path);
  if (stats.isSymbolicLink()) throw unusable(`${path} is a symbolic link; keys are only kept in a real folder`);
  if (!stats.isDirectory()) throw unusable(`${path} is not a folder`);
  checkPrivate(path, stats, 'chmod 700');
}

/** The content, or null when there is no such file. Throws ca_unusable when it is not a private file of ours. */
export function readPrivateFile(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    if (codeOf(error) === 'ELOOP')
      throw unusable(`${path} is a symbolic link; keys are only read from a real file`, error);
    throw unusable(`cannot read ${path}: ${messageOf(error)}`, error);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unusable(`${path} is not a file`);
    checkPrivate(path, stats, 'chmod 600');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that appears whole, and only if there was none. False when another process was first. */
export function publishPrivateFile(path: string, content: string): boolean {
  const temporary = writeTemporary(path, content, 0o600);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // File systems without hard links (FAT, some container mounts): the caller's lock has to be enough.
    renameSync(temporary, path);
    return true;
  } finally {
    rmSync(temporary, { force: true });
    syncFolder(dirname(path));
  }
}

export function replacePrivateFile(path: string, content: string): void {
  replaceFile(path, content, 0o600);
}

/** For what everybody may read: 0644 whatever the umask, for a sidecar's clients run as other users. */
export function replacePublicFile(path: string, content: string): void {
  replaceFile(path, content, 0o644);
}

/** What a crash left behind. Call it only while holding the lock. */
export function removeTemporaries(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith(TEMPORARY)) rmSync(join(folder, name), { force: true });
}

function replaceFile(path: string, content: string, mode: number): void {
  const temporary = writeTemporary(path, content, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unusable(`cannot write ${path}: ${messageOf(error)}`, error);
  }
  syncFolder(dirname(path));
}

function writeTemporary(path: string, content: string, mode: number): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${TEMPORARY}`;
  let fd: number;
  try {
    fd = openSync(temporary, 'wx', mode);
  } catch (error) {
    throw unusable(`cannot write ${path}: ${messageOf(error)}`, error);
  }
  try {
    if (mode !== 0o600) fchmodSync(fd, mode);
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unusable(`cannot write ${path}: ${messageOf(error)}`, error);
  } finally {
    closeSync(fd);
  }
  return temporary;
}

/** Makes the new name itself durable. Not every system can open a folder. */
function syncFolder(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows, and some network file systems.
  }
}

function statOf(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw unusable(`cannot read ${path}: ${messageOf(error)}`, error);
  }
}

function checkPrivate(path: string, stats: Stats, remedy: string): void {
  const uid = process.getuid?.();
  // Windows has neither owners nor modes in this sense.
  if (uid === undefined) return;
  if (stats.uid !== uid) throw unusable(`${path} belongs to user ${stats.uid}, not to ${uid}: chown -R ${uid} ${path}`);
  const mode = stats.mode & 0o777;
  if ((mode & LOOSE) !== 0) throw unusable(`others may use ${path} (mode ${mode.toString(8)}): ${remedy} ${path}`);
}
