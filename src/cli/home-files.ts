import { isDiskFault, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { makeFolder } from '../core/make-folder.ts';
import { adminToken, storeToken } from './daemon-files.ts';

/** How often a disk that took no files is asked again. */
const AGAIN_MS = 5000;

/** @throws Error that says what to do */
export function makeHome(home: string): void {
  try {
    makeFolder(home, 0o700);
  } catch (error) {
    const words = `the home cannot be made: ${messageOf(error)}; --home DIR, or LLM_PROXY_HOME, names another`;
    throw new Error(words, { cause: error });
  }
}

/**
 * The files by which commands find a daemon. Clients that are set up for this proxy have no other way out: it serves on a
 * disk that is full or read-only, too, and writes its files when it can.
 */
export class HomeFiles {
  readonly #log: Logger;
  readonly #againMs: number;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(log: Logger, againMs = AGAIN_MS) {
    this.#log = log;
    this.#againMs = againMs;
  }

  /** @throws what the file system says, unless that is the disk's fault */
  adminToken(home: string): string {
    return adminToken(home, (token, error) => this.#later(() => void storeToken(home, token), error));
  }

  /** Now, or as soon as the disk takes it. @throws as `adminToken` does */
  write(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isDiskFault(error)) throw error;
      this.#later(work, error);
    }
  }

  /** At the end: what cannot be removed names a process that is gone, and misleads nobody. */
  remove(work: () => void): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    try {
      work();
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'the files by which commands find the daemon are left behind');
    }
  }

  #later(work: () => void, error: unknown): void {
    this.#waiting.push(work);
    if (this.#timer !== null) return;
    this.#log.warn(
      { error: messageOf(error), hint: 'calls flow and are counted; make the disk writable, or make room on it' },
      'the home cannot be written: until it can, llm-proxy commands do not find this daemon',
    );
    this.#timer = setInterval(() => this.#again(), this.#againMs).unref();
  }

  #again(): void {
    try {
      for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
        work();
        this.#waiting.shift();
      }
    } catch {
      // As before.
      return;
    }
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
