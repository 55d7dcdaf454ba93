import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { newId } from '../core/ids.ts';

const LOOPBACK = '127.0.0.1';

interface Run {
  server: Server;
  port: number;
  sockets: Set<Socket>;
  /** That came in so far. */
  connections: number;
  watch: NodeJS.Timeout;
}

export interface RunListenersOptions {
  /** Gets every connection, as if it had come in by the main listener. */
  accept(socket: Socket): void;
  ownPorts: Set<number>;
  isAlive(pid: number): boolean;
  wall(): number;
  /** How long its connections may take to end after a run. */
  closeGraceMs: number;
  pidCheckMs: number;
}

/** Loopback listeners, one for each `run`: whatever comes in through one belongs to that run. */
export class RunListeners {
  readonly #options: RunListenersOptions;
  readonly #runs = new Map<string, Run>();
  readonly #runIds = new WeakMap<Socket, string>();

  constructor(options: RunListenersOptions) {
    this.#options = options;
  }

  /** The run whose listener a connection came in through, or null. */
  runIdOf(socket: Socket): string | null {
    return this.#runIds.get(socket) ?? null;
  }

  async open(pid: number): Promise<{ run_id: string; proxy_url: string }> {
    const runId = newId('run', this.#options.wall());
    const sockets = new Set<Socket>();
    // As http.Server makes its own: a client may half-close and still read.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      sockets.add(socket);
      const run = this.#runs.get(runId);
      if (run !== undefined) run.connections += 1;
      this.#runIds.set(socket, runId);
      socket.once('close', () => sockets.delete(socket));
      this.#options.accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: LOOPBACK, port: 0 }, resolve);
    });
    server.on('error', () => {});
    const { port } = server.address() as AddressInfo;
    this.#options.ownPorts.add(port);
    const watch = setInterval(() => {
      if (!this.#options.isAlive(pid)) void this.close(runId);
    }, this.#options.pidCheckMs);
    watch.unref();
    this.#runs.set(runId, { server, port, sockets, connections: 0, watch });
    return { run_id: runId, proxy_url: `http://${LOOPBACK}:${port}` };
  }

  /**
   * Resolves when no connection of the run is left; those that do not end by themselves are ended after a grace.
   * @returns how many connections had come in by it
   */
  async close(runId: string): Promise<number> {
    const run = this.#runs.get(runId);
    if (run === undefined) return 0;
    this.#runs.delete(runId);
    clearInterval(run.watch);
    const closed = new Promise<void>((resolve) => run.server.close(() => resolve()));
    const timer = setTimeout(() => {
      for (const socket of run.sockets) socket.destroy();
    }, this.#options.closeGraceMs);
    // net.Server calls back when its last connection is gone.
    await closed;
    clearTimeout(timer);
    this.#options.ownPorts.delete(run.port);
    return run.connections;
  }

  /** Takes no new connections; those that live go on. */
  stopListening(): void {
    for (const { server, watch } of this.#runs.values()) {
      clearInterval(watch);
      server.close();
    }
  }
}
