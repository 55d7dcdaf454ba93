/** Modes at work: which calls are held, copied or refused, and what their records say. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../core/errors.ts';
import { BodyModel } from '../gateway/body-model.ts';
import { callShape, pathModelOf } from '../gateway/call-shape.ts';
import { type ListRequest, listRequest, merged, ownList } from '../gateway/model-list.ts';
import type { Destination, Outlook, Steering } from '../gateway/steering.ts';
import { askedModel, type ClientCall } from '../gateway/target-request.ts';
import type { ExchangeEdit, RequestCopy } from './edit.ts';
import { pairsOf, rawValue } from './end-to-end.ts';
import type { ExchangeRows } from './exchange-rows.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { HeldBytes } from './held-bytes.ts';
import { ModelListEdit } from './model-list-edit.ts';
import { bodyCoding, readableCall } from './readable-call.ts';
import type { Refusal } from './refusal.ts';
import { marksOf, Shadows } from './shadows.ts';
import { SteeredExchange, type SteeredRows } from './steered-exchange.ts';
import type { Targets } from './targets.ts';
import type { NetDeps } from './types.ts';
import type { UpstreamLane, UpstreamLanes } from './upstream-agents.ts';

/** A call as the engine has it. */
export interface EngineCall {
  socket: Socket;
  method: string;
  httpVersion: string;
  /** Origin form with query, as it would go to the provider. */
  path: string;
  provider: string | null;
  runId: string | null;
  /** As they would go on. */
  headers: readonly string[];
  /** As the client sent them. */
  told: readonly string[];
  /** Null = it is not recorded. */
  rows: ExchangeRows | null;
  /** Tells them of the upstream that the client means. */
  stays(): void;
}

export interface SteeredCallsOptions {
  net: NetDeps;
  steering: Steering;
  targets: Targets;
  lanes: UpstreamLanes;
}

const TOO_LONG = 'the body is too large to be sent to another server: 32 MB are the most for one call';

export class SteeredCalls {
  readonly #options: SteeredCallsOptions;
  readonly #shadows: Shadows;
  readonly #held = new HeldBytes();

  constructor(options: SteeredCallsOptions) {
    this.#options = options;
    this.#shadows = new Shadows(options.net, options.targets);
  }

  outlook(provider: string | null): Outlook {
    return this.#options.steering.outlook(provider);
  }

  /** The mode is `target`: what is no provider's goes nowhere. */
  get isGuarding(): boolean {
    return this.#options.steering.now.mode === 'target';
  }

  /** See Steering.guards. */
  guards(provider: string | null): boolean {
    return this.#options.steering.guards(provider);
  }

  /** Of a connection that changes its protocol: what is said on it cannot be read. Null = it may pass. */
  refusalOf(provider: string | null): Refusal | null {
    if (!this.guards(provider)) return null;
    const message = `WebSockets and other upgrades cannot be sent to the target, and calls to ${provider} go there: use HTTP, or llm-proxy mode passthrough`;
    // Clients that know another way, such as Codex, take it at this status.
    return { status: 426, type: 'steered', message };
  }

  onChange(listener: () => void): void {
    this.#options.steering.onChange(listener);
  }

  /** @param edit what would be changed in the call if it passed. */
  changes(
    call: EngineCall,
    { outlook, edit, isBaseUrl }: { outlook: Outlook; edit: ExchangeEdit | null; isBaseUrl: boolean },
  ): Pick<ForwardPlan, 'edit' | 'copy' | 'rows'> {
    const { rows } = call;
    const list = isBaseUrl ? this.#listRequest(call) : null;
    // No upstream knows of that model: nothing is sent anywhere, and nothing is to be recorded.
    if (list !== null && list.id !== null && rows?.isBound !== true) {
      return { edit: this.#listEdit(call, list, null), copy: null, rows: null };
    }
    const own = outlook === 'read' ? this.#edit(call, edit) : edit;
    if (list !== null && list.id === null) return { edit: this.#listEdit(call, list, own), copy: null, rows };
    return { edit: own, copy: outlook === 'copy' ? this.#copyOf(call) : null, rows };
  }

  /** @param inner what would be changed in the call if it passed. */
  #edit(call: EngineCall, inner: ExchangeEdit | null): ExchangeEdit {
    const { steering, targets, lanes } = this.#options;
    const { provider, method, path } = call;
    const shape = callShape(method, path);
    return new SteeredExchange({
      targets,
      inner,
      held: this.#held.open(),
      tooLong: steering.guards(provider) ? TOO_LONG : null,
      decide: (asked) => steering.decide(provider, asked),
      call: { method, path, headers: pairsOf(call.headers), shape },
      copy: (whole, rule, destination) => this.#copy(call, whole, rule, destination),
      rows: this.#rowsOf(call),
      laneOf: ({ backend: { scheme, host, port } }) => lanes.laneOf(call.socket, scheme, { host, port }, 'target'),
      wait: (ms) => delay(ms),
    });
  }

  /** For requests to base URLs: null = it asks for no list of models, or there are none of ours. */
  #listRequest({ provider, headers, method, path }: EngineCall): ListRequest | null {
    const { models } = this.#options.steering;
    const isAnthropic = provider === 'anthropic' || rawValue(headers, 'anthropic-version') !== null;
    const request = models.length === 0 ? null : listRequest(method, path, isAnthropic ? 'anthropic' : 'openai');
    return request === null || ownList(request, models) === null ? null : request;
  }

  #listEdit({ headers }: EngineCall, request: ListRequest, inner: ExchangeEdit | null): ModelListEdit {
    const { models } = this.#options.steering;
    return new ModelListEdit({
      headers,
      inner,
      own: ownList(request, models) ?? {},
      merged: (theirs) => merged(request, models, theirs),
      isOwnAlone: request.id !== null,
    });
  }

  /** For a call that goes on at once, whatever its body says. Null = none is made of this one. */
  #copyOf(call: EngineCall): RequestCopy | null {
    const { method, path, headers } = call;
    const shape = callShape(method, path);
    if (shape === null) return null;
    const held = this.#held.open();
    let isKept = true;
    const drop = (): void => {
      isKept = false;
      held.release();
    };
    return {
      push: (chunk) => {
        if (!isKept || held.push(chunk)) return;
        this.#options.net.counters.add('comparison_copies', 'result="too_long"');
        drop();
      },
      end: () => {
        if (!isKept) return;
        const chunks = held.parts;
        drop();
        // Read behind the call itself, whose last bytes are on their way now.
        setImmediate(() => void this.#compare(call, { method, path, headers: pairsOf(headers), shape, chunks }));
      },
      abort: drop,
    };
  }

  close(): void {
    this.#shadows.close();
  }

  /** Whatever fails here, the call goes on. */
  async #compare(call: EngineCall, sent: Omit<ClientCall, 'body'>): Promise<void> {
    const { net, steering } = this.#options;
    try {
      const body = new BodyModel();
      for (const chunk of sent.chunks) body.push(chunk);
      const whole = bodyCoding(sent) === null ? { ...sent, body } : await readableCall({ ...sent, body });
      const decision = steering.decide(call.provider, askedModel(whole));
      if (decision.action !== 'compare') return;
      const { rule, destinations } = decision;
      const comparison = this.#copy(call, whole, rule, destinations[0]);
      call.rows?.steered({ mode: 'compare', rule, sentTo: null, sentModel: null, comparison });
    } catch (error) {
      net.counters.add('internal_errors', 'part="compare"');
      net.log.error({ error: messageOf(error) }, 'a call could not be copied');
    }
  }

  #copy(call: EngineCall, whole: ClientCall, rule: string, destination: Destination): string | null {
    const { runId, told, socket } = call;
    return this.#shadows.start(
      { ...whole, runId, told, clientAddress: socket.remoteAddress ?? null },
      rule,
      destination,
    );
  }

  #rowsOf(call: EngineCall): SteeredRows {
    const { rows, method, httpVersion, told } = call;
    const askedModel = pathModelOf(call.path)?.text;
    return {
      stays: () => {
        if (rows?.isBound === false) call.stays();
      },
      goes: (destination, lane, path) => {
        if (rows?.isBound !== false) return;
        rows.bind(this.#connectionOf(call, destination, lane), `${method} ${path} HTTP/${httpVersion}`, told);
      },
      compared: (rule, comparison) =>
        rows?.steered({ mode: 'compare', rule, sentTo: null, sentModel: null, comparison }),
      sent: (rule, sentTo, sentModel) => {
        const asked = sentModel === null || askedModel === undefined ? {} : { askedModel };
        rows?.steered({ mode: 'target', rule, sentTo, sentModel, ...asked, comparison: null });
      },
      mark: (mark) => rows?.mark(mark),
      converted: (...notes) => {
        for (const mark of marksOf(notes.flat())) rows?.mark(mark);
      },
    };
  }

  /** As told to the recorder, once for each connection of a client to a target. */
  #connectionOf({ runId, socket }: EngineCall, { target }: Destination, lane: UpstreamLane): number {
    const provider = this.#options.targets.providerOf(target);
    const key = `target ${provider ?? ''}`;
    const known = lane.connections.get(key);
    if (known !== undefined) return known;
    const { recorder, connections } = this.#options.net;
    const connection = connections.next();
    lane.connections.set(key, connection);
    const { scheme, host, port } = target.backend;
    const clientAddress = socket.remoteAddress ?? null;
    recorder.connection({ connection, scheme, host, port, provider, runId, clientAddress });
    return connection;
  }
}
