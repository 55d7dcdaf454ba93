import type { MessagePort } from 'node:worker_threads';
import type { CallRecord, Capture, Cost } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { LeftOverCall, LiveCalls } from '../core/live-call.ts';
import type { Logger } from '../core/log.ts';
import type { ModelPrices } from '../core/model-prices.ts';
import type {
  CostQuestion,
  KeepLimits,
  PinResult,
  PruneSlice,
  PurgeSlice,
  PurgeTarget,
  RecorderHealth,
  RecorderQueries,
  RepriceQuery,
  RepriceSlice,
  RunSummary,
  Stats,
} from '../core/ports.ts';
import type { ConnectionInfo } from '../core/recorder-port.ts';
import type { RunningCall, RunningNews } from '../core/running-call.ts';
import type { Settled, Sink } from '../core/sink.ts';
import type { ImportOutcome } from '../core/transfer.ts';
import type { NetMessage, RecorderMessage } from '../handover/rows.ts';
import type { PriceQuestion } from '../pricing/cost.ts';
import { NOWHERE, type Placed } from '../session/seen-call.ts';
import type { StoredSessions } from '../session/states.ts';
import { SessionTracker } from '../session/tracker.ts';
import type { Estimator } from '../usage/estimate.ts';
import type { TallyChange } from '../store/reprice.ts';
import { BodyMemory } from './body-memory.ts';
import { CalmLog } from './calm-log.ts';
import { CleanSlices } from './clean-slices.ts';
import { Dispatcher } from './dispatcher.ts';
import { type ImportDeps, importLines } from './import-calls.ts';
import { imaginedCall } from './imagined-call.ts';
import { Inbox } from './inbox.ts';
import { interruptedExchange } from './interrupted.ts';
import type { FinishedExchange, Meter } from './live-exchange.ts';
import { LiveJournal } from './live-journal.ts';
import { Receiver } from './receive.ts';
import { type Placeable, seenCall } from './place-call.ts';
import { type RecordDeps, recordExchange } from './record-exchange.ts';
import { Rereads, type StoredAnswers } from './rereads.ts';
import { RunningCalls } from './running-calls.ts';
import { SeenAnswers } from './seen-answers.ts';
import { SettledReplies } from './settled-replies.ts';
import type { StoreLife } from './store-life.ts';
import { RunningTotals, type TotalsStore } from './totals.ts';

export interface RecorderOptions {
  createMeter(connection: ConnectionInfo): Meter;
  price(question: PriceQuestion): Cost;
  /** For people; absent = nobody asks. */
  listedPrices?(provider: string, model: string): ModelPrices;
  totals: TotalsStore;
  /** What the store knows of earlier answers. */
  answers: StoredAnswers;
  /** What the store knows of earlier conversations. */
  sessions: StoredSessions;
  /** Prices stored calls again, and tells what that changed. */
  reprice(query: RepriceQuery, onChange: (change: TallyChange) => void): Promise<RepriceSlice>;
  /** What is asked for calls that come from elsewhere. */
  imports: Pick<ImportDeps, 'providerOf' | 'isStored'>;
  sinks: readonly Sink[];
  /** Whether the bodies of a provider's calls are written anywhere. */
  keepsBodies(provider: string): boolean;
  /** Counts what providers do not state; null = it stays unknown. */
  estimator: Estimator | null;
  /** What happens to what is stored. */
  life?: Pick<StoreLife, 'open' | 'close' | 'metrics' | 'prune' | 'purge' | 'pin'>;
  /** Prometheus text of this thread's counters and of the net thread's, which are given. */
  metricsText(netCounters: Record<string, number>): string | Promise<string>;
  /** Every exchange that has ended, before it is recorded. */
  onFinished?: (finished: FinishedExchange) => void;
  /** Every record, as it is made: the live view. */
  onRecord?: (record: CallRecord) => void;
  /** While somebody watches: what is new of the calls under way. */
  onRunning?: (news: RunningNews) => void;
  /** A run has ended: its summary was asked for. */
  onRunEnded?: (runId: string) => void;
  /** Of this thread; shared with the sinks. */
  counters: Counters;
  clock: Clock;
  log: Logger;
  /** Body bytes that live exchanges may hold, all together. */
  bodyMemoryBytes?: number;
  /** Where calls in flight are kept for the case that this process dies; absent or null = nowhere. */
  live?: LiveCalls | null;
}

/** A minute of 1,000 streams at 10 chunks/s: 227 MB of whole-process memory with 32 MiB, 307 with 64 (Node 20, no TLS). */
const BODY_MEMORY = 32 * 1024 * 1024;
const REMEMBERED_RESPONSES = 20_000;
/** The sink that keeps calls. */
const STORE = 'sqlite';

/** The recorder thread without the thread: rows in, captures out, questions answered. */
export class Recorder implements RecorderQueries {
  readonly #options: RecorderOptions;
  readonly #counters: Counters;
  readonly #log: CalmLog;
  readonly #memory: BodyMemory;
  readonly #totals: RunningTotals;
  readonly #rereads: Rereads;
  readonly #seen = new SeenAnswers(REMEMBERED_RESPONSES);
  readonly #sessions: SessionTracker;
  readonly #clean = new CleanSlices();
  readonly #estimator: Estimator | null;
  readonly #dispatcher: Dispatcher;
  #netCounters: Record<string, number> = {};
  #tracing = true;
  #receiver: Receiver | null = null;
  #port: MessagePort | null = null;
  #journal: LiveJournal | null = null;
  readonly #running: RunningCalls;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#counters = options.counters;
    this.#log = new CalmLog(options.log, options.clock);
    this.#memory = new BodyMemory(options.bodyMemoryBytes ?? BODY_MEMORY);
    this.#totals = new RunningTotals(options.totals);
    this.#rereads = new Rereads(REMEMBERED_RESPONSES, options.answers);
    this.#estimator = options.estimator === null ? null : this.#guarded(options.estimator);
    this.#sessions = new SessionTracker({ store: options.sessions, newId: (wall) => newId('ses', wall) });
    this.#running = new RunningCalls({
      live: () => this.#receiver?.exchanges() ?? [],
      keepsBodies: (provider) => this.#keepsBodies(provider),
      tell: (news) => options.onRunning?.(news),
      onError: (error) => {
        this.#counters.add('internal_errors', 'part="live_view"');
        this.#log.warn({ error: messageOf(error) }, 'the calls under way could not be told of');
      },
    });
    this.#dispatcher = new Dispatcher(options.sinks, { counters: options.counters, log: this.#log });
  }

  /** Opens the sinks. Rows may come before; those that fail keep being tried. */
  async open(): Promise<void> {
    await this.#dispatcher.open();
    this.#options.life?.open();
  }

  /** Takes the rows of the net thread from `port`. Once. */
  attach(port: MessagePort): void {
    const settled = new SettledReplies((message) => port.postMessage(message, []));
    const receiver = new Receiver({
      createMeter: (connection) => this.#options.createMeter(connection),
      onFinished: (finished, settled) => this.#record(finished, settled),
      onSettled: (exchange, stored) => settled.add(exchange, stored),
      reply: (message: RecorderMessage, transfer) => port.postMessage(message, transfer),
      memory: this.#memory,
      counters: this.#counters,
      log: this.#log,
    });
    const inbox = new Inbox<NetMessage>(
      (message) => {
        if ('counters' in message) this.#netCounters = message.counters;
        else receiver.receive(message);
      },
      () => this.#options.clock.now(),
    );
    port.on('message', (message: NetMessage) => inbox.push(message));
    this.#receiver = receiver;
    this.#port = port;
    this.#keepLive(receiver);
  }

  /** Records a call that was in flight when an earlier recorder died. @throws what its meter throws */
  async recover(call: LeftOverCall): Promise<void> {
    const finished = await interruptedExchange(call, (connection) => this.#options.createMeter(connection));
    this.#options.live?.adopt(call.id);
    this.#record(finished);
  }

  /** A call that cannot be recovered: it is not tried again at each start. */
  discard(id: string): void {
    this.#options.live?.discard(id);
  }

  /** Whether somebody wants to know of the calls under way. */
  watchRunning(on: boolean): void {
    this.#running.watch(on);
  }

  /** The oldest first. */
  running(): RunningCall[] {
    return this.#running.list();
  }

  prices(models: readonly { provider: string; model: string }[]): ModelPrices[] {
    return models.flatMap(({ provider, model }) => this.#options.listedPrices?.(provider, model) ?? []);
  }

  costOf({
    input_tokens: input,
    output_tokens: output,
    ...asked
  }: CostQuestion): Pick<CallRecord, 'cost_usd' | 'cost'> {
    const { nanos, ...cost } = this.#price(imaginedCall(asked, input, output, this.#options.clock.wall()));
    return { cost_usd: nanos === null ? null : nanos / 1e9, cost };
  }

  tracing(enabled = this.#tracing): boolean {
    this.#tracing = enabled;
    return enabled;
  }

  stats(): Stats {
    return this.#totals.stats();
  }

  runSummary(runId: string): RunSummary {
    this.#options.onRunEnded?.(runId);
    return this.#totals.runSummary(runId);
  }

  /** What is finished is stored first, and the totals follow. */
  async reprice(query: RepriceQuery): Promise<RepriceSlice> {
    if (query.cursor === null) await this.flush();
    return this.#options.reprice(query, ({ call, difference }) => this.#totals.correct(call.record, difference));
  }

  /** Calls that happened elsewhere, or before: into the store and the totals, into no log and no metric of this daemon. */
  import(lines: string, dryRun: boolean): Promise<ImportOutcome> {
    const options = this.#options;
    // Of their own: a trial must leave no trace, and no live answer is a repetition of one of these.
    const rereads = new Rereads(REMEMBERED_RESPONSES, options.answers);
    const seen = new SeenAnswers(REMEMBERED_RESPONSES);
    return importLines(lines, dryRun, {
      ...options.imports,
      createMeter: (connection) => options.createMeter(connection),
      keepsBodies: (provider) => options.keepsBodies(provider),
      clean: this.#clean,
      isCounted: (provider, responseId) => options.answers.isCounted(provider, responseId),
      record: (finished, newId) =>
        recordExchange(finished, {
          ...this.#recordDeps(),
          keepsBodies: (provider) => options.keepsBodies(provider),
          newId,
          rereads,
          isDuplicate: (sighting) => seen.isDuplicate(sighting),
        }),
      store: (capture) => this.#dispatcher.dispatchTo(STORE, capture),
      flush: () => this.#dispatcher.flush(),
      onAdded: ({ record, costNanos }) => this.#totals.add(record, costNanos),
    });
  }

  /** All that is finished counts. */
  async prune(limits: KeepLimits | null): Promise<PruneSlice> {
    await this.flush();
    return this.#life.prune(limits);
  }

  async purge(target: PurgeTarget, cursor: string | null): Promise<PurgeSlice> {
    await this.flush();
    const slice = await this.#life.purge(target, cursor);
    if (slice.calls > 0) this.#sessions.forgetTitles();
    return slice;
  }

  async pin(kind: 'call' | 'session', id: string, on: boolean): Promise<PinResult> {
    await this.flush();
    return this.#life.pin(kind, id, on);
  }

  /** @throws AppError `store_unusable` where there is no store */
  get #life(): NonNullable<RecorderOptions['life']> {
    const { life } = this.#options;
    if (life === undefined) throw new AppError('store_unusable', 'there is no database');
    return life;
  }

  async metrics(): Promise<string> {
    return `${await this.#options.metricsText(this.#netCounters)}${this.#options.life?.metrics() ?? ''}`;
  }

  async flush(): Promise<void> {
    await this.#receiver?.drained();
    await this.#dispatcher.flush();
  }

  health(): RecorderHealth {
    return { live: this.#receiver?.live ?? 0, sinks: this.#dispatcher.health };
  }

  /** Ends what is live as `shutdown`, writes all that is known and closes the sinks. */
  async close(): Promise<void> {
    this.#journal?.stop();
    this.#running.watch(false);
    await this.#receiver?.close();
    await this.#options.life?.close();
    await this.#dispatcher.close();
    this.#port?.close();
  }

  #keepsBodies(provider: string): boolean {
    return this.#tracing && this.#options.keepsBodies(provider);
  }

  #keepLive(receiver: Receiver): void {
    const { live: calls = null } = this.#options;
    if (calls === null) return;
    this.#journal = new LiveJournal({
      calls,
      live: () => receiver.exchanges(),
      keepsBodies: (provider) => calls.takesBodies !== false && this.#keepsBodies(provider),
      onError: (error) => {
        this.#counters.add('internal_errors', 'part="live_calls"');
        this.#log.warn({ error: messageOf(error) }, 'calls in flight could not be kept');
      },
    });
    this.#journal.start();
  }

  #record(finished: FinishedExchange, settled?: Settled): void {
    this.#options.onFinished?.(finished);
    const captures = recordExchange(finished, this.#recordDeps());
    const each = settled === undefined ? undefined : whenAll(captures.length, settled);
    for (const capture of captures) this.#deliver(capture, each);
  }

  #recordDeps(): RecordDeps {
    return {
      price: (question) => this.#price(question),
      newId: (wall) => newId('call', wall),
      rereads: this.#rereads,
      isDuplicate: (sighting) => this.#seen.isDuplicate(sighting),
      estimator: this.#estimator,
      keepsBodies: (provider) => this.#keepsBodies(provider),
      place: (call) => this.#place(call),
      clean: this.#clean,
    };
  }

  #deliver(capture: Capture, settled?: Settled): void {
    this.#totals.add(capture.record, capture.costNanos);
    this.#dispatcher.dispatch(capture, settled);
    this.#options.onRecord?.(capture.record);
  }

  /** An estimate that fails costs the estimate, not the record. */
  #guarded(estimator: Estimator): Estimator {
    return (question) => {
      try {
        return estimator(question);
      } catch (error) {
        this.#counters.add('internal_errors', 'part="estimate"');
        this.#log.warn({ error: messageOf(error) }, 'the tokens of a call could not be estimated');
        return { input: null, output: null };
      }
    };
  }

  /** A conversation that cannot be followed costs its session, not the record. */
  #place(call: Placeable): Placed {
    // A copy is no step of the conversation: the call that it was made of is.
    if (call.record.leg === 'shadow') return NOWHERE;
    try {
      return this.#sessions.place(seenCall(call));
    } catch (error) {
      this.#counters.add('internal_errors', 'part="session"');
      this.#log.warn({ error: messageOf(error) }, 'the conversation of a call could not be found');
      return NOWHERE;
    }
  }

  /** A price that fails costs the price, not the record. */
  #price(question: PriceQuestion): Cost {
    try {
      return this.#options.price(question);
    } catch (error) {
      this.#counters.add('internal_errors', 'part="pricing"');
      this.#log.warn({ provider: question.provider, model: question.model, error }, 'a call could not be priced');
      return { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };
    }
  }
}

/** Of the captures of one exchange, the last answer is the answer. */
function whenAll(count: number, settled: Settled): Settled {
  let open = count;
  let all = true;
  return (stored) => {
    open -= 1;
    all &&= stored;
    if (open === 0) settled(all);
  };
}
