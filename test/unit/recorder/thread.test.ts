import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Counters } from '../../../src/core/counters.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { SlabRecorder } from '../../../src/handover/slab-recorder.ts';
import type { WorkerData } from '../../../src/recorder/thread-messages.ts';
import { RecorderThread, type RecorderThreadOptions } from '../../../src/recorder/thread.ts';
import { untilTrue } from '../../support/async.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';

/** A real thread in plain JavaScript (a .ts worker does not load under Node 20): acknowledges slabs, dies when told. */
const OBEDIENT = `
const { parentPort, workerData } = require('node:worker_threads');
const { rows } = workerData;
rows.on('message', (message) => {
  if (!message.buffer) return;
  const table = new Float64Array(message.buffer, 0, message.rows * 6);
  for (let row = 0; row < table.length; row += 6) if (table[row] === 11) rows.postMessage({ fence: table[row + 1] });
  rows.postMessage({ buffer: message.buffer }, [message.buffer]);
});
parentPort.on('message', (message) => {
  if (message.stop) process.exit(0);
  message.serve.on('message', () => process.exit(1));
});
parentPort.postMessage({ ready: true });
`;
const DYING = `
const { parentPort, workerData } = require('node:worker_threads');
workerData.rows.on('message', () => { throw new Error('over the last rows'); });
parentPort.postMessage({ ready: true });
`;
const FAILING = `
require('node:worker_threads').parentPort.postMessage({ failed: { code: 'store_unusable', message: 'no disk' } });
setTimeout(() => {}, 20);
`;
const FAILING_AND_STUCK = `${FAILING} setInterval(() => {}, 1000);`;
const SILENT = `process.exit(3);`;
const STUCK = `
require('node:worker_threads').parentPort.postMessage({ ready: true });
setInterval(() => {}, 1000);
`;

interface Kit {
  thread: RecorderThread;
  net: SlabRecorder;
  counters: Counters;
  onReady: ReturnType<typeof vi.fn<() => void>>;
  programs: string[];
}

let kit: Kit | null = null;

/** @param programs one for each start; the last one serves all later ones. */
function open(programs: string[], options: Partial<RecorderThreadOptions> = {}): Kit {
  const counters = new Counters();
  const net = new SlabRecorder({ counters, log: silentLogger });
  const onReady = vi.fn<() => void>();
  const spawn = (data: WorkerData, transfer: readonly MessagePort[]): Worker =>
    new Worker((programs.length > 1 ? programs.shift() : programs[0]) ?? '', {
      eval: true,
      workerData: data,
      transferList: [...transfer],
    });
  const config = {
    databasePath: ':memory:',
    sinks: { console: null, logFiles: null, sqlite: null },
    localServers: [],
    estimate: true,
    log: { level: 'silent', pretty: false, fd: 1 },
  } as const satisfies WorkerData['config'];
  const thread = new RecorderThread({ config, net, log: silentLogger, onReady, restartMs: 5, spawn, ...options });
  kit = { thread, net, counters, onReady, programs };
  return kit;
}

/** Makes the thread end as if it had crashed. */
function crash(thread: RecorderThread): void {
  const { port1, port2 } = new MessageChannel();
  thread.serve(port2);
  port1.postMessage('die');
  port1.unref();
}

afterEach(async () => {
  await kit?.thread.stop();
  kit = null;
});

describe('recorder/thread', () => {
  it('starts, takes rows and stops', async () => {
    const { thread, net, onReady } = open([OBEDIENT]);
    await thread.start();
    expect(onReady).toHaveBeenCalledTimes(1);
    net.connection(connectionInfo());
    net.open(1, 1, 0, 0);
    net.end(1, exchangeEnd(), 1);
    await net.flush();
    await thread.stop();
    expect(net.unreadBytes).toBe(0);
  });

  it.each([
    ['', FAILING],
    [', also of one that does not end by itself', FAILING_AND_STUCK],
  ])('says why the thread cannot start, when it has ended%s', async (_, program) => {
    const worker = new Worker(program, { eval: true });
    const { thread } = open([], { stopMs: 50, spawn: () => worker });
    await expect(thread.start()).rejects.toMatchObject({ code: 'store_unusable', message: 'no disk' });
    expect(worker.threadId).toBe(-1);
  });

  it('does not wait for a thread that ends without a word', async () => {
    await expect(open([SILENT]).thread.start()).rejects.toThrow('ended with code 3');
  });

  it('starts a crashed thread again, counts what was lost, and records on', async () => {
    const { thread, net, counters, onReady } = open([OBEDIENT, SILENT, OBEDIENT]);
    await thread.start();
    net.connection(connectionInfo());
    net.open(1, 1, 0, 0);
    crash(thread);
    await untilTrue(() => onReady.mock.calls.length === 2, 'second start');
    expect(counters.get('dropped', 'reason="recorder_died"')).toBe(1);
    net.open(2, 1, 0, 0);
    net.end(2, exchangeEnd(), 1);
    await net.flush();
    expect(counters.get('dropped', 'reason="recorder_down"')).toBe(0);
  });

  it.each([
    ['does not stop', STUCK],
    ['fails while it stops', DYING],
  ])('ends a thread that %s', async (_, program) => {
    const { thread } = open([program], { stopMs: 50 });
    await thread.start();
    await expect(thread.stop()).resolves.toBeUndefined();
  });
});
