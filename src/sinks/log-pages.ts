const PAGE_BYTES = 128 * 1024;
/** Free pages that are kept. */
const POOLED = 8;

/** Sections as they will stand in the file, one after the other, until they are written. */
export class LogPage {
  readonly #buffer: Buffer;
  #used = 0;
  /** Sections in it that are not released yet. */
  queued = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  get size(): number {
    return this.#buffer.length;
  }

  get used(): number {
    return this.#used;
  }

  /** One section. The caller has made sure that it fits. */
  append(parts: readonly string[]): void {
    for (const part of parts) this.#used += this.#buffer.write(part, this.#used);
    this.queued += 1;
  }

  /** The last section, which is not to be written after all. @param start where it begins */
  takeBack(start: number): void {
    this.#used = start;
    this.queued -= 1;
  }

  bytes(start: number, end: number): Uint8Array {
    return this.#buffer.subarray(start, end);
  }

  clear(): void {
    this.#used = 0;
  }
}

/**
 * Text that waits for the disk, as bytes outside the heap. As strings the sections of 50 ms outlived two collections of
 * the young and went to the old: half of what a recorder at full load promoted.
 */
export class LogPages {
  readonly #free: LogPage[] = [];

  /** `current` while it has room, else another. */
  withRoom(current: LogPage | null, bytes: number): LogPage {
    if (current !== null && current.size - current.used >= bytes) return current;
    if (bytes > PAGE_BYTES) return new LogPage(bytes);
    return this.#free.pop() ?? new LogPage(PAGE_BYTES);
  }

  /** One section of the page was written or given up. */
  release(page: LogPage): void {
    page.queued -= 1;
    if (page.queued > 0 || page.size !== PAGE_BYTES || this.#free.length >= POOLED) return;
    page.clear();
    this.#free.push(page);
  }
}
