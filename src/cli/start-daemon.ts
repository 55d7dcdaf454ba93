/** Starts a daemon that outlives us. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError, codeOf } from '../core/errors.ts';
import { isAlive } from '../core/is-alive.ts';
import { makeFolder } from '../core/make-folder.ts';
import { makeHome } from './home-files.ts';
import { NODE_FLAGS } from './collector.ts';
import { isAnswering } from './run-api.ts';
import type { DaemonInfo } from './daemon-files.ts';

export interface StartOptions {
  /** Absolute. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** More `start` arguments. */
  args: readonly string[];
  /** Finds what the daemon wrote when it was ready. */
  find: () => DaemonInfo | null;
}

export interface Started {
  daemon: DaemonInfo;
  /** False: somebody else started it. */
  isOurs: boolean;
}

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
/** What takes a second alone takes half a minute where all cores are busy; who fails says so at once. */
const READY_MS = 60_000;
const POLL_MS = 25;

/**
 * Of several that ask at once for one home, one starts the daemon and the others get the same one (`isOurs` false).
 * Its output goes to `<home>/run/daemon.log`. Rejects with the daemon's own last line when it does not come up.
 */
export async function startDaemon(options: StartOptions): Promise<Started> {
  const lock = lockOf(options.home);
  makeHome(options.home);
  makeFolder(dirname(lock), 0o700);
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const known = await answering(options.find);
    if (known !== null) return { daemon: known, isOurs: false };
    if (takeLock(lock)) break;
    if (Date.now() > deadline)
      throw new AppError('not_running', `another start hangs: ${lock}; if none runs, remove it`);
    await delay(POLL_MS);
  }
  try {
    return await startHere(options, join(dirname(lock), 'daemon.log'));
  } finally {
    rmSync(lock, { force: true });
  }
}

function lockOf(home: string): string {
  return join(home, 'run', 'starting');
}

/**
 * For `start` itself: who comes until it is ready waits for it, and starts no second daemon with other settings.
 * @returns call it when the daemon is found by its files, or will not be. Never throws
 */
export function announceStart(home: string): () => void {
  const lock = lockOf(home);
  try {
    makeFolder(dirname(lock), 0o700);
    // The first try may only have removed what a killed start left.
    if (!takeLock(lock) && !takeLock(lock)) return () => {};
  } catch {
    // A disk that takes no files: nobody finds this daemon anyway.
    return () => {};
  }
  return () => rmSync(lock, { force: true });
}

async function startHere(options: StartOptions, logFile: string): Promise<Started> {
  let result = await attempt(options, logFile, []);
  // Somebody else has the usual ports: nobody has to know ours.
  if (result instanceof Error && /port_in_use|in use|EADDRINUSE/i.test(readText(logFile))) {
    result = await attempt(options, logFile, ['--port', '0', '--admin-port', '0']);
  }
  if (!(result instanceof Error)) return result;
  const last = readText(logFile)
    .trimEnd()
    .split('\n')
    .at(-1)
    ?.replace(/^llm-proxy: /, '');
  const reason = last || result.message;
  throw new AppError('not_running', `the daemon did not start: ${reason} (${logFile})`);
}

async function attempt(options: StartOptions, logFile: string, ports: readonly string[]): Promise<Started | Error> {
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, CLI, 'start', '--home', options.home, ...options.args, ...ports],
    {
      detached: true,
      stdio: ['ignore', log, log],
      // Nobody reads a line per call there, and nothing would ever cut the file: calls are in the log files.
      env: { ...options.env, LLM_PROXY_LOG_LEVEL: options.env['LLM_PROXY_LOG_LEVEL'] ?? 'warn' },
      cwd: options.home,
    },
  );
  closeSync(log);
  const ended: Error[] = [];
  child.once('error', (error) => ended.push(error));
  child.once('exit', (code, signal) => ended.push(new Error(`it ended with ${signal ?? code}`)));
  const deadline = Date.now() + READY_MS;
  while (ended.length === 0 && Date.now() < deadline) {
    const daemon = await answering(options.find);
    if (daemon !== null) {
      const isOurs = daemon.pid === child.pid;
      // Somebody's own was ready first: with two, calls would go by the settings of the later one. It has no call yet.
      if (!isOurs) child.kill('SIGKILL');
      child.unref();
      return { daemon, isOurs };
    }
    await delay(POLL_MS);
  }
  child.kill();
  return ended[0] ?? new Error(`it was not ready within ${READY_MS / 1000} s`);
}

async function answering(find: () => DaemonInfo | null): Promise<DaemonInfo | null> {
  const daemon = find();
  return daemon !== null && (await isAnswering(daemon, 1000)) ? daemon : null;
}

/** True when it is ours now; a lock whose owner is dead is taken over. */
function takeLock(path: string): boolean {
  try {
    const fd = openSync(path, 'wx', 0o600);
    writeSync(fd, String(process.pid));
    closeSync(fd);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const owner = Number(readText(path));
  // 0 = just made, its number is being written.
  if (owner !== 0 && !isAlive(owner)) rmSync(path, { force: true });
  return false;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
