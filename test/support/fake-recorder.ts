import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ConnectionInfo } from '../../src/core/recorder-port.ts';
import { Counters } from '../../src/core/counters.ts';
import type { Settled } from '../../src/core/sink.ts';
import { silentLogger } from '../../src/core/log.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { NetMessage, RecorderMessage } from '../../src/handover/rows.ts';
import { SlabRecorder, type SlabRecorderOptions } from '../../src/handover/slab-recorder.ts';
import { BodyMemory } from '../../src/recorder/body-memory.ts';
import { CalmLog } from '../../src/recorder/calm-log.ts';
import type { FinishedExchange, Meter } from '../../src/recorder/live-exchange.ts';
import { Receiver } from '../../src/recorder/receive.ts';
import { metered } from './exchanges.ts';

/** What one exchange's bytes were on the other side. Copies: the slab is used again. */
export class KeepingMeter implements Meter {
  readonly info: ConnectionInfo;
  readonly requestHeads: string[] = [];
  readonly responseHeads: string[] = [];
  readonly #request: Buffer[] = [];
  readonly #response: Buffer[] = [];
  readonly gaps: string[] = [];
  stopped = false;

  constructor(info: ConnectionInfo) {
    this.info = info;
  }

  get request(): Buffer {
    return Buffer.concat(this.#request);
  }

  get response(): Buffer {
    return Buffer.concat(this.#response);
  }

  requestHead(raw: Uint8Array): void {
    this.requestHeads.push(Buffer.from(raw).toString('latin1'));
  }

  requestBody(chunk: Uint8Array): void {
    this.#request.push(Buffer.from(chunk));
  }

  responseHead(raw: Uint8Array): void {
    this.responseHeads.push(Buffer.from(raw).toString('latin1'));
  }

  responseBody(chunk: Uint8Array): void {
    this.#response.push(Buffer.from(chunk));
  }

  requestGap(bytes: number): void {
    this.gaps.push(`request ${bytes}`);
  }

  responseGap(bytes: number): void {
    this.gaps.push(`response ${bytes}`);
  }

  stopKeeping(): void {
    this.stopped = true;
  }

  end(): ReturnType<Meter['end']> {
    return metered();
  }
}

/** A real SlabRecorder and a real Receiver over a real MessageChannel, in one process. */
export class HandoverPair {
  readonly counters = new Counters();
  readonly recorderCounters = new Counters();
  readonly net: SlabRecorder;
  readonly meters: KeepingMeter[] = [];
  readonly finished: FinishedExchange[] = [];
  readonly netCounters: Record<string, number>[] = [];
  readonly lost: number[] = [];
  readonly memory: BodyMemory;
  receiver!: Receiver;
  /** While true, messages stay unread. */
  #held: NetMessage[] | null = null;
  #port: MessagePort | null = null;
  /** What becomes of the record that somebody waits for. */
  settle: (settled: Settled) => void = (settled) => settled(true);
  createMeter: (info: ConnectionInfo) => Meter = (info) => {
    const meter = new KeepingMeter(info);
    this.meters.push(meter);
    return meter;
  };

  constructor(options: Partial<SlabRecorderOptions> & { memoryBytes?: number; attached?: boolean } = {}) {
    this.memory = new BodyMemory(options.memoryBytes ?? Infinity);
    this.net = new SlabRecorder({
      counters: this.counters,
      log: silentLogger,
      onDetached: (lost) => this.lost.push(lost),
      ...options,
    });
    if (options.attached !== false) this.attach();
  }

  attach(): void {
    const { port1, port2 } = new MessageChannel();
    this.#port = port2;
    this.receiver = new Receiver({
      createMeter: (info) => this.createMeter(info),
      onFinished: (finished, settled) => {
        this.finished.push(finished);
        if (settled !== undefined) this.settle(settled);
      },
      onSettled: (exchange, stored) =>
        port2.postMessage({ stored: stored ? [exchange] : [], lost: stored ? [] : [exchange] }, []),
      reply: (message: RecorderMessage, transfer) => port2.postMessage(message, transfer),
      memory: this.memory,
      counters: this.recorderCounters,
      log: new CalmLog(silentLogger, systemClock),
    });
    port2.on('message', (message: NetMessage) => {
      if (this.#held === null) this.#take(message);
      else this.#held.push(message);
    });
    this.net.attach(port1);
  }

  /** The recorder stops reading. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.#take(message);
  }

  /** The recorder thread is gone. */
  die(): void {
    this.#port?.close();
  }

  close(): void {
    this.net.close();
    this.#port?.close();
  }

  #take(message: NetMessage): void {
    if ('counters' in message) this.netCounters.push(message.counters);
    else this.receiver.receive(message);
  }
}
