import type { ExchangeEnd } from '../../src/core/recorder-port.ts';
import { RecordingPort } from './recording-port.ts';

/** A recorder that takes its time: whoever waits for a record waits until the test says so. */
export class HoldingPort extends RecordingPort {
  readonly waiting: (() => void)[] = [];

  override end(exchange: number, end: ExchangeEnd, _at?: number, settled?: () => void): void {
    super.end(exchange, end);
    if (settled !== undefined) this.waiting.push(settled);
  }

  /** All that wait so far. */
  settle(): void {
    for (const settled of this.waiting.splice(0)) settled();
  }
}
