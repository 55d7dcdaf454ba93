import type { Capture } from '../core/capture.ts';
import type { SinkHealth } from '../core/ports.ts';
import type { Settled, Sink } from '../core/sink.ts';
import { SinkRunner, type SinkRunnerOptions } from './sink-runner.ts';

/** Gives every capture to every sink; what one of them does never reaches another, nor the traffic. */
export class Dispatcher {
  readonly #runners: readonly SinkRunner[];

  constructor(sinks: readonly Sink[], options: SinkRunnerOptions) {
    this.#runners = sinks.map((sink) => new SinkRunner(sink, options));
  }

  get health(): SinkHealth[] {
    return this.#runners.map((runner) => runner.health);
  }

  async open(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.open()));
  }

  /** @param settled is answered by the first durable sink; there is none: by nobody's fault, at once. */
  dispatch(capture: Capture, settled?: Settled): void {
    if (settled === undefined) {
      for (const runner of this.#runners) runner.write(capture);
      return;
    }
    const durable = this.#runners.find((runner) => runner.isDurable);
    for (const runner of this.#runners) runner.write(capture, runner === durable ? settled : undefined);
    if (durable === undefined) settled(false);
  }

  /** To one sink alone, by its name. */
  dispatchTo(name: string, capture: Capture): void {
    for (const runner of this.#runners) if (runner.health.name === name) runner.write(capture);
  }

  async flush(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.flush()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.close()));
  }
}
