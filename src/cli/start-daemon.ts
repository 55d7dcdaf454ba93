/** Starts a daemon that outlives us. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../core/errors.ts';
import { isAnswering } from './run-api.ts';
import type { DaemonInfo } from './daemon-files.ts';

export interface StartOptions {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** More `start` arguments. */
  args: readonly string[];
  /** Finds what the daemon wrote when it was ready. */
  find: () => DaemonInfo | null;
}

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
const READY_MS = 15_000;
const POLL_MS = 25;

/** Its output goes to `<home>/run/daemon.log`. Rejects with the daemon's own last line when it does not come up. */
export async function startDaemon(options: StartOptions): Promise<DaemonInfo> {
  const logFile = join(options.home, 'run', 'daemon.log');
  let result = await attempt(options, logFile, []);
  // Somebody else has the usual ports: nobody has to know ours.
  if (result instanceof Error && /port_in_use|in use|EADDRINUSE/i.test(readText(logFile))) {
    result = await attempt(options, logFile, ['--port', '0', '--admin-port', '0']);
  }
  if (!(result instanceof Error)) return result;
  const reason = readText(logFile).trimEnd().split('\n').at(-1) || result.message;
  throw new AppError('not_running', `the daemon did not start: ${reason} (${logFile})`);
}

async function attempt(options: StartOptions, logFile: string, ports: readonly string[]): Promise<DaemonInfo | Error> {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [CLI, 'start', '--home', options.home, ...options.args, ...ports], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...options.env },
    cwd: options.home,
  });
  closeSync(log);
  const stopWaiting = new AbortController();
  const gone = new Promise<Error>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, signal) => resolve(new Error(`it ended with ${signal ?? code}`)));
  });
  const first = await Promise.race([gone, answering(options.find, READY_MS, stopWaiting.signal)]);
  stopWaiting.abort();
  if (!(first instanceof Error)) {
    child.unref();
    return first;
  }
  if (child.exitCode === null) child.kill();
  // Two runs may start at once: then the other one's daemon has the home, and is ours as well.
  const other = await answering(
    options.find,
    /already/i.test(readText(logFile)) ? READY_MS : 0,
    new AbortController().signal,
  );
  return other instanceof Error ? first : other;
}

async function answering(
  find: () => DaemonInfo | null,
  withinMs: number,
  stop: AbortSignal,
): Promise<DaemonInfo | Error> {
  const deadline = Date.now() + withinMs;
  do {
    const daemon = find();
    if (daemon !== null && (await isAnswering(daemon, 1000))) return daemon;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  } while (Date.now() < deadline && !stop.aborted);
  return new Error(`it was not ready within ${withinMs / 1000} s`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
