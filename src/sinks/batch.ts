/** Thrown by a batch's `write`: keep these items and come back. */
export class TryAgain extends Error {}

export interface BatchOptions<T> {
  /** Bounds of what waits. */
  maxItems: number;
  maxBytes: number;
  /** Longest wait of an item before its batch is written. */
  delayMs: number;
  /** So many items are written without waiting. */
  full: number;
  /** Pause after TryAgain. */
  retryMs: number;
  /** Takes one batch; must not throw anything but TryAgain. */
  write: (items: readonly T[]) => void | Promise<void>;
  onDropped: (reason: 'queue_full' | 'closed', count: number) => void;
}

/** A bounded queue that is written in batches, one at a time. */
export class Batch<T> {
  readonly #options: BatchOptions<T>;
  #items: T[] = [];
  #bytes = 0;
  /** Bytes of the batch that is being written: memory that is not free yet. */
  #writingBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  /** TryAgain was said: until its pause is over only `flush` asks again, or each new item would. */
  #pausing = false;

  constructor(options: BatchOptions<T>) {
    this.#options = options;
  }

  /** Items that are not being written yet. */
  get waiting(): number {
    return this.#items.length;
  }

  /** False = no room, dropped. @param bytes about how much memory the item holds */
  add(item: T, bytes: number): boolean {
    const { maxItems, maxBytes, delayMs, full, onDropped } = this.#options;
    if (this.#items.length >= maxItems || this.#bytes + this.#writingBytes + bytes > maxBytes) {
      onDropped('queue_full', 1);
      return false;
    }
    this.#items.push(item);
    this.#bytes += bytes;
    if (this.#writing !== null || this.#pausing) return true;
    if (this.#items.length >= full) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), delayMs);
    return true;
  }

  /** Writes what waits now, unless a batch is being written or a retry is due. */
  hurry(): void {
    if (this.#writing === null && !this.#pausing) this.#start();
  }

  /** Resolves when all that was added before is written, or when a retry is due later. */
  async flush(): Promise<void> {
    await this.#writing;
    // The end of that batch may have begun the next one, with all that waited.
    if (this.#writing === null) this.#start();
    await this.#writing;
  }

  /** Writes what it can; the rest is dropped and counted. */
  async close(): Promise<void> {
    await this.flush();
    this.#clearTimer();
    this.#options.onDropped('closed', this.#items.length);
    this.#items = [];
    this.#bytes = 0;
  }

  #start(): void {
    this.#clearTimer();
    if (this.#writing !== null || this.#items.length === 0) return;
    const items = this.#items;
    this.#writingBytes = this.#bytes;
    this.#items = [];
    this.#bytes = 0;
    this.#pausing = false;
    const written = this.#write(items);
    // Done at once: nothing of it waits for the end of this turn, when it would no longer be young and cheap to collect.
    if (written === undefined) this.#writingBytes = 0;
    else this.#writing = this.#wait(written, items);
  }

  #write(items: T[]): void | Promise<void> {
    try {
      return this.#options.write(items);
    } catch (error) {
      this.#takeBack(items, error);
    }
  }

  async #wait(written: Promise<void>, items: T[]): Promise<void> {
    try {
      await written;
    } catch (error) {
      this.#takeBack(items, error);
    } finally {
      this.#writing = null;
      this.#writingBytes = 0;
      this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#items.length === 0 || this.#timer !== null) return;
    if (this.#items.length >= this.#options.full) this.#start();
    else this.#timer = setTimeout(() => this.#start(), this.#options.delayMs);
  }

  #takeBack(items: readonly T[], error: unknown): void {
    if (!(error instanceof TryAgain)) throw error;
    this.#items = [...items, ...this.#items];
    this.#bytes += this.#writingBytes;
    this.#pausing = true;
    this.#timer ??= setTimeout(() => this.#start(), this.#options.retryMs);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
