/** Where an export goes: a file that appears when it is whole, or standard output. */
import { createWriteStream, realpathSync, renameSync, rmSync, type Stats, statSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AppError, messageOf } from '../core/errors.ts';

/** Small pieces are joined to about so many bytes: each write is a call into the system. */
const CHUNK = 64 * 1024;

/** Written in one order; of what fails nothing is left under the file's name. */
export class OutputFile {
  /** Null = standard output. */
  readonly #path: string | null;
  /** Its name until it is whole; null = it has no other, as a pipe or a device. */
  readonly #part: string | null;
  readonly #target: Writable;
  /** Where pieces go: the compressor, or the target itself. */
  readonly #sink: Writable;
  /** All that the compressor gives is with the target. */
  readonly #compressed: Promise<void>;
  #failure: unknown = null;
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #bytes = 0;

  private constructor(path: string | null, part: string | null, target: Writable, gzip: boolean) {
    this.#path = path;
    this.#part = part;
    this.#target = target;
    const zip = gzip ? createGzip() : null;
    this.#sink = zip ?? target;
    const fail = (error: unknown): void => {
      this.#failure ??= error;
    };
    // A disk that fills up says so while nobody waits. A reader that leaves early is the business of cli.ts.
    if (path !== null) target.on('error', fail);
    this.#compressed = zip === null ? Promise.resolve() : pipeline(zip, target, { end: path !== null }).catch(fail);
  }

  /** @param path null = standard output. Rejects with AppError `config_invalid` when the file cannot be made. */
  static async open(path: string | null, gzip: boolean): Promise<OutputFile> {
    if (path === null) return new OutputFile(null, null, process.stdout, gzip);
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isDirectory() === true) throw new Error('it is a folder');
      const file = placeOf(path, there);
      const part = file === null ? null : `${file}.part`;
      const target = createWriteStream(part ?? path, { mode: 0o600 });
      await once(target, 'open');
      return new OutputFile(file ?? path, part, target, gzip);
    } catch (error) {
      throw new AppError('config_invalid', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Written so far, before compression. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of the file, once it is whole; before compression where there is none. */
  get size(): number {
    const { bytesWritten } = this.#target as Partial<WriteStream>;
    return this.#path === null || bytesWritten === undefined ? this.#bytes : bytesWritten;
  }

  /** Resolves when there is room for more. Rejects when the file cannot be written on. */
  async write(piece: string | Uint8Array): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
    this.#bytes += bytes.length;
    if (this.#waiting >= CHUNK) await this.#flush();
  }

  /** The file stands under its name when this resolves. */
  async finish(): Promise<void> {
    await this.#flush();
    if (this.#path !== null || this.#sink !== this.#target) this.#sink.end();
    await this.#compressed;
    if (this.#path === null) return;
    this.#throwFailure();
    await finished(this.#target);
    if (this.#part !== null) renameSync(this.#part, this.#path);
  }

  /** Nothing is left of it. */
  abandon(): void {
    if (this.#path === null) return;
    this.#target.destroy();
    if (this.#part !== null) rmSync(this.#part, { force: true });
  }

  async #flush(): Promise<void> {
    this.#throwFailure();
    if (this.#waiting === 0) return;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#waiting = 0;
    if (!this.#sink.write(joined)) await roomIn(this.#sink);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure === null) return;
    throw new Error(`cannot write ${this.#path ?? 'standard output'}: ${messageOf(this.#failure)}`, {
      cause: this.#failure,
    });
  }
}

/** Where the whole file goes; null = into what is there: to rename over `/dev/null` or a pipe would take it away. */
function placeOf(path: string, there: Stats | undefined): string | null {
  if (there === undefined) return path;
  // A link goes on pointing there.
  return there.isFile() ? realpathSync(path) : null;
}

function roomIn(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
