/** Copies of calls that go to a target for comparison. Whatever becomes of them, the call itself never notices. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Outcome } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { ExchangeMark } from '../core/recorder-port.ts';
import type { Note } from '../gateway/convert/notes.ts';
import type { Destination } from '../gateway/steering.ts';
import { once, type Place, type TargetHealth } from '../gateway/target-health.ts';
import type { ClientCall } from '../gateway/target-request.ts';
import { originOf } from '../gateway/targets.ts';
import { pairsOf } from './end-to-end.ts';
import { ExchangeRows } from './exchange-rows.ts';
import { refuseSwitch, startUpstreamRequest } from './upstream-request.ts';
import { Silence } from './silence.ts';
import { type MadeRequest, rawOf, type Targets } from './targets.ts';
import type { NetDeps } from './types.ts';
import { DialledAgent } from './upstream-agents.ts';

export interface ShadowedCall extends ClientCall {
  runId: string | null;
  clientAddress: string | null;
  /** As the client sent them, for the record. */
  told: readonly string[];
}

/** Hardly an answer of a model is longer; a target that floods is cut. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Requests of copies that are under way: a target that takes nothing must not fill the memory of this process. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** All copies together are read no faster: this thread has calls to serve, and the recorder to record them. */
const MAX_BURST_BYTES = 128 * 1024;
const BURST_MS = 10;
/** To open a connection and to write a request takes as long as a fast answer: no call is to wait for that of its copy. */
const SEND_AFTER_MS = 10;

export class Shadows {
  readonly #net: NetDeps;
  readonly #targets: Pick<Targets, 'healthOf' | 'now' | 'providerOf' | 'request'>;
  /** Our own key, our own connections: there is nothing of one client that another could meet there. */
  readonly #agents = new Map<string, DialledAgent>();
  readonly #live = new Set<Shadow>();
  readonly #pace = new Pace();
  #heldBytes = 0;
  #isClosed = false;

  constructor(net: NetDeps, targets: Pick<Targets, 'healthOf' | 'now' | 'providerOf' | 'request'>) {
    this.#net = net;
    this.#targets = targets;
  }

  get live(): number {
    return this.#live.size;
  }

  /** @returns the id of the comparison; null = no copy is made. Never throws. */
  start(call: ShadowedCall, rule: string, destination: Destination): string | null {
    const { target } = destination;
    const health = this.#targets.healthOf(target);
    if (this.#isClosed || !health.isWorthAsking(this.#targets.now)) return this.#none('unavailable');
    const place = health.takeCopy();
    if (place === null) return this.#none('busy');
    let made: MadeRequest;
    try {
      made = this.#targets.request(call, destination, true);
    } catch (error) {
      place.release();
      this.#net.log.debug({ error: messageOf(error) }, 'a call could not be copied for its target');
      return this.#none('not_convertible');
    }
    const held = this.#hold(made, place);
    if (held === null) return this.#none('busy');
    const comparison = newId('cmp', this.#net.clock.wall());
    // Behind the call itself: its last bytes are on their way now, and its answer may be here at once.
    setTimeout(() => {
      if (this.#isClosed) {
        held.release();
        this.#none('unavailable');
        return;
      }
      this.#net.counters.add('comparison_copies', 'result="sent"');
      try {
        this.#send(call, made, { rule, destination, comparison, place: held, health });
      } catch (error) {
        held.release();
        this.#net.counters.add('internal_errors', 'part="compare"');
        this.#net.log.error({ error: messageOf(error) }, 'a copy could not be sent');
      }
    }, SEND_AFTER_MS);
    return comparison;
  }

  /** Ends them all. */
  close(): void {
    this.#isClosed = true;
    for (const shadow of this.#live) shadow.cut();
    for (const agent of this.#agents.values()) agent.destroy();
  }

  /** The place, with room for the request. Null = there is none, and the place is free again. */
  #hold({ body }: MadeRequest, place: Place): Place | null {
    const bytes = body.reduce((sum, part) => sum + part.length, 0);
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) {
      place.release();
      return null;
    }
    this.#heldBytes += bytes;
    return once(() => {
      this.#heldBytes -= bytes;
      place.release();
    });
  }

  #send(call: ShadowedCall, made: MadeRequest, { rule, destination, comparison, place, health }: ShadowFacts): void {
    const { target } = destination;
    const { scheme, host, port } = target.backend;
    const { recorder, connections, exchanges, clock } = this.#net;
    const connection = connections.next();
    const { runId, clientAddress, method, told } = call;
    const provider = this.#targets.providerOf(target);
    recorder.connection({ connection, scheme, host, port, provider, runId, clientAddress, leg: 'shadow' });
    const rows = new ExchangeRows(recorder, clock, exchanges.next(), connection);
    rows.requestHead(`${method} ${made.path} HTTP/1.1`, withoutFraming(told));
    for (const part of made.body) rows.requestBody(part);
    rows.steered({ mode: 'compare', rule, sentTo: made.sentTo, sentModel: made.sentModel, comparison });
    if (made.converted !== null) for (const mark of marksOf(made.converted.notes)) rows.mark(mark);
    const over = (isFailure: boolean | null): void => {
      place.release();
      this.#live.delete(shadow);
      recorder.disconnected?.(connection);
      if (isFailure === null) health.unknown();
      else if (isFailure) health.failed(this.#targets.now);
      else health.answered();
    };
    const shadow = new Shadow(rows, { silenceMs: target.limits.timeoutMs, pace: this.#pace, done: over });
    this.#live.add(shadow);
    health.asks();
    const agent = this.#agentOf(target);
    shadow.send(
      () => startUpstreamRequest({ method }, { agent, host, port, path: made.path }, rawOf(made.headers)),
      made,
    );
  }

  #agentOf({ backend }: Destination['target']): DialledAgent {
    const key = originOf(backend);
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const { scheme, host, port } = backend;
    const agent = new DialledAgent(this.#net.upstream, scheme, { host, port });
    this.#agents.set(key, agent);
    return agent;
  }

  /** @param reason one of a fixed set of literals. */
  #none(reason: 'unavailable' | 'busy' | 'not_convertible'): null {
    this.#net.counters.add('comparison_copies', `result="${reason}"`);
    return null;
  }
}

interface ShadowFacts {
  rule: string;
  destination: Destination;
  comparison: string;
  place: Place;
  health: TargetHealth;
}

/** So many bytes in each short while, for all that read. */
class Pace {
  #left = MAX_BURST_BYTES;
  #isArmed = false;
  #waiting: IncomingMessage[] = [];

  take(incoming: IncomingMessage, bytes: number): void {
    this.#left -= bytes;
    if (this.#left <= 0) this.#waiting.push(incoming.pause());
    if (this.#isArmed) return;
    this.#isArmed = true;
    setTimeout(() => this.#next(), BURST_MS).unref();
  }

  #next(): void {
    this.#isArmed = false;
    this.#left = MAX_BURST_BYTES;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const incoming of waiting) incoming.resume();
  }
}

interface ShadowDeps {
  silenceMs: number;
  pace: Pace;
  /** Null = it says nothing of the target. */
  done(isFailure: boolean | null): void;
}

/** One copy, from its request to the end of its answer. */
class Shadow {
  readonly #rows: ExchangeRows;
  readonly #deps: ShadowDeps;
  #outgoing: ClientRequest | null = null;
  #silence: Silence | null = null;
  #status = 0;
  #bytes = 0;
  #over = false;

  constructor(rows: ExchangeRows, deps: ShadowDeps) {
    this.#rows = rows;
    this.#deps = deps;
  }

  send(start: () => ClientRequest, { body }: MadeRequest): void {
    let outgoing: ClientRequest;
    try {
      outgoing = start();
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#outgoing = outgoing;
    outgoing.on('error', (error) => this.#failed(error));
    refuseSwitch(outgoing);
    outgoing.on('response', (incoming) => this.#hear(incoming));
    this.#silence = new Silence(this.#deps.silenceMs, () =>
      outgoing.destroy(new AppError('upstream_timeout', 'the target was silent for too long')),
    );
    for (const part of body) outgoing.write(part);
    outgoing.end();
  }

  cut(): void {
    this.#end('shutdown', null, null);
    this.#outgoing?.destroy();
  }

  #hear(incoming: IncomingMessage): void {
    const { statusCode: status = 0, statusMessage = '', httpVersion } = incoming;
    this.#status = status;
    this.#silence?.heard();
    this.#rows.responseHead(`HTTP/${httpVersion} ${status} ${statusMessage}`, incoming.rawHeaders);
    incoming.on('error', () => {});
    incoming.on('data', (chunk: Buffer) => this.#take(incoming, chunk));
    incoming.once('close', () => {
      if (incoming.complete) this.#end('complete', null, isServerFault(this.#status));
      else this.#end('upstream_aborted', { type: 'upstream_reset', message: 'the target broke off its answer' }, true);
    });
  }

  #take(incoming: IncomingMessage, chunk: Buffer): void {
    if (this.#over) return;
    this.#silence?.heard();
    this.#rows.responseBody(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      const error = { type: 'answer_too_long', message: 'the target sent more than 16 MB; the rest was not read' };
      this.#end('upstream_aborted', error, true);
      incoming.destroy();
      return;
    }
    this.#deps.pace.take(incoming, chunk.length);
  }

  #failed(error: unknown): void {
    const isOurs = error instanceof AppError;
    const type = isOurs ? error.code : 'upstream_reset';
    this.#end(
      this.#status === 0 && isOurs ? 'upstream_error' : 'upstream_aborted',
      { type, message: messageOf(error) },
      true,
    );
  }

  #end(outcome: Outcome, error: { type: string; message: string } | null, isFailure: boolean | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#silence?.stop();
    this.#rows.end(outcome, error);
    this.#deps.done(isFailure);
  }
}

/** The body that is told with them is another one. */
function withoutFraming(headers: readonly string[]): string[] {
  return pairsOf(headers)
    .filter(([name]) => !/^(?:content-(?:length|encoding)|transfer-encoding)$/i.test(name))
    .flat();
}

/** Each name once. */
export function marksOf(notes: readonly Note[]): ExchangeMark[] {
  const names = new Set(notes.map(({ name }) => name));
  return ['converted', ...[...names].map((name): ExchangeMark => `converted:${name}`)];
}

/** 500 may be about the request; these are about the server. */
export function isServerFault(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
