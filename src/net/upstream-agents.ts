import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { formatAuthority } from '../core/hosts.ts';
import type { RecorderPort } from '../core/recorder-port.ts';
import type { Reach, Target, UpstreamDialer } from './types.ts';

/** Upstreams with the shortest idle time-outs (uvicorn, llama.cpp, Node) close after 5 s; a POST that meets that close is lost. */
const IDLE_MS = 3_000;

/** The upstream connection of one client connection, never shared with another client. */
export interface UpstreamLane {
  agent: DialledAgent;
  /** As told to the recorder: one for each provider that shares the upstream, e.g. a gateway of several. */
  readonly connections: Map<string, number>;
}

/** Lanes by client connection and upstream; they end with the client connection. */
export class UpstreamLanes {
  readonly #dialer: UpstreamDialer;
  readonly #recorder: Pick<RecorderPort, 'disconnected'>;
  readonly #lanes = new WeakMap<Socket, Map<string, UpstreamLane>>();
  readonly #passed = new WeakMap<Socket, string>();

  /** @param recorder is told of the connections that end with their client. */
  constructor(dialer: UpstreamDialer, recorder: Pick<RecorderPort, 'disconnected'>) {
    this.#dialer = dialer;
    this.#recorder = recorder;
  }

  /** Whom the connection of a client came through. */
  cameThrough(client: Socket, passed: string | undefined): void {
    if (passed !== undefined) this.#passed.set(client, passed);
  }

  /** @param purpose calls with keys of different people share no connection. */
  laneOf(
    client: Socket,
    scheme: 'http' | 'https',
    target: Target,
    purpose: 'client' | 'target' = 'client',
    reach: Reach = 'anywhere',
  ): UpstreamLane {
    const lanes = this.#lanesOf(client);
    const key = `${purpose} ${reach} ${scheme}://${formatAuthority(target)}`;
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const lane = {
      agent: new DialledAgent(this.#dialer, scheme, target, reach, this.#passed.get(client)),
      connections: new Map(),
    };
    lanes.set(key, lane);
    return lane;
  }

  #lanesOf(client: Socket): Map<string, UpstreamLane> {
    const known = this.#lanes.get(client);
    if (known !== undefined) return known;
    const lanes = new Map<string, UpstreamLane>();
    this.#lanes.set(client, lanes);
    client.once('close', () => {
      for (const { agent, connections } of lanes.values()) {
        agent.destroy();
        for (const connection of connections.values()) this.#recorder.disconnected?.(connection);
      }
    });
    return lanes;
  }
}

/** Connections come from the dialler, so that addresses are checked and certificates verified in one place. */
export class DialledAgent extends Agent {
  readonly #dial: () => Promise<Socket>;
  /** A connection that waits for the first request. */
  #ahead: Promise<Socket> | null = null;

  constructor(
    dialer: UpstreamDialer,
    scheme: 'http' | 'https',
    target: Target,
    reach: Reach = 'anywhere',
    passed?: string,
  ) {
    super({ keepAlive: true, timeout: IDLE_MS });
    this.#dial = () =>
      scheme === 'https'
        ? dialer.connectTls(target, ['http/1.1'], reach, passed)
        : dialer.connect(target, reach, passed);
  }

  /** Dials now, so that the first request need not wait for it. */
  prepare(): void {
    const ahead = this.#dial();
    this.#ahead = ahead;
    const forget = (): void => {
      if (this.#ahead === ahead) this.#ahead = null;
    };
    ahead.then(
      (socket) => {
        const timer = setTimeout(() => {
          if (this.#ahead === ahead) socket.destroy();
        }, IDLE_MS);
        socket.once('close', () => {
          clearTimeout(timer);
          forget();
        });
      },
      // The first request dials again, and hears why that fails.
      forget,
    );
  }

  override createConnection(
    _options: ClientRequestArgs,
    created?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const opening = this.#ahead ?? this.#dial();
    this.#ahead = null;
    opening.then(
      (socket) => {
        // Heads are Latin-1. Those that node:http sends ahead of their body (`Expect`) it would write as UTF-8.
        socket.setDefaultEncoding('latin1');
        // Sockets that allow half-open do not close by themselves: the next request would be sent to nobody.
        socket.on('end', () => {
          if (this.#isIdle(socket)) socket.destroy();
        });
        created?.(null, socket);
      },
      (error: Error) => created?.(error, undefined as unknown as Duplex),
    );
  }

  #isIdle(socket: Socket): boolean {
    return Object.values(this.freeSockets).some((free) => free?.includes(socket) === true);
  }

  override destroy(): void {
    const ahead = this.#ahead;
    this.#ahead = null;
    ahead?.then(
      (socket) => socket.destroy(),
      () => {},
    );
    super.destroy();
  }
}
