/** `tail [PROVIDER]`: follows the newest log files of the home, also into the files that come after them. */
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, codeOf } from '../core/errors.ts';
import { configOf } from './home-config.ts';

export interface TailArguments {
  home: string | null;
  /** Null = all. */
  provider: string | null;
  /** Bytes of each newest file to begin with. */
  bytes: number;
}

const LOG_FILE = /^(.+)-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:-\d+)?\.log$/;
const POLL_MS = 200;
const PIECE = 64 * 1024;

/** Runs until it is interrupted. */
export async function tailMain({ home, provider, bytes }: TailArguments): Promise<number> {
  if (!Number.isInteger(bytes) || bytes < 0)
    throw new AppError('config_invalid', '--bytes must be a whole number from 0 on');
  const folder = configOf(home).log_dir;
  const at = beginnings(folder, provider, bytes);
  if (at.size === 0)
    process.stderr.write(
      `llm-proxy: no log file${provider === null ? '' : ` of ${provider}`} in ${folder} yet; waiting\n`,
    );
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // The reader of a pipe has left.
  process.stdout.once('error', () => stop.abort());
  let shown = '';
  while (!stop.signal.aborted) {
    for (const file of files(folder, provider)) {
      const size = sizeOf(join(folder, file));
      const from = readFrom(at.get(file) ?? 0, size);
      at.set(file, from);
      if (size === from) continue;
      if (shown !== file && at.size > 1) process.stdout.write(`==> ${join(folder, file)} <==\n`);
      shown = file;
      at.set(file, await copy(join(folder, file), from, size));
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return 0;
}

function files(folder: string, provider: string | null): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => LOG_FILE.test(name) && (provider === null || LOG_FILE.exec(name)?.[1] === provider))
      .toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The last file of each provider. */
function newest(folder: string, provider: string | null): string[] {
  return [...new Map(files(folder, provider).map((file) => [LOG_FILE.exec(file)?.[1], file])).values()];
}

/** Where to read on, by file: the last of each provider near its end, older ones at it. */
function beginnings(folder: string, provider: string | null, bytes: number): Map<string, number> {
  const last = new Set(newest(folder, provider));
  return new Map(
    files(folder, provider).map((file) => {
      const path = join(folder, file);
      return [file, last.has(file) ? startOf(path, bytes) : sizeOf(path)];
    }),
  );
}

/** A whole line is the first that is shown. */
function startOf(file: string, bytes: number): number {
  const size = sizeOf(file);
  if (size <= bytes) return 0;
  const fd = openSync(file, 'r');
  try {
    const end = Buffer.alloc(Math.min(bytes, PIECE));
    const read = readSync(fd, end, 0, end.length, size - bytes);
    return size - bytes + end.subarray(0, read).indexOf('\n') + 1;
  } finally {
    closeSync(fd);
  }
}

/** Resolves with where it came to. A reader of ours that is slow is waited for. */
async function copy(file: string, from: number, to: number): Promise<number> {
  const fd = openSync(file, 'r');
  try {
    const piece = Buffer.alloc(PIECE);
    let at = from;
    while (at < to) {
      const read = readSync(fd, piece, 0, Math.min(PIECE, to - at), at);
      if (read === 0) break;
      const isTaken = process.stdout.write(Buffer.from(piece.subarray(0, read)));
      if (!isTaken) await once(process.stdout, 'drain');
      at += read;
    }
    return at;
  } finally {
    closeSync(fd);
  }
}

/** From its beginning where somebody has cut the file, as logrotate's `copytruncate` does. */
export function readFrom(known: number, size: number): number {
  return size < known ? 0 : known;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
