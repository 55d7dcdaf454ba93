/** One exchange that a mode, a rule or the registry may send elsewhere: held until it is whole, for its model decides. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '../core/errors.ts';
import type { ExchangeMark } from '../core/recorder-port.ts';
import { BodyModel } from '../gateway/body-model.ts';
import type { AnswerBody } from '../gateway/convert/answer-conversion.ts';
import type { Note } from '../gateway/convert/notes.ts';
import type { Decision, Destination } from '../gateway/steering.ts';
import type { Place, TargetHealth } from '../gateway/target-health.ts';
import { askedModel, type ClientCall } from '../gateway/target-request.ts';
import type { BodyEdit, EditedRequest, ExchangeEdit } from './edit.ts';
import type { HeldBody } from './held-bytes.ts';
import { bodyCoding, readableCall } from './readable-call.ts';
import { isServerFault } from './shadows.ts';
import { type MadeRequest, rawOf, type Targets } from './targets.ts';
import type { UpstreamLane } from './upstream-agents.ts';

export interface SteeredExchangeDeps {
  targets: Targets;
  held: HeldBody;
  /** What would be changed in the call if it passed; null = nothing. */
  inner: ExchangeEdit | null;
  /** Said of a body that is too long to be held; null = it passes. */
  tooLong: string | null;
  decide(asked: string | null): Decision;
  /** The call as far as it is known before its body. */
  call: Omit<ClientCall, 'chunks' | 'body'>;
  /** Starts a copy. @returns the id of the comparison, or null */
  copy(call: ClientCall, rule: string, destination: Destination): string | null;
  rows: SteeredRows;
  laneOf: (target: Destination['target']) => UpstreamLane;
  wait(ms: number): Promise<void>;
}

/** The record of such an exchange, whose upstream is known late. */
export interface SteeredRows {
  /** It goes to where the client sent it. */
  stays(): void;
  /** It goes there, and nowhere else any more. */
  goes(destination: Destination, lane: UpstreamLane, path: string): void;
  /** @param comparison see SteerFacts */
  compared(rule: string, comparison: string | null): void;
  /** @param sentTo null = nowhere */
  sent(rule: string, sentTo: string | null, sentModel: string | null): void;
  mark(mark: ExchangeMark): void;
  /** What the conversion of its request and of its answer could not keep. */
  converted(...notes: readonly (readonly Note[])[]): void;
}

const RETRY_MS = 250;

type Steered = Decision & { action: 'target' };

export class SteeredExchange implements ExchangeEdit {
  readonly #deps: SteeredExchangeDeps;
  readonly #body = new BodyModel();
  #decision: Steered | null = null;
  /** As it is to be sent on. */
  #call: ClientCall | null = null;
  /** Which of the destinations is asked, and how often it was before. */
  #index = 0;
  #tries = 0;
  #place: Place | null = null;
  #asked: TargetHealth | null = null;
  #leaveQueue: (() => void) | null = null;
  /** What is told when it is certain that no other destination is asked. */
  #bind: (() => void) | null = null;
  #converted: MadeRequest['converted'] = null;
  #answer: AnswerBody | null = null;
  #isSent = false;
  #isOver = false;

  constructor(deps: SteeredExchangeDeps) {
    this.#deps = deps;
  }

  get held(): readonly Buffer[] {
    return this.#deps.held.parts;
  }

  get mark(): ExchangeMark | null {
    return this.#decision === null ? (this.#deps.inner?.mark ?? null) : null;
  }

  hold(chunk: Buffer): boolean {
    const { held, tooLong, inner, rows } = this.#deps;
    if (!held.push(chunk)) {
      if (tooLong !== null) throw new AppError('request_too_large', tooLong);
      rows.stays();
      return false;
    }
    this.#body.push(chunk);
    inner?.hold(chunk);
    return true;
  }

  decide(): EditedRequest | null | Promise<EditedRequest | null> {
    const call = { ...this.#deps.call, chunks: this.#deps.held.parts, body: this.#body };
    if (call.shape === null || bodyCoding(call) === null) return this.#decideOn(call);
    return readableCall(call).then((readable) => this.#decideOn(readable));
  }

  #decideOn(call: ClientCall): EditedRequest | null | Promise<EditedRequest | null> {
    const { inner, rows } = this.#deps;
    const decision = this.#deps.decide(askedModel(call));
    if (decision.action === 'refuse') return Promise.reject(new AppError('no_target', decision.message));
    if (decision.action === 'target') {
      this.#decision = { ...decision, action: 'target' };
      this.#call = call;
      return this.#ask();
    }
    rows.stays();
    if (decision.action === 'compare' && call.shape !== null) {
      const comparison = this.#deps.copy(call, decision.rule, decision.destinations[0]);
      rows.compared(decision.rule, comparison);
    }
    return inner === null ? null : inner.decide();
  }

  mayBeRefused(answer: IncomingMessage): boolean {
    if (this.#decision === null) return this.#deps.inner?.mayBeRefused(answer) ?? false;
    if (!isServerFault(answer.statusCode ?? 0)) {
      this.#asked?.answered();
      return false;
    }
    this.#fault();
    return this.#hasMore(this.#decision, true);
  }

  isRefused(status: number, body: string): boolean {
    return this.#decision !== null || (this.#deps.inner?.isRefused(status, body) ?? false);
  }

  again(): Promise<EditedRequest | null> {
    if (this.#decision !== null) return this.#askAgain(this.#decision, true);
    return this.#deps.inner?.again?.() ?? Promise.resolve(null);
  }

  failed(error: unknown): Promise<EditedRequest | null> | null {
    if (this.#decision === null) return this.#deps.inner?.failed?.(error) ?? null;
    this.#fault();
    // Who was silent for minutes is not asked the same thing again.
    const mayRepeat = !(error instanceof AppError && error.code === 'upstream_timeout');
    return this.#hasMore(this.#decision, mayRepeat) ? this.#askAgain(this.#decision, mayRepeat) : null;
  }

  answer(answer: IncomingMessage): BodyEdit | null {
    if (this.#decision === null) return this.#deps.inner?.answer(answer) ?? null;
    this.#settle();
    const converted = this.#converted;
    if (converted === null) return null;
    const body = converted.answer.begin(answer.statusCode ?? 0, answer.headers['content-type'] ?? '');
    this.#answer = body;
    return { push: (chunk) => body.push(chunk), end: (isWhole) => body.end(isWhole), head: body };
  }

  release(): void {
    this.#deps.held.release();
    this.#deps.inner?.release();
  }

  over(): void {
    this.#isOver = true;
    this.#leaveQueue?.();
    this.#settle();
    if (this.#converted !== null) this.#deps.rows.converted(this.#converted.notes, this.#answer?.notes() ?? []);
    if (this.#decision === null) this.#deps.rows.stays();
    else this.#tellUnsent(this.#decision);
    this.#asked?.unknown();
    this.#place?.release();
    this.#deps.inner?.over?.();
  }

  /** Refused before it was sent anywhere: a call all the same, of the destination whose turn it was. */
  #tellUnsent({ rule, destinations }: Steered): void {
    const destination = destinations[this.#index];
    if (this.#isSent || destination === undefined) return;
    const { rows, laneOf, call } = this.#deps;
    rows.sent(rule, null, null);
    rows.goes(destination, laneOf(destination.target), call.path);
  }

  /** The record's upstream is the one that was asked last. */
  #settle(): void {
    this.#bind?.();
    this.#bind = null;
  }

  /** Rejects with AppError. */
  async #ask(): Promise<EditedRequest> {
    const decision = this.#decision;
    const destination = decision?.destinations[this.#index];
    const call = this.#call;
    if (decision === null || destination === undefined || call === null) throw new Error('nobody is left to be asked');
    const { targets, rows } = this.#deps;
    const { target } = destination;
    const health = targets.healthOf(target);
    if (!health.isWorthAsking(targets.now)) return this.#skip(decision, target.backend.host);
    const place = await this.#placeAt(health, target);
    // Given and given up in the same turn: nobody would give it back.
    if (this.#isOver) {
      place.release();
      throw new AppError('target_busy', 'the client left while its call waited');
    }
    this.#place = place;
    const made = targets.request(call, destination);
    this.#converted = made.converted;
    rows.sent(decision.rule, made.sentTo, made.sentModel);
    this.#isSent = true;
    const lane = this.#deps.laneOf(target);
    this.#bind = () => rows.goes(destination, lane, made.path);
    if (this.#index === decision.destinations.length - 1) this.#settle();
    this.#asked = health;
    health.asks();
    const { host, port } = target.backend;
    const to = { agent: lane.agent, host, port, path: made.path, silenceMs: target.limits.timeoutMs };
    return { headers: rawOf(made.headers), body: made.body, to };
  }

  /** It has failed too often just now. */
  #skip(decision: Steered, host: string): Promise<EditedRequest> {
    if (this.#index < decision.destinations.length - 1) {
      this.#moveOn();
      return this.#ask();
    }
    const message = `${host} has failed several times in a row: it is asked again in half a minute at the latest`;
    throw new AppError('target_unavailable', message);
  }

  #placeAt(health: TargetHealth, { backend: { host }, limits }: Destination['target']): Promise<Place> {
    return new Promise((resolve, reject) => {
      const give = (place: Place): void => {
        clearTimeout(timer);
        if (this.#isOver) place.release();
        else resolve(place);
      };
      const timer = setTimeout(() => {
        this.#leaveQueue?.();
        reject(
          new AppError('target_busy', `${host} has had as many calls as it may have for ${limits.timeoutMs / 1000} s`),
        );
      }, limits.timeoutMs);
      const leave = health.take(give);
      this.#leaveQueue = () => {
        clearTimeout(timer);
        leave();
      };
    });
  }

  #fault(): void {
    this.#asked?.failed(this.#deps.targets.now);
    this.#asked = null;
    this.#place?.release();
    this.#place = null;
  }

  /** @param mayRepeat the same destination may be asked once more. */
  #hasMore({ destinations }: Steered, mayRepeat: boolean): boolean {
    return this.#index < destinations.length - 1 || (mayRepeat && this.#mayRetry(destinations));
  }

  #mayRetry(destinations: Steered['destinations']): boolean {
    return this.#tries < (destinations[this.#index]?.target.limits.retries ?? 0);
  }

  async #askAgain({ destinations }: Steered, mayRepeat: boolean): Promise<EditedRequest> {
    if (mayRepeat && this.#mayRetry(destinations)) {
      const pause = RETRY_MS * 2 ** this.#tries;
      this.#tries += 1;
      this.#deps.rows.mark('target_retried');
      await this.#deps.wait(pause);
    } else this.#moveOn();
    return this.#ask();
  }

  #moveOn(): void {
    this.#index += 1;
    this.#tries = 0;
    this.#deps.rows.mark('target_fell_back');
  }
}
