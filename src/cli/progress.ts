/** How far a long command is, on standard error, where somebody looks. */
import process from 'node:process';

const REDRAW_MS = 200;

export class Progress {
  readonly #isShown: boolean;
  #drawnAt = 0;

  constructor(stream: { isTTY?: boolean } = process.stderr) {
    this.#isShown = stream.isTTY === true;
  }

  show(text: () => string): void {
    if (!this.#isShown) return;
    const now = performance.now();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    process.stderr.write(`\r\u001b[K${text()}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown && this.#drawnAt > 0) process.stderr.write('\r\u001b[K');
  }
}
