/** The entrance as a whole: every listener, what it hands its connections to, and how all of it stops. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { codeOf } from '../core/errors.ts';
import { formatAuthority } from '../core/hosts.ts';
import type { NetControl, PolicyAnswer } from '../core/ports.ts';
import { isAlive } from '../core/is-alive.ts';
import type { BaseUrls } from '../gateway/base-urls.ts';
import { isPrivateAddress } from './addresses.ts';
import type { BedrockSigner } from './bedrock-signing.ts';
import { type ConnectTimeouts, DEFAULT_CONNECT_TIMEOUTS, handleConnect, OnceSet } from './connect.ts';
import { Connections } from './connections.ts';
import { CountedRecorder } from './counted-recorder.ts';
import { KEEP_ALIVE_MS } from './dial.ts';
import { EngineConnections } from './engine-connections.ts';
import { explain } from './explain.ts';
import { HttpEngine, type SteerOptions } from './http-engine.ts';
import {
  DEFAULT_LIMITS,
  type FrontDoor,
  type FrontDoorHandlers,
  type FrontDoorLimits,
  type OpenFrontDoor,
  takeOver,
} from './http-server.ts';
import type { PolicyRules } from './policy.ts';
import { type Refusal, refuseRequest, refuseSocket } from './refusal.ts';
import { RunListeners } from './run-listeners.ts';
import type { ClientConnection, NetDeps, SteeredConnections } from './types.ts';
import { UnreadConnections } from './unread-connections.ts';
import { UsageInclusions } from './usage-inclusion.ts';
import { headWithoutUpgrade, ignoresUpgrade } from './without-upgrade.ts';

export interface EntranceOptions {
  open: OpenFrontDoor;
  host: string;
  /** 0 = any free port. */
  port: number;
  rules: PolicyRules;
  /** The registry is ours, and the recorder is wrapped: what throws there is counted. */
  net: Omit<NetDeps, 'registry'>;
  /** Called once: makes what takes over the connections that policy intercepts. */
  intercept(net: NetDeps, steered: SteeredConnections): (client: ClientConnection) => void;
  /** Providers that are asked for the usage of every stream. */
  includeUsage?: ReadonlySet<string>;
  /** Where requests in origin form go; absent = nowhere. */
  baseUrls?: BaseUrls;
  /** Signs what goes to Bedrock unsigned; absent = nothing does. */
  bedrock?: BedrockSigner;
  /** Modes; absent = every call passes. */
  steer?: SteerOptions;
  /** Where the admin API listens; null = not (yet). */
  admin(): { host: string; port: number } | null;
  /** Ports of this process; the dialler refuses them. The entrance adds its own and takes them out again. */
  ownPorts: Set<number>;
  /** Resolves when the recorder has taken all rows told so far. */
  flushRecorder?(): Promise<void>;
  isAlive?: (pid: number) => boolean;
  limits?: FrontDoorLimits;
  connectTimeouts?: ConnectTimeouts;
  /** How long `stop` lets live exchanges finish. */
  stopGraceMs?: number;
  runCloseGraceMs?: number;
  pidCheckMs?: number;
  /** For tests: see UnreadConnections. */
  unreadTickMs?: number;
}

const STOP_GRACE_MS = 30_000;
/** How long the connections of a run may take to end after it, e.g. those of children that outlive it. */
const RUN_CLOSE_GRACE_MS = 5_000;
const PID_CHECK_MS = 2_000;

const NOT_ALLOWED: Refusal = {
  status: 403,
  type: 'client_not_allowed',
  message: 'Only clients on private networks may use this proxy: it has no authentication',
};

/** Rejects with `port_in_use` or `config_invalid`. */
export async function openEntrance(options: EntranceOptions): Promise<Entrance> {
  const entrance = new Entrance(options);
  await entrance.open();
  return entrance;
}

export class Entrance implements Omit<NetControl, 'openRun' | 'setup' | 'mode'> {
  readonly net: NetDeps;
  readonly #options: EntranceOptions;
  readonly #connections = new Connections();
  readonly #recorder: CountedRecorder;
  readonly #unread: UnreadConnections;
  readonly #runs: RunListeners;
  readonly #engine: HttpEngine;
  readonly #steered: EngineConnections;
  readonly #intercept: (client: ClientConnection) => void;
  /** For requests whose `Upgrade` is ignored: node:http without an upgrade listener parses them as requests. */
  readonly #plain: Server = createServer();
  readonly #busy = new WeakMap<Socket, number>();
  readonly #hinted = new OnceSet();
  readonly #openedAt: number;
  readonly #force = new AbortController();
  #clients = 0;
  #door: FrontDoor | null = null;
  #stopped: Promise<void> | null = null;

  /** Use `openEntrance`. */
  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#recorder = new CountedRecorder(options.net.recorder, options.net.counters);
    const unread = new UnreadConnections(options.unreadTickMs);
    this.net = { ...options.net, recorder: this.#recorder, registry: this.#connections, unread };
    this.#unread = unread;
    this.#openedAt = options.net.clock.now();
    this.#runs = new RunListeners({
      accept: (socket) => this.#door?.server.emit('connection', socket),
      ownPorts: options.ownPorts,
      isAlive: (pid) => (options.isAlive ?? isAlive)(pid),
      wall: () => options.net.clock.wall(),
      closeGraceMs: options.runCloseGraceMs ?? RUN_CLOSE_GRACE_MS,
      pidCheckMs: options.pidCheckMs ?? PID_CHECK_MS,
    });
    const inclusions = new UsageInclusions({
      providers: options.includeUsage ?? new Set(),
      counters: options.net.counters,
    });
    this.#engine = new HttpEngine({
      net: this.net,
      rules: options.rules,
      admin: () => options.admin(),
      runIdOf: (socket) => this.#runs.runIdOf(socket),
      proxyUrl: () => this.url,
      inclusions,
      baseUrls: options.baseUrls ?? null,
      bedrock: options.bedrock ?? null,
      steer: options.steer ?? null,
    });
    const steering = options.steer?.steering;
    this.#steered = new EngineConnections({
      net: this.net,
      engine: this.#engine,
      limits: options.limits ?? DEFAULT_LIMITS,
      concerns: (provider) =>
        inclusions.concerns(provider) || (steering !== undefined && steering.outlook(provider) !== 'pass'),
      guards: (provider) => steering?.guards(provider) === true,
      onChange: (listener) => steering?.onChange(listener),
    });
    this.#intercept = options.intercept(this.net, this.#steered);
    steering?.onChange(() => unread.look());
  }

  async open(): Promise<void> {
    const { host, port, limits = DEFAULT_LIMITS } = this.#options;
    const handlers = this.#handlers();
    takeOver(this.#plain, { ...handlers, connection: () => {} }, limits);
    this.#plain.removeAllListeners('upgrade');
    this.#door = await this.#options.open({ host, port, limits }, handlers);
    this.#options.ownPorts.add(this.#door.port);
  }

  get port(): number {
    return this.#door?.port ?? 0;
  }

  /** Where a program on this machine finds the main listener. */
  get url(): string {
    const host = this.#door?.host ?? '127.0.0.1';
    const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${formatAuthority({ host: near, port: this.port })}`;
  }

  openRun(pid: number): Promise<{ run_id: string; proxy_url: string }> {
    return this.#runs.open(pid);
  }

  async closeRun(runId: string): Promise<number> {
    const connections = await this.#runs.close(runId);
    await this.#options.flushRecorder?.();
    return connections;
  }

  status(): { connections: number; in_flight: number; uptime_ms: number } {
    const uptime = Math.round(this.#options.net.clock.now() - this.#openedAt);
    return { connections: this.#clients, in_flight: this.#recorder.inFlight, uptime_ms: uptime };
  }

  explain(url: string): PolicyAnswer {
    return explain(url, this.#options.rules);
  }

  /** Idle connections end at once, live ones have 30 s; a second call ends them now. */
  stop(): Promise<void> {
    if (this.#stopped !== null) this.#force.abort();
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  async #drain(): Promise<void> {
    this.#door?.server.close();
    this.#runs.stopListening();
    await this.#connections.drain(this.#options.stopGraceMs ?? STOP_GRACE_MS, this.#force.signal);
    // What is live now ends because of us, whatever its connection says of the reason.
    this.#recorder.shutDown();
    this.#engine.close();
    this.#unread.close();
    await this.#connections.end();
    this.#steered.close();
    // The recorder is not waited for: one that hangs would hold up whoever ends it by force.
    this.#options.ownPorts.delete(this.port);
  }

  #handlers(): FrontDoorHandlers {
    return {
      connection: (socket) => this.#accept(socket),
      connect: (request, socket, head) => this.#connect(request, socket, head),
      request: (request, response) => this.#request(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
      error: (error) => {
        this.#options.net.counters.add('internal_errors', 'part="listener"');
        this.#options.net.log.error({ code: codeOf(error) }, 'the listener failed to accept a connection');
      },
    };
  }

  #accept(socket: Socket): void {
    this.#clients += 1;
    // Of one whose machine is gone nothing is heard, ever; and a way to us may forget silent connections as well.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.once('close', () => {
      this.#clients -= 1;
    });
    this.#connections.add(socket, () => (this.#busy.get(socket) ?? 0) === 0);
  }

  #connect(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (!this.#admits(socket)) {
      refuseSocket(socket, NOT_ALLOWED);
      return;
    }
    this.#keepBusy(socket);
    void handleConnect(request, socket, head, {
      net: this.net,
      rules: this.#options.rules,
      intercept: (client) => this.#handOver(client),
      runIdOf: (client) => this.#runs.runIdOf(client),
      hinted: this.#hinted,
      timeouts: this.#options.connectTimeouts ?? DEFAULT_CONNECT_TIMEOUTS,
    });
  }

  #handOver(client: ClientConnection): void {
    // Until the relay says it better: nothing is live when no exchange is, anywhere.
    this.#connections.add(client.socket, () => this.#recorder.inFlight === 0);
    this.#intercept(client);
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (!this.#admits(socket)) {
      refuseRequest(request, response, NOT_ALLOWED);
      return;
    }
    this.#keepBusy(socket);
    response.once('close', () => this.#busy.set(socket, (this.#busy.get(socket) ?? 1) - 1));
    this.#engine.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (!this.#admits(socket)) {
      refuseSocket(socket, NOT_ALLOWED);
    } else if (ignoresUpgrade(request)) {
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
      this.#plain.emit('connection', socket);
    } else {
      this.#keepBusy(socket);
      this.#engine.handleUpgrade(request, socket, head);
    }
  }

  #keepBusy(socket: Socket): void {
    this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1);
  }

  /** On loopback everybody is admitted by the address we listen on; elsewhere only neighbours are. */
  #admits(socket: Socket): boolean {
    const admitted = isPrivateAddress(socket.remoteAddress ?? '');
    if (!admitted) this.net.counters.add('connections', 'verdict="refuse",reason="client_not_allowed"');
    return admitted;
  }
}
