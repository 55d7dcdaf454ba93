import type { MessageParser } from '../wire/http1.ts';
import type { ClientSide } from './client-side.ts';
import { refusalBytes, type Refusal } from './refusal.ts';
import type { Slot } from './slot.ts';

/** What a refused client may still send before the connection is closed over it. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Answers a request in place of the upstream. Most clients read the answer only when they have sent their whole body,
 * so that is heard and dropped before the connection ends.
 */
export class RefusedRequest {
  readonly #slot: Slot;
  readonly #requests: MessageParser;
  readonly #client: ClientSide;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(slot: Slot, refusal: Refusal, requests: MessageParser, client: ClientSide, silenceMs: number) {
    this.#slot = slot;
    this.#requests = requests;
    this.#client = client;
    this.#timer = setTimeout(() => this.end(), silenceMs);
    const bytes = refusalBytes(refusal);
    const answer = slot.method === 'HEAD' ? bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4) : bytes;
    // A client that is still sending may wait for the whole answer before it stops.
    client.write(slot.requestDone ? client.holdEnd(answer, true) : answer);
    if (slot.expectContinue) this.end();
    else this.#endIfHeard();
  }

  hear(chunk: Buffer): void {
    if (this.#client.closing) return;
    this.#timer.refresh();
    this.#bytes += chunk.length;
    this.#requests.execute(chunk);
    this.#endIfHeard();
  }

  end(): void {
    clearTimeout(this.#timer);
    const client = this.#client;
    const settled = client.holding ? (): void => client.release() : undefined;
    this.#slot.tap.end(this.#slot.verdict ?? { outcome: 'refused', error: null }, settled);
    client.end();
  }

  #endIfHeard(): void {
    if (this.#slot.requestDone || this.#requests.anomaly !== null || this.#bytes > MAX_BODY_BYTES) this.end();
  }
}
