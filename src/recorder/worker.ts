/** Composition root of the recorder thread: the only place that constructs its parts. Started by recorder/thread.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CallRecord } from '../core/capture.ts';
import { systemClock } from '../core/clock.ts';
import { Counters } from '../core/counters.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import { type ClosableLogger, createLogger, type Logger } from '../core/log.ts';
import type { LiveMessage, RecorderService } from '../core/ports.ts';
import { serveRpc } from '../core/rpc.ts';
import { loadBuiltInTable } from '../pricing/prices.ts';
import { loadRegistry } from '../providers/registry.ts';
import { createSinks } from '../sinks/index.ts';
import { openDatabase } from '../store/driver.ts';
import { migrate } from '../store/migrations.ts';
import { isCounted, loadTotals, submittedCall, sumCalls } from '../store/queries.ts';
import { createEstimator } from '../usage/estimate.ts';
import { ExchangeMeter } from '../usage/meter.ts';
import { DEFAULT_LIMITS } from '../usage/metered.ts';
import { lazyTokenizer } from '../usage/tokenizer.ts';
import { bodyRule } from './body-rule.ts';
import { LivePrices } from './live-prices.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { repriceSlice } from './reprice.ts';
import type { FromRecorderThread, RecorderConfig, ToRecorderThread, WorkerData } from './thread-messages.ts';

/** Who wants to see calls as they finish. */
const watchers = new Set<MessagePort>();

async function start({ config, rows }: WorkerData, owner: MessagePort): Promise<void> {
  const log = createLogger(config.log);
  const recorder = new Recorder(await optionsOf(config, log));
  await recorder.open();
  recorder.attach(rows);
  owner.on('message', (message: ToRecorderThread) => {
    if ('serve' in message) serve(message.serve, recorder);
    else void stop(recorder, log);
  });
  tell(owner, { ready: true });
}

async function optionsOf(config: RecorderConfig, log: Logger): Promise<RecorderOptions> {
  const counters = new Counters();
  const clock = systemClock;
  // Before the sinks: a store that cannot be used must be told at start, and totals are read back from it.
  const database = openDatabase(config.databasePath);
  migrate(database);
  const [directory, table] = await Promise.all([
    loadRegistry({ localServers: config.localServers, own: config.ownProviders ?? [] }),
    loadBuiltInTable(),
  ]);
  const sinks = createSinks(config.sinks, { counters, log, clock });
  /** What the store knows is wanted, but no call may be lost because it cannot be asked. */
  const asked = <T>(question: () => T, fallback: T): T => {
    try {
      return question();
    } catch (error) {
      counters.add('internal_errors', 'part="store"');
      log.warn({ error: messageOf(error) }, 'the store could not be asked');
      return fallback;
    }
  };
  const prices = new LivePrices({
    builtIn: table,
    listed: directory.listPrices(),
    paths: config.prices ?? null,
    clock,
    onFault: (message) => log.warn({ error: message }, 'a price file has a fault; the prices of before stay in force'),
  });
  return {
    createMeter: ({ host, port, provider }) =>
      new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS }),
    price: (question) => prices.price(question),
    totals: {
      load: () => loadTotals(database),
      loadRun: (runId) => asked(() => sumCalls(database, { run: runId }), []),
    },
    answers: {
      isCounted: (provider, responseId) => asked(() => isCounted(database, provider, responseId), false),
      submitted: (provider, responseId) => asked(() => submittedCall(database, provider, responseId), null),
    },
    keepsBodies: bodyRule(directory, config.bodiesOf ?? []),
    estimator: config.estimate ? createEstimator(lazyTokenizer()) : null,
    reprice: (query, onChange) => {
      // Whoever has just changed a price means the new one.
      prices.refresh();
      return repriceSlice(query, { database, price: (question) => prices.price(question), clock, onChange });
    },
    sinks: sinks.all,
    metricsText: (net) => sinks.metricsText(net),
    onRunEnded: (runId) => sinks.endTrace(runId),
    onRecord: show,
    counters,
    clock,
    log,
    ...(config.bodyMemoryBytes === undefined ? {} : { bodyMemoryBytes: config.bodyMemoryBytes }),
  };
}

function show(record: CallRecord): void {
  for (const port of watchers) port.postMessage({ live: record } satisfies LiveMessage);
}

function serve(port: MessagePort, recorder: Recorder): void {
  port.on('close', () => watchers.delete(port));
  serveRpc<RecorderService>(port, {
    stats: () => recorder.stats(),
    metrics: () => recorder.metrics(),
    runSummary: (runId) => recorder.runSummary(runId),
    flush: () => recorder.flush(),
    health: () => recorder.health(),
    reprice: (query) => recorder.reprice(query),
    watch: (on) => void (on ? watchers.add(port) : watchers.delete(port)),
  });
}

async function stop(recorder: Recorder, log: ClosableLogger): Promise<void> {
  await recorder.close();
  await log.close();
  process.exit(0);
}

function tell(owner: MessagePort, message: FromRecorderThread): void {
  owner.postMessage(message, []);
}

if (parentPort !== null) {
  const owner = parentPort;
  start(workerData as WorkerData, owner).catch((error: unknown) => {
    tell(owner, { failed: { code: codeOf(error) ?? 'store_unusable', message: messageOf(error) } });
    owner.close();
    process.exitCode = 1;
  });
}
