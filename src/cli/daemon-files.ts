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
  /** The same of others that run, a line each, the later ones first; not there where there are none. */
  othersFile: string;
  /** Where programs of earlier days look for the port alone. */
  portFile: string;
}

/** Null = this user has no folder for it. */
function pointerOf(env: Env): Pointer | null {
  const { XDG_STATE_HOME: given = '' } = env;
  const folder = userFolder(env);
  const state = isAbsolute(given) ? given : folder === null ? null : join(folder, '.local', 'state');
  if (state === null) return null;
  const own = join(state, 'llm-proxy');
  return { file: join(own, 'daemon'), othersFile: join(own, 'other-daemons'), portFile: join(own, 'port') };
}

function pointedAt(pointer: Pointer | null): string[] {
  if (pointer === null) return [];
  const text = [pointer.file, pointer.othersFile].map((file) => readText(file) ?? '').join('\n');
  return text.split('\n').filter((line) => line !== '');
}

/** What is in `daemon.json`: the daemon that was started last in this home, and beside it those that were there before. */
interface Entry extends DaemonInfo {
  /** The one that came last first. They may have ended since. */
  before?: readonly DaemonInfo[];
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
  writeEntries(file, [info, ...livingDaemons(file).filter(({ pid }) => pid !== info.pid)]);
  const pointer = pointerOf(env);
  try {
    if (pointer === null) throw new Error('this user has no home folder');
    point(pointer, [file, ...pointedAt(pointer).filter((other) => other !== file)]);
  } catch (error) {
    const isForGood = codeOf(error) === 'EROFS' || !isDiskFault(error);
    if (onUnpointed === undefined || !isForGood) throw error;
    onUnpointed(error);
  }
}

/** Takes back what is ours. Others that run, in this home or elsewhere, are found from then on. */
export function removeDaemonFiles(info: DaemonInfo, env: Env): void {
  const file = daemonFile(info.home);
  const living = livingDaemons(file);
  const others = living.filter(({ pid }) => pid !== info.pid);
  if (others.length < living.length) writeEntries(file, others);
  const pointer = pointerOf(env);
  const pointed = pointedAt(pointer);
  if (pointer !== null && pointed.includes(file)) point(pointer, pointed);
}

function writeEntries(file: string, [latest, ...before]: readonly DaemonInfo[]): void {
  if (latest === undefined) rmSync(file, { force: true });
  else writeWhole(file, `${JSON.stringify(before.length === 0 ? latest : { ...latest, before }, null, 2)}\n`);
}

/** To those of these files whose daemon lives. */
function point(pointer: Pointer, files: readonly string[]): void {
  const living = files.flatMap((file) =>
    livingDaemons(file)
      .slice(0, 1)
      .map(({ proxy_url: url }) => ({ file, url })),
  );
  const [latest, ...others] = living;
  if (others.length === 0) rmSync(pointer.othersFile, { force: true });
  else writeWhole(pointer.othersFile, others.map(({ file }) => `${file}\n`).join(''));
  if (latest === undefined) {
    rmSync(pointer.file, { force: true });
    rmSync(pointer.portFile, { force: true });
    return;
  }
  writeWhole(pointer.file, `${latest.file}\n`);
  writeWhole(pointer.portFile, new URL(latest.url).port);
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
  if (home !== null) return livingDaemons(daemonFile(resolve(cwd, home)))[0] ?? null;
  const { LLM_PROXY_HOME: named = '' } = env;
  const files = [...(named === '' ? [] : [daemonFile(resolve(cwd, named))]), ...pointedAt(pointerOf(env))];
  return files.flatMap(livingDaemons)[0] ?? null;
}

/**
 * The same for a daemon that starts: one with its own number is gone. In a container each has the number 1, and what a kill
 * left there seems to live.
 */
export function findOtherDaemon(home: string | null, env: Env, cwd: string): DaemonInfo | null {
  const found = findDaemon(home, env, cwd);
  return found?.pid === process.pid ? null : found;
}

/** The one that was started last first. */
function livingDaemons(file: string): DaemonInfo[] {
  const entry = readEntry(file);
  if (entry === null) return [];
  const { before = [], ...latest } = entry;
  return [latest, ...before].filter(({ pid }) => isAlive(pid));
}

function readEntry(file: string): Entry | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isInfo(value) ? { ...value, before: 'before' in value ? infosOf(value.before) : [] } : null;
  } catch {
    return null;
  }
}

function infosOf(value: unknown): DaemonInfo[] {
  return Array.isArray(value) ? value.filter(isInfo) : [];
}

function isInfo(value: unknown): value is DaemonInfo {
  return typeof value === 'object' && value !== null && 'pid' in value && 'admin_url' in value;
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
