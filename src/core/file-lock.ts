import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, codeOf, type ErrorCode, messageOf } from './errors.ts';
import { isAlive } from './is-alive.ts';

/** What is done under the lock takes milliseconds: whoever holds it this long is dead, wherever it ran. */
const STALE_MS = 10_000;
const POLL_MS = 15;

export interface LockOptions {
  /** Of the error when the lock cannot be had. */
  code: ErrorCode;
  patienceMs?: number;
}

/**
 * Runs `work` while no other process holds the lock file. A lock whose owner is dead is taken over: at once when it ran
 * on this host, after 10 s otherwise (containers that share a volume do not see each other's processes).
 * Throws an AppError when the lock cannot be had within `patienceMs`.
 */
export async function withLock<T>(
  path: string,
  work: () => T,
  { code, patienceMs = 2 * STALE_MS }: LockOptions,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  const owner = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}`;
  while (!tryLock(path, owner, code)) {
    if (performance.now() > deadline)
      throw new AppError(code, `another process holds ${path}; if none runs, remove it`);
    if (!isStale(path) || !breakLock(path, owner, code)) await delay(POLL_MS);
  }
  try {
    return work();
  } finally {
    // Whoever was stopped for long may have been taken for dead: the lock is another's by now.
    if (ownerOf(path) === owner) rmSync(path, { force: true });
  }
}

function tryLock(path: string, owner: string, code: ErrorCode): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new AppError(code, `cannot lock ${path}: ${messageOf(error)}`, { cause: error });
  }
  try {
    writeSync(fd, owner);
    return true;
  } catch (error) {
    // A full disk: a lock that names nobody would hold others up.
    rmSync(path, { force: true });
    throw new AppError(code, `cannot lock ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

function isStale(path: string): boolean {
  if (isOld(path)) return true;
  const [pid, host] = ownerOf(path)?.split(' ') ?? [];
  return host === hostname() && !isAlive(Number(pid));
}

function isOld(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

/** Null = nobody. */
function ownerOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone in the meantime.
    return null;
  }
}

/**
 * Under a lock of its own: who found the same lock stale a moment ago would else take away the one that another has made
 * in its place since. False: somebody else is at it.
 */
function breakLock(path: string, owner: string, code: ErrorCode): boolean {
  const breaking = `${path}.break`;
  if (!tryLock(breaking, owner, code)) {
    if (isOld(breaking)) rmSync(breaking, { force: true });
    return false;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(breaking, { force: true });
  }
}
