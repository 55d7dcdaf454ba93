import type { Capture } from './capture.ts';

/** @param stored false = it is lost, or waits for something that may take long. */
export type Settled = (stored: boolean) => void;

/**
 * Writes captures somewhere. Lifecycle: create (no side effects) -> open -> write* -> flush -> close.
 * `write` must return at once: a sink that needs time queues. Whatever it throws is a counter and a log line.
 */
export interface Sink {
  readonly name: string;
  /** What it has said to be stored survives the death of the process. It answers each `settled` that it gets. */
  readonly isDurable?: true;
  /** What keeps it from writing now, though it is open; `null` or absent = nothing. */
  readonly trouble?: string | null;
  /** May fail: the dispatcher goes on without this sink and tries again later. */
  open(): void | Promise<void>;
  /** @param settled somebody waits for this capture: it is to be stored now, and the answer is to be given once. */
  write(capture: Capture, settled?: Settled): void;
  /** All that was written before is where it belongs when this resolves. */
  flush(): void | Promise<void>;
  close(): void | Promise<void>;
}
