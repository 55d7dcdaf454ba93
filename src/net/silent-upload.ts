import type { IncomingMessage } from 'node:http';
import type { Refusal } from './refusal.ts';
import { Silence } from './silence.ts';

/** So long a client may send nothing of a request that nobody but us waits for. */
export const SILENT_UPLOAD_MS = 600_000;

export const SILENT_UPLOAD: Refusal = {
  status: 408,
  type: 'request_timeout',
  message: `The request stopped within its body: nothing came for ${SILENT_UPLOAD_MS / 60_000} minutes.`,
};

/** Watches a request that is held until it is whole. One that goes on as it comes is its upstream's to give up. */
export class SilentUpload {
  readonly #request: IncomingMessage;
  readonly #silence: Silence;
  readonly #heard = (): void => this.#silence.heard();
  readonly #ended = (): void => this.stop();

  constructor(request: IncomingMessage, tooLong: () => void) {
    this.#request = request;
    this.#silence = new Silence(SILENT_UPLOAD_MS, tooLong);
    request.on('data', this.#heard).once('end', this.#ended);
  }

  stop(): void {
    this.#request.off('data', this.#heard).off('end', this.#ended);
    this.#silence.stop();
  }
}
