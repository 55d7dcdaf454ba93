/** Composition root of the recorder thread: the only place that constructs its parts. Started by recorder/thread.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { AgeClock, sinceBoot } from '../core/age-clock.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Counters } from '../core/counters.ts';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { type ClosableLogger, createLogger, type Logger } from '../core/log.ts';
import type { LifeSettings, LiveMessage, RecorderService } from '../core/ports.ts';
import { serveRpc } from '../core/rpc.ts';
import { loadBuiltInTable } from '../pricing/prices.ts';
import { loadRegistry, type ProviderRegistry } from '../providers/registry.ts';
import type { StoredSessions } from '../session/states.ts';
import { createSinks, type Sinks } from '../sinks/index.ts';
import { tellDamage } from '../sinks/store-file.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { openStore } from '../store/open.ts';
import { callOfResponse, loadTips, sessionFacts } from '../store/sessions.ts';
import { isCounted, isStored, loadTotals, submittedCall, sumCalls } from '../store/queries.ts';
import { type CountTokens, createEstimator } from '../usage/estimate.ts';
import { ExchangeMeter } from '../usage/meter.ts';
import { DEFAULT_LIMITS } from '../usage/metered.ts';
import { lazyTokenizer } from '../usage/tokenizer.ts';
import { confirmDate } from './confirm-date.ts';
import { bodyRule } from './body-rule.ts';
import { frameTexts } from '../decoders/frame-texts.ts';
import { LivePrices } from './live-prices.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { repriceSlice } from './reprice.ts';
import { takeOver } from './take-over.ts';
import { StoreLife } from './store-life.ts';
import type { FromRecorderThread, RecorderConfig, ToRecorderThread, WorkerData } from './thread-messages.ts';

/** Who wants to see calls as they finish. */
const watchers = new Set<MessagePort>();

async function start({ config, rows }: WorkerData, owner: MessagePort): Promise<void> {
  const log = createLogger(config.log);
  const identity = { recorder: newId('recorder', systemClock.wall()), pid: process.pid };
  const { options, sinks } = await partsOf(named(config, identity.recorder), log);
  const recorder = new Recorder(options);
  await recorder.open();
  recorder.attach(rows);
  const { store } = sinks;
  if (store !== null) await takeOver({ ask: (question) => store.ask(question), recorder, log, identity });
  owner.on('message', (message: ToRecorderThread) => {
    if ('serve' in message) serve(message.serve, recorder);
    else void stop(recorder, log);
  });
  tell(owner, { ready: true });
}

function named(config: RecorderConfig, recorder: string): RecorderConfig {
  const { sqlite } = config.sinks;
  return sqlite === null ? config : { ...config, sinks: { ...config.sinks, sqlite: { ...sqlite, recorder } } };
}

interface Parts {
  options: RecorderOptions;
  sinks: Sinks;
}

async function partsOf(config: RecorderConfig, log: Logger): Promise<Parts> {
  const counters = new Counters();
  const clock = systemClock;
  checkStore(config, clock, log);
  const [directory, table] = await Promise.all([
    loadRegistry({ localServers: config.localServers, own: config.ownProviders ?? [] }),
    loadBuiltInTable(),
  ]);
  const age = new AgeClock({ clock, elapsed: sinceBoot, log, isSure: false });
  const sinks = createSinks(config.sinks, { counters, log, clock, age, frameTexts });
  const asked = asker(sinks, counters, log);
  const prices = new LivePrices({
    builtIn: table,
    listed: directory.listPrices(),
    paths: config.prices ?? null,
    clock,
    onFault: (message) => log.warn({ error: message }, 'a price file has a fault; the prices of before stay in force'),
  });
  const options: RecorderOptions = {
    createMeter: ({ host, port, provider }) =>
      new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS }),
    price: (question) => prices.price(question),
    listedPrices: (provider, model) => prices.listed(provider, model, clock.wall()),
    totals: {
      load: () => ({ models: [], since: null }),
      onLoaded: (listener) => onceOpen(sinks, (database) => listener(loadTotals(database))),
      loadRun: (runId) => asked((database) => sumCalls(database, { run: runId }), []),
    },
    answers: storedAnswers(asked),
    sessions: storedSessions(sinks, asked),
    keepsBodies: bodyRule(directory, config.bodiesOf ?? []),
    estimator: config.estimate ? createEstimator(tokenizerOf(config)) : null,
    reprice: (query, onChange) => {
      // Whoever has just changed a price means the new one.
      prices.refresh();
      return repriceSlice(query, {
        // Each page anew: between two the file may be another one.
        get database() {
          return use(sinks, (database) => database);
        },
        price: (question) => prices.price(question),
        clock,
        onChange,
      });
    },
    imports: importsOf(directory, asked),
    ...(config.life === undefined ? {} : { life: lifeOf(config.life, config, sinks, { clock, age, log }) }),
    sinks: sinks.all,
    live: sinks.store?.live ?? null,
    metricsText: (net) => sinks.metricsText(net),
    onRunEnded: (runId) => sinks.endTrace(runId),
    onFinished: (finished) => confirmDate(age, finished),
    onRecord: (record) => show({ live: record }),
    onRunning: (running) => show({ running }),
    counters,
    clock,
    log,
    ...(config.bodyMemoryBytes === undefined ? {} : { bodyMemoryBytes: config.bodyMemoryBytes }),
  };
  return { options, sinks };
}

function importsOf(directory: ProviderRegistry, asked: ReturnType<typeof asker>): RecorderOptions['imports'] {
  return {
    providerOf: (host, port) => directory.lookup(host, port)?.provider ?? null,
    isStored: (id) => asked((database) => isStored(database, id), false),
  };
}

/** Where somebody waits for each record, none waits for a table that is loaded with the first estimate. */
function tokenizerOf({ sinks }: RecorderConfig): CountTokens {
  const countTokens = lazyTokenizer();
  if (sinks.sqlite?.isAwaited === true) countTokens('');
  return countTokens;
}

/**
 * Told at the start, when somebody looks. Only a store of a newer version ends it: calls are counted without a store,
 * and the sink goes on trying.
 */
function checkStore({ databasePath: path, sinks }: RecorderConfig, clock: Clock, log: Logger): void {
  const keep = sinks.sqlite?.backups;
  try {
    const { database, damaged } = openStore(path, clock.wall(), openDatabase, {
      ...(keep === undefined ? {} : { keep }),
      tell: (fields, message) => log.info(fields, message),
    });
    database.close();
    if (damaged !== null) tellDamage(log, path, damaged);
  } catch (error) {
    // A file that is not ours was named by mistake: that is for whoever starts us to hear.
    if (['store_newer', 'store_foreign'].includes(codeOf(error) ?? '')) throw error;
    log.error(
      { file: path, error: messageOf(error) },
      'the database cannot be used: calls are counted and in no database until it can (docs/troubleshooting.md)',
    );
  }
}

/** What the store knows is wanted, but no call may be lost because it cannot be asked. */
function asker({ store }: Sinks, counters: Counters, log: Logger) {
  return <T>(question: (database: Database) => T, fallback: T): T => {
    try {
      return store === null ? fallback : store.ask(question);
    } catch (error) {
      counters.add('internal_errors', 'part="store"');
      // Its sink has said that it is not open.
      if (codeOf(error) !== 'store_unusable') log.warn({ error: messageOf(error) }, 'the store could not be asked');
      return fallback;
    }
  };
}

function storedAnswers(asked: ReturnType<typeof asker>): RecorderOptions['answers'] {
  return {
    isCounted: (provider, responseId) => asked((database) => isCounted(database, provider, responseId), false),
    submitted: (provider, responseId) => asked((database) => submittedCall(database, provider, responseId), null),
  };
}

function storedSessions(sinks: Sinks, asked: ReturnType<typeof asker>): StoredSessions {
  return {
    onLoaded: (listener) => onceOpen(sinks, (database) => listener(loadTips(database))),
    session: (id) => asked((database) => sessionFacts(database, id), null),
    callOfResponse: (...answer) => asked((database) => callOfResponse(database, ...answer), null),
  };
}

/** The totals are in the first database that opens; one that comes after it begins with none. */
function onceOpen({ store }: Sinks, listener: (database: Database) => void): void {
  let isLoaded = false;
  store?.onOpen((database) => {
    if (!isLoaded) listener(database);
    isLoaded = true;
  });
}

/** @throws AppError `store_unusable` */
function use<T>({ store }: Sinks, work: (database: Database) => T): T {
  if (store === null) throw new AppError('store_unusable', 'there is no database');
  return store.use(work);
}

function lifeOf(
  settings: LifeSettings,
  { databasePath: path }: RecorderConfig,
  sinks: Sinks,
  deps: { clock: Clock; age: AgeClock; log: Logger },
): StoreLife {
  return new StoreLife({ ...settings, ...deps, path, use: (work) => use(sinks, work) });
}

function show(message: LiveMessage): void {
  for (const port of watchers) port.postMessage(message);
}

function watch(port: MessagePort, on: boolean, recorder: Recorder): void {
  if (on) watchers.add(port);
  else watchers.delete(port);
  recorder.watchRunning(watchers.size > 0);
}

function serve(port: MessagePort, recorder: Recorder): void {
  port.on('close', () => watch(port, false, recorder));
  serveRpc<RecorderService>(port, {
    stats: () => recorder.stats(),
    metrics: () => recorder.metrics(),
    runSummary: (runId) => recorder.runSummary(runId),
    flush: () => recorder.flush(),
    health: () => recorder.health(),
    tracing: (enabled) => recorder.tracing(enabled),
    reprice: (query) => recorder.reprice(query),
    import: (lines, dryRun) => recorder.import(lines, dryRun),
    prune: (limits) => recorder.prune(limits),
    purge: (target, cursor) => recorder.purge(target, cursor),
    pin: (kind, id, on) => recorder.pin(kind, id, on),
    watch: (on) => watch(port, on, recorder),
    running: () => recorder.running(),
    prices: (models) => recorder.prices(models),
    costOf: (question) => recorder.costOf(question),
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
