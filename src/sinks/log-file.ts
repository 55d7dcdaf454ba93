/** One open log file: appended to in whole sections, so that no half of one is ever left behind. */
import { constants } from 'node:fs';

/** What of node:fs a log file needs; a test gives one that fails. */
export interface LogFileSystem {
  openSync(path: string, flags: number, mode: number): number;
  closeSync(fd: number): void;
  fstatSync(fd: number): { ino: number; dev: number; size: number };
  /** @throws ENOENT */
  statSync(path: string): { ino: number; dev: number; size: number };
  writev(fd: number, pieces: readonly Uint8Array[], done: (error: Error | null, written: number) => void): void;
  ftruncateSync(fd: number, length: number): void;
}

const APPEND = constants.O_WRONLY | constants.O_APPEND;
// No link is followed and no file of others is touched: it must not exist yet.
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL;
const CONTINUE = APPEND | constants.O_NOFOLLOW;

export class LogFile {
  readonly path: string;
  readonly #fs: LogFileSystem;
  readonly #fd: number;
  /** Bytes that are in the file. */
  #written = 0;

  /**
   * @param how `continue`: it is there already, and all of it is whole lines.
   * @throws EEXIST, ENOENT, and whatever else open(2) says
   */
  constructor(path: string, fs: LogFileSystem, how: 'create' | 'continue' = 'create') {
    this.path = path;
    this.#fs = fs;
    this.#fd = fs.openSync(path, how === 'create' ? CREATE : CONTINUE, 0o600);
    if (how === 'continue') this.#written = fs.fstatSync(this.#fd).size;
  }

  get written(): number {
    return this.#written;
  }

  /** False once the file was moved, deleted or cut by somebody. */
  isInPlace(): boolean {
    try {
      const own = this.#fs.fstatSync(this.#fd);
      const named = this.#fs.statSync(this.path);
      return own.ino === named.ino && own.dev === named.dev && named.size >= this.#written;
    } catch {
      return false;
    }
  }

  /** All of it or nothing. @throws whatever writev(2) says */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    let done = 0;
    try {
      for (let rest = pieces; rest.length > 0;) {
        const written = await this.#write(rest);
        if (written === 0) throw new Error('nothing could be written');
        done += written;
        rest = behind(rest, written);
      }
    } catch (error) {
      if (done > 0) this.#cutBack();
      throw error;
    }
    this.#written += done;
  }

  close(): void {
    try {
      this.#fs.closeSync(this.#fd);
    } catch {
      // It is not used again, whatever close says.
    }
  }

  #cutBack(): void {
    try {
      this.#fs.ftruncateSync(this.#fd, this.#written);
    } catch {
      // /dev/full and pipes cannot be cut; the torn tail is closed at the next start.
    }
  }

  #write(pieces: readonly Uint8Array[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fs.writev(this.#fd, pieces, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  }
}

/** What is left of `pieces` when so many bytes of them are written. */
function behind(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written;
  for (const [index, piece] of pieces.entries()) {
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(index + 1)];
    left -= piece.length;
  }
  return [];
}
