/** How programs find the daemon: `<home>/run/daemon.json`, the admin token beside it, and a pointer outside any home. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { codeOf, isDiskFault } from '../core/errors.ts';
import { isAlive } from '../core/is-alive.ts';
import { userFolder } from '../core/user-folder.ts';
import { makeFolder } from '../core/make-folder.ts';

export interface DaemonInfo {
  pid: number;
  proxy_url: string;
  admin_url: string;
  ca_file: string;
  bundle_file: string;
  home: string;
  version: string;
  /** Where `tail` looks: the flags of `start` are known to the daemon alone. */
  log_dir?: string;
  /** The same for commands that read the database themselves. */
  db?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

export function daemonFile(home: string): string {
  return join(home, 'run', 'daemon.json');
}

/** Of the last start, whether that daemon still runs or not. */
function lastStartFile(home: string): string {
  return join(home, 'run', 'last-start.json');
}

interface Pointer {
  /** Holds the path of the daemon.json of the daemon that was started last. */
  file: string;
  /** Where programs of earlier days look for the port alone. */
  portFile: string;
}

/** Null = this user has no folder for it. */
function pointerOf(env: Env): Pointer | null {
  const { XDG_STATE_HOME: given = '' } = env;
  const folder = userFolder(env);
  const state = isAbsolute(given) ? given : folder === null ? null : join(folder, '.local', 'state');
  if (state === null) return null;
  return { file: join(state, 'llm-proxy', 'daemon'), portFile: join(state, 'llm-proxy', 'port') };
}

function pointedAt(pointer: Pointer | null): string | undefined {
  return pointer === null ? undefined : readText(pointer.file)?.trim();
}

/** Shorter ones are what a full disk left of one: they must not open the door. */
const MIN_TOKEN_LENGTH = 32;

/**
 * Kept from start to start, so that scripts may hold it. Daemons that start at once agree on one.
 * @param onUnwritten where the disk takes no files: until `storeToken` does, the token is known to this process alone;
 * absent = thrown
 */
export function adminToken(home: string, onUnwritten?: (token: string, error: unknown) => void): string {
  const file = tokenFile(home);
  const token = randomBytes(24).toString('base64url');
  try {
    return storedToken(file) ?? storeToken(home, token);
  } catch (error) {
    if (onUnwritten === undefined || !isDiskFault(error)) throw error;
    onUnwritten(token, error);
    return token;
  }
}

function tokenFile(home: string): string {
  return join(home, 'run', 'admin-token');
}

/** @returns the one that is in the file in the end. @throws what the file system says */
export function storeToken(home: string, token: string): string {
  const file = tokenFile(home);
  makeFolder(dirname(file), 0o700);
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, `${token}\n`, { mode: 0o600 });
    // Unlike a rename, it fails where another daemon was faster; unlike an open, what appears is whole.
    linkSync(temporary, file);
  } catch (error) {
    if (isDiskFault(error)) throw error;
    // A file system without links, or a broken file in the way.
    if (codeOf(error) !== 'EEXIST' || storedToken(file) === null) renameSync(temporary, file);
  } finally {
    quietly(() => rmSync(temporary, { force: true }));
  }
  return storedToken(file) ?? token;
}

function storedToken(file: string): string | null {
  const text = readText(file)?.trim() ?? '';
  if (text.length < MIN_TOKEN_LENGTH) return null;
  // Only where it is needed: on a read-only disk it fails.
  if ((statSync(file).mode & 0o777) !== 0o600) chmodSync(file, 0o600);
  return text;
}

/**
 * Written when the daemon is ready; each file appears whole.
 * @param onUnpointed where nothing may be written but the home, as in services and containers: those who name the home find
 * the daemon. Absent = thrown, as is a disk that may take it later
 */
export function writeDaemonFiles(info: DaemonInfo, env: Env, onUnpointed?: (error: unknown) => void): void {
  const file = daemonFile(info.home);
  writeWhole(file, `${JSON.stringify(info, null, 2)}\n`);
  const pointer = pointerOf(env);
  try {
    if (pointer === null) throw new Error('this user has no home folder');
    writeWhole(pointer.file, `${file}\n`);
    writeWhole(pointer.portFile, new URL(info.proxy_url).port);
  } catch (error) {
    const isForGood = codeOf(error) === 'EROFS' || !isDiskFault(error);
    if (onUnpointed === undefined || !isForGood) throw error;
    onUnpointed(error);
  }
}

/** Takes back what is still ours; another daemon may have come since. */
export function removeDaemonFiles(info: DaemonInfo, env: Env): void {
  const file = daemonFile(info.home);
  if (readInfo(file)?.pid !== info.pid) return;
  rmSync(file, { force: true });
  const pointer = pointerOf(env);
  if (pointer === null || pointedAt(pointer) !== file) return;
  rmSync(pointer.file, { force: true });
  rmSync(pointer.portFile, { force: true });
}

/** What was given to the daemon that started last in this home, by keys of the configuration. */
export function writeLastStart(home: string, given: Readonly<Record<string, string | number>>): void {
  writeWhole(lastStartFile(home), `${JSON.stringify(given, null, 2)}\n`);
}

/** Empty when nothing is known. */
export function readLastStart(home: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(lastStartFile(home), 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * @param home given by the user; null = that of `LLM_PROXY_HOME` if a daemon runs there, else wherever the pointer says.
 * Null when no living daemon is known there.
 */
export function findDaemon(home: string | null, env: Env, cwd: string): DaemonInfo | null {
  if (home !== null) return livingDaemon(daemonFile(resolve(cwd, home)));
  const { LLM_PROXY_HOME: named = '' } = env;
  const own = named === '' ? null : livingDaemon(daemonFile(resolve(cwd, named)));
  return own ?? livingDaemon(pointedAt(pointerOf(env)) ?? '');
}

/**
 * The same for a daemon that starts: one with its own number is gone. In a container each has the number 1, and what a kill
 * left there seems to live.
 */
export function findOtherDaemon(home: string | null, env: Env, cwd: string): DaemonInfo | null {
  const found = findDaemon(home, env, cwd);
  return found?.pid === process.pid ? null : found;
}

function livingDaemon(file: string): DaemonInfo | null {
  const info = file === '' ? null : readInfo(file);
  return info !== null && isAlive(info.pid) ? info : null;
}

function readInfo(file: string): DaemonInfo | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const isInfo = typeof value === 'object' && value !== null && 'pid' in value && 'admin_url' in value;
    return isInfo ? (value as DaemonInfo) : null;
  } catch {
    return null;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writeWhole(file: string, text: string): void {
  makeFolder(dirname(file), 0o700);
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    // A full disk leaves a part of it.
    quietly(() => rmSync(temporary, { force: true }));
    throw error;
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // What is left behind stands in nobody's way.
  }
}
