import type { Capture } from './capture.ts';

/**
 * Writes captures somewhere. Lifecycle: create (no side effects) -> open -> write* -> flush -> close.
 * `write` must return at once: a sink that needs time queues. Whatever it throws is a counter and a log line.
 */
export interface Sink {
  readonly name: string;
  /** May fail: the dispatcher goes on without this sink and tries again later. */
  open(): void | Promise<void>;
  write(capture: Capture): void;
  /** All that was written before is where it belongs when this resolves. */
  flush(): void | Promise<void>;
  close(): void | Promise<void>;
}
