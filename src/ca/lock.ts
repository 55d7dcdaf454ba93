import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf } from '../core/errors.ts';
import { isAlive } from '../core/is-alive.ts';
import { unusable } from './private-files.ts';

/** What is done under the lock takes milliseconds: whoever holds it this long is dead, wherever it ran. */
const STALE_MS = 10_000;
const POLL_MS = 15;

/**
 * Runs `work` while no other process holds the lock file. A lock whose owner is dead is taken over: at once when it ran
 * on this host, after 10 s otherwise (containers that share a volume do not see each other's processes).
 * Throws ca_unusable when the lock cannot be had within `patienceMs`.
 */
export async function withLock<T>(path: string, work: () => T, patienceMs = 2 * STALE_MS): Promise<T> {
  const deadline = performance.now() + patienceMs;
  while (!tryLock(path)) {
    if (performance.now() > deadline) throw unusable(`another process holds ${path}; if none runs, remove it`);
    if (isStale(path)) breakLock(path);
    else await delay(POLL_MS);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw unusable(`cannot lock ${path}: ${messageOf(error)}`, error);
  }
  try {
    writeSync(fd, `${process.pid} ${hostname()}`);
    return true;
  } catch (error) {
    // A full disk: a lock that names nobody would hold others up.
    rmSync(path, { force: true });
    throw unusable(`cannot lock ${path}: ${messageOf(error)}`, error);
  } finally {
    closeSync(fd);
  }
}

function isStale(path: string): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) return true;
    const [pid, host] = readFileSync(path, 'utf8').split(' ');
    return host === hostname() && !isAlive(Number(pid));
  } catch {
    // Gone in the meantime.
    return false;
  }
}

/** By rename, so that of two processes that find it stale only one takes it away. */
function breakLock(path: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch {
    // The other one was faster.
  }
}
