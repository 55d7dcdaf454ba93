import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { Counters } from '../../src/core/counters.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { LiveMessage, RecorderService } from '../../src/core/ports.ts';
import { connectRpc, type Remote } from '../../src/core/rpc.ts';
import { SlabRecorder } from '../../src/handover/slab-recorder.ts';
import { RecorderThread } from '../../src/recorder/thread.ts';
import { untilTrue } from '../support/async.ts';
import { connectionInfo, exchangeEnd } from '../support/exchanges.ts';

/** The built thread: a .ts worker does not load under Node 20. `npm test` builds before it runs. */
const WORKER = join(dirname(fileURLToPath(import.meta.url)), '../../dist/recorder/worker.js');

interface Daemon {
  net: SlabRecorder;
  counters: Counters;
  thread: RecorderThread;
  ask: Remote<RecorderService>;
  workers: Worker[];
  live: CallRecord[];
  starts: number;
}

let folder = '';
let daemon: Daemon;

async function start(): Promise<Daemon> {
  const counters = new Counters();
  const net = new SlabRecorder({ counters, log: silentLogger });
  const workers: Worker[] = [];
  const live: CallRecord[] = [];
  const database = join(folder, 'llm-proxy.db');
  const thread = new RecorderThread({
    config: {
      databasePath: database,
      sinks: { console: null, logFiles: null, sqlite: { path: database } },
      localServers: [],
      estimate: true,
      log: { level: 'silent', pretty: false, fd: 1 },
    },
    net,
    log: silentLogger,
    restartMs: 5,
    onReady() {
      const { port1, port2 } = new MessageChannel();
      thread.serve(port2);
      daemon.ask = connectRpc<RecorderService>(port1);
      daemon.starts += 1;
      port1.on('message', (message: LiveMessage | { reply: number }) => {
        if ('live' in message) live.push(message.live);
      });
      port1.unref();
    },
    spawn(data, transfer) {
      const worker = new Worker(WORKER, { workerData: data, transferList: [...transfer] as MessagePort[] });
      workers.push(worker);
      return worker;
    },
  });
  daemon = { net, counters, thread, workers, live, starts: 0, ask: {} as Remote<RecorderService> };
  await thread.start();
  return daemon;
}

function call(exchange: number, runId: string | null, tokens: number): void {
  const { net } = daemon;
  const body = JSON.stringify({
    id: `chatcmpl-${exchange}`,
    object: 'chat.completion',
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: tokens, completion_tokens: 1, total_tokens: tokens + 1 },
  });
  const json = 'content-type: application/json\r\n\r\n';
  net.connection(connectionInfo({ connection: exchange, host: 'api.openai.com', provider: 'openai', runId }));
  net.open(exchange, exchange, Date.now(), 1);
  net.head(exchange, 'request', Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${json}`), 1);
  net.body(exchange, 'request', Buffer.from('{"model":"gpt-4o-mini"}'), 1);
  net.head(exchange, 'response', Buffer.from(`HTTP/1.1 200 OK\r\n${json}`), 2);
  net.body(exchange, 'response', Buffer.from(body), 3);
  net.end(exchange, exchangeEnd(), 4);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-recorder-'));
});

afterEach(async () => {
  await daemon.thread.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the recorder thread', () => {
  it('answers exactly after a fence, shows finished calls to who watches, and keeps its sums over a restart', async () => {
    await start();
    await daemon.ask.watch(true);
    for (let exchange = 1; exchange <= 20; exchange += 1) call(exchange, exchange % 2 === 0 ? 'run_a' : null, exchange);
    await daemon.net.flush();
    expect((await daemon.ask.runSummary('run_a')).totals).toMatchObject({ requests: 10, input_tokens: 110 });
    expect(await daemon.ask.stats()).toMatchObject({ total_requests: 20, input_tokens: 210, unpriced_calls: 0 });
    await untilTrue(() => daemon.live.length === 20, 'live calls');
    await daemon.thread.stop();

    await start();
    call(21, null, 1000);
    await daemon.net.flush();
    expect(await daemon.ask.stats()).toMatchObject({ total_requests: 21, input_tokens: 1210 });
    expect((await daemon.ask.runSummary('run_a')).totals).toMatchObject({ requests: 10, input_tokens: 110 });
  });

  it('is started again after a crash, with what was stored', async () => {
    await start();
    for (let exchange = 1; exchange <= 10; exchange += 1) call(exchange, null, 5);
    await daemon.net.flush();
    await daemon.ask.flush();
    await daemon.workers[0]?.terminate();
    await untilTrue(() => daemon.starts === 2, 'second start');
    call(11, null, 5);
    await daemon.net.flush();
    expect(await daemon.ask.stats()).toMatchObject({ total_requests: 11, input_tokens: 55 });
    expect(daemon.counters.get('dropped', 'reason="recorder_died"')).toBe(0);
  });

  it('records what is live at a stop as shutdown', async () => {
    await start();
    const { net } = daemon;
    net.connection(connectionInfo());
    net.open(1, 1, Date.now(), 1);
    net.head(1, 'request', Buffer.from('POST /v1/messages HTTP/1.1\r\n\r\n'), 1);
    await daemon.thread.stop();
    await start();
    expect(await daemon.ask.stats()).toMatchObject({ by_provider: { anthropic: { errors: 0 } } });
  });
});
